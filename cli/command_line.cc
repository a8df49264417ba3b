// The command line's grammar, in CLI11. The only file that includes it, because it takes long to compile.

#include "command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>
#include <tuple>

namespace moldau::cli {
namespace {

using Check = std::string (*)(const std::string&);

// Empty when good, as CLI11 wants it of a check.
template <class T>
std::string complaint(const Result<T>& result) {
    return result ? std::string{} : result.error().context;
}

std::string check_offset(const std::string& text) { return complaint(parse_offset_spec(text)); }
std::string check_format(const std::string& text) { return complaint(Format::parse(text)); }
std::string check_key_value(const std::string& text) {
    const auto at = text.find('=');
    return at == text.npos || at == 0 ? "'" + text + "' is no key=value" : std::string{};
}

KeyValue to_key_value(const std::string& text) {
    const auto at = text.find('=');
    return {text.substr(0, at), text.substr(at + 1)};
}

// Declares the commands on a CLI::App and keeps what they are given.
class Grammar {
public:
    Grammar();
    CLI::App& app() { return app_; }
    Invocation take() { return {std::move(global_), std::move(command_)}; }

private:
    void declare_global();
    void declare_topic();
    void declare_produce();
    void declare_consume();
    void declare_group();
    void declare_filters();
    CLI::App* family(const char* name, const char* text);
    void declare_filter(CLI::App* parent, const char* name, Filter filter, const char* text);

    // The command itself: when it is the one, its options are what `take` gives.
    template <class T>
    CLI::App* command(CLI::App* parent, const char* name, const char* text) {
        auto* added = parent->add_subcommand(name, text);
        added->callback([this] { command_ = std::move(std::get<T>(all_)); });
        return added;
    }
    template <class T>
    T& options() {
        return std::get<T>(all_);
    }
    void add_key_values(CLI::App* to, const char* name, std::vector<KeyValue>& into, const char* text);

