// What every command shares: global options, families, KEY=VALUE.

#include "cli/frame/grammar.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace moldau::cli {
namespace {

KeyValue to_key_value(const std::string& text) {
    const auto at = text.find('=');
    return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

std::string check_key_value(const std::string& text) {
    const auto at = text.find('=');
    return at == text.npos || at == 0 ? "'" + text + "' is no key=value" : std::string{};
}

Grammar::Grammar() {
    root_.name("moldau");
    root_.require_subcommand(1);
    root_.fallthrough();
    root_.set_version_flag("--version", "moldau " MOLDAU_VERSION);
    declare_global();
}

void Grammar::declare_global() {
    constexpr double kTimeoutMaxS = 3600;
    root_.add_option("-b,--brokers", global_.brokers, "Where the brokers are: HOST:PORT, several with commas")
        ->envname("MOLDAU_BROKERS")
        ->capture_default_str();
    root_
        .add_option_function<std::string>(
            "--output", [this](const std::string& form) { global_.output = form == "json" ? Output::kJson : Output::kText; },
            "text, or json: one object a line")
        ->check(CLI::IsMember({"text", "json"}))
        ->option_text("text|json");
    root_
        .add_option_function<double>(
            "--timeout",
            [this](const double& seconds) { global_.timeout = std::chrono::milliseconds(std::llround(seconds * 1000)); },
            "How long to wait for brokers (default 10)")
        ->check(CLI::Range(0.001, kTimeoutMaxS))
        ->option_text("SECONDS");
    add_choice(&root_, "--verbose", global_.verbosity, Verbosity::kVerbose, "Print the client library's log");
    add_key_values(&root_, "-X,--property", global_.properties, "A setting of librdkafka, which the client is built on");
}

CLI::App* Grammar::family(const std::string& name, const std::string& text) {
    for (auto* known : root_.get_subcommands([&](const CLI::App* app) { return app->get_name() == name; })) return known;
    auto* added = root_.add_subcommand(name, text);
    added->require_subcommand(1);
    added->fallthrough();
    return added;
}

CLI::Option* Grammar::add_key_values(CLI::App* to, const char* name, std::vector<KeyValue>& into, const char* text) {
    return to
        ->add_option_function<std::vector<std::string>>(
            name,
            [&into](const std::vector<std::string>& given) {
                into.clear();
                std::ranges::transform(given, std::back_inserter(into), to_key_value);
            },
            text)
        ->check(Check{check_key_value})
        ->allow_extra_args(false)
        ->option_text("KEY=VALUE ...");
}

}  // namespace moldau::cli