    CLI::App app_{"Command line of Moldau, an event streaming platform that speaks the Kafka protocol"};
    Global global_;
    Command command_;
    std::tuple<TopicCreate, TopicList, TopicDescribe, TopicDelete, Produce, Consume, GroupList, GroupDescribe> all_;
};

Grammar::Grammar() {
    app_.name("moldau");
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_version_flag("--version", "moldau " MOLDAU_VERSION);
    declare_global();
    declare_topic();
    declare_produce();
    declare_consume();
    declare_group();
    declare_filters();
}

void Grammar::declare_global() {
    constexpr double kTimeoutMaxS = 3600;
    app_.add_option("-b,--brokers", global_.brokers, "Where the brokers are: HOST:PORT, several with commas")
        ->envname("MOLDAU_BROKERS")
        ->capture_default_str();
    app_.add_option_function<std::string>(
            "--output", [this](const std::string& form) { global_.output = form == "json" ? Output::kJson : Output::kText; },
            "text, or json: one object a line")
        ->check(CLI::IsMember({"text", "json"}))
        ->option_text("text|json");
    app_.add_option_function<double>(
            "--timeout",
            [this](const double& seconds) { global_.timeout = std::chrono::milliseconds(std::llround(seconds * 1000)); },
            "How long to wait for brokers (default 10)")
        ->check(CLI::Range(0.001, kTimeoutMaxS))
        ->option_text("SECONDS");
    app_.add_flag_callback(
        "--verbose", [this] { global_.verbosity = Verbosity::kVerbose; }, "Print the client library's log");
    add_key_values(&app_, "-X,--property", global_.properties, "A setting of librdkafka, which the client is built on");
}

void Grammar::add_key_values(CLI::App* to, const char* name, std::vector<KeyValue>& into, const char* text) {
    to->add_option_function<std::vector<std::string>>(
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

CLI::App* Grammar::family(const char* name, const char* text) {
    auto* added = app_.add_subcommand(name, text);
    added->require_subcommand(1);
    added->fallthrough();
    return added;
}

void Grammar::declare_topic() {
    auto* topic = family("topic", "Create, list, describe and delete topics");

    auto* create = command<TopicCreate>(topic, "create", "Create a topic");
    auto& made = options<TopicCreate>();
    create->add_option("name", made.name, "The topic's name")->required();
    create->add_option("-p,--partitions", made.partitions, "How many; the broker's default if not given")
        ->check(CLI::PositiveNumber);
    create
        ->add_option("-r,--replication-factor", made.replication_factor,
                     "How many copies; the broker's default if not given")
        ->check(CLI::Range(1, 32'767));
    add_key_values(create, "-c,--config", made.configs, "A setting of the topic");

    command<TopicList>(topic, "list", "List all topics");
    command<TopicDescribe>(topic, "describe", "Show partitions, replicas, offsets and the settings that are not the default")
        ->add_option("name", options<TopicDescribe>().names, "Topics")
        ->required();
    command<TopicDelete>(topic, "delete", "Delete topics and their data")
        ->add_option("name", options<TopicDelete>().names, "Topics")
        ->required();
}

void Grammar::declare_produce() {
    auto* produce = command<Produce>(&app_, "produce", "Send each line of standard input as a record");
    auto& made = options<Produce>();
    produce->add_option("topic", made.topic, "The topic")->required();
    produce->add_option("-k,--key-separator", made.key_separator,
                        "What stands between key and value in a line; without it, no keys");
    add_key_values(produce, "-H,--header", made.headers, "A header of every record");
    produce->add_option("-p,--partition", made.partition, "To this partition only")->check(CLI::NonNegativeNumber);
    produce->add_option("-z,--compression", made.compression, "The batches' codec")
        ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
        ->capture_default_str();
    produce->add_option("--acks", made.acks, "Which replicas must have a record: 0, 1 (the leader) or all (in sync)")
        ->check(CLI::IsMember({"0", "1", "all", "-1"}))
        ->capture_default_str();
    produce->add_flag_callback(
        "--idempotent", [&made] { made.idempotence = Idempotence::kOn; }, "Exactly once and in order, also over retries");
}

void Grammar::declare_consume() {
    auto* consume = command<Consume>(&app_, "consume", "Print records");
    auto& made = options<Consume>();
    consume->add_option("topic", made.topic, "The topic")->required();
    consume
        ->add_option_function<std::string>(
            "-f,--format", [&made](const std::string& text) { made.format = Format::parse(text).value_or(Format{}); },
            "%t topic, %p partition, %o offset, %T timestamp, %k key, %K its length, %s value, %S its length, %h headers, "
            "%n or \\n line end, \\t tab (default %s\\n)")
        ->check(Check{check_format});
    consume
        ->add_option_function<std::string>(
            "-o,--offset",
            [&made](const std::string& text) { made.offset = parse_offset_spec(text).value_or(OffsetSpec{}); },
            "beginning, end, N, -N (the last N), timestamp:2026-01-31T12:00:00Z or timestamp:MS (default beginning)")
        ->check(Check{check_offset});
    consume->add_option("-p,--partition", made.partitions, "From this partition; may be repeated (default all)")
        ->check(CLI::NonNegativeNumber)
        ->allow_extra_args(false);
    consume->add_option("-n,--count", made.count, "Stop after so many records")->check(CLI::PositiveNumber);
    consume->add_flag_callback(
        "-e,--exit-at-end", [&made] { made.at_end = AtEnd::kExit; }, "Stop when all partitions are read to their end");
    consume->add_option("-g,--group", made.group, "Read as a member of this group and commit what was printed");
}

void Grammar::declare_group() {
    auto* group = family("group", "List and describe consumer groups");
    command<GroupList>(group, "list", "List all groups");
    command<GroupDescribe>(group, "describe", "Show members, committed offsets and lag")
        ->add_option("name", options<GroupDescribe>().names, "Groups")
        ->required();
}

void Grammar::declare_filter(CLI::App* parent, const char* name, Filter filter, const char* text) {
    parent->add_subcommand(name, text)->callback([this, filter] { command_ = filter; });
}

void Grammar::declare_filters() {
    auto* wire = family("wire", "Protocol messages, line by line from standard input");
    declare_filter(wire, "decode", Filter::kWireDecode, "Name TAB version TAB hex to Name TAB version TAB JSON");
    declare_filter(wire, "encode", Filter::kWireEncode, "Name TAB version TAB JSON to Name TAB version TAB hex");
    auto* batch = family("batch", "Record batches, line by line from standard input");
    declare_filter(batch, "decode", Filter::kBatchDecode, "hex to JSON");
}

// What each option allows by itself but not together.
std::string contradiction(const Command& command) {
    const auto* consume = std::get_if<Consume>(&command);
    if (consume != nullptr && !consume->group.empty()) {
        const auto kind = consume->offset.kind;
        if (kind != OffsetSpec::Kind::kBeginning && kind != OffsetSpec::Kind::kEnd) {
            return "with --group, --offset is beginning or end: where to start if the group has not committed";
        }
        if (!consume->partitions.empty()) return "with --group, the group assigns the partitions: leave out --partition";
    }
    const auto* produce = std::get_if<Produce>(&command);
    if (produce != nullptr && produce->idempotence == Idempotence::kOn && produce->acks != "all" && produce->acks != "-1") {
        return "--idempotent needs --acks all";
    }
    return {};
}

}  // namespace

std::expected<Invocation, Ending> parse_command_line(std::vector<std::string> words) {
    Grammar grammar;
    std::ranges::reverse(words);  // CLI11 takes them from the back
    try {
        grammar.app().parse(words);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream err;
        const int status = grammar.app().exit(error, out, err);
        return std::unexpected(Ending{status == 0 ? 0 : kExitUsage, out.str(), status == 0 ? "" : "error: " + err.str()});
    }
    auto invocation = grammar.take();
    const auto wrong = contradiction(invocation.command);
    if (!wrong.empty()) return std::unexpected(Ending{kExitUsage, "", "error: " + wrong + "\n"});
    return invocation;
}

}  // namespace moldau::cli
