// moldau-broker: reads the settings, runs the broker until SIGTERM or SIGINT.
//
// Exit status: 0 after a clean stop, 1 when something failed, 2 when the settings or the data directory are not ours to use.

#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "admin/metrics.h"
#include "app/broker.h"
#include "app/logging.h"
#include "app/machine.h"
#include "app/stop_signals.h"
#include "base/logger.h"

extern char** environ;

// How the broker's allocator (jemalloc) behaves. A request lives in a few dozen short allocations, many of them coroutine
// frames: glibc's took 15 % of a small request's processor time and kept what a burst of large fetches had taken. Here pages
// that nobody used for a second go back to the system, from idle threads too. Sanitizer builds have this symbol and nobody
// who reads it.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,metadata_thp:disabled";
}

namespace {

using namespace moldau;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Arguments {
    std::string config;
    std::vector<std::string> options;
    bool print_config_docs = false;
    bool print_metrics_docs = false;
};

settings::KeyValues process_environment() {
    settings::KeyValues variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string::npos) variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

int report(const settings::Faults& faults) {
    std::fprintf(stderr, "moldau-broker: the settings have %zu fault(s):\n", faults.lines.size());
    for (const auto& line : faults.lines) std::fprintf(stderr, "  %s\n", line.c_str());
    std::fprintf(stderr, "All settings: docs/configuration.md, or moldau-broker --print-config-docs\n");
    return kUsage;
}

std::expected<settings::Values, settings::Faults> load(const Arguments& arguments) {
    settings::Inputs inputs;
    if (!arguments.config.empty()) inputs.file = arguments.config;
    inputs.environment = process_environment();
    inputs.host_name = app::host_name();
    settings::Faults faults;
    for (const auto& option : arguments.options) {
        const auto equals = option.find('=');
        if (equals == std::string::npos)
            faults.lines.push_back("-o " + option + ": must be key=value");
        else
            inputs.options.emplace_back(option.substr(0, equals), option.substr(equals + 1));
    }
    auto values = settings::load(inputs);
    if (!values) faults.lines.insert(faults.lines.end(), values.error().lines.begin(), values.error().lines.end());
    if (!faults.lines.empty()) return std::unexpected(std::move(faults));
    return values;
}

// As many file descriptors as we may have: logs and connections need them.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void greet(const app::Broker& broker, const settings::Values& values) {
    const auto& address = broker.listeners().front().advertised;
    const auto clients = address.to_string();
    std::printf("Moldau serves Kafka clients on %s (node %d, cluster %s).\n", clients.c_str(),
                static_cast<int>(values.integer("node.id")), broker.cluster_id().c_str());
    const auto admin = values.text("moldau.admin.listen").value_or("");
    if (!admin.empty()) std::printf("Metrics and health: http://%s/metrics /livez /readyz\n", admin.c_str());
    if (!broker.operator_address().empty()) std::printf("Operator API (gRPC): %s\n", broker.operator_address().c_str());
    std::printf(
        "\nTry, in another terminal:\n"
        "  echo hello | kcat -b %s -t greetings -P\n"
        "  kcat -b %s -t greetings -C -e\n"
        "\nCtrl-C stops it cleanly.\n",
        clients.c_str(), clients.c_str());
    std::fflush(stdout);
}

int run(const settings::Values& values, std::vector<app::ListenerPlan> listeners, app::StopSignals& signals) {
    raise_descriptor_limit();

    app::Broker broker{values, std::move(listeners)};
    broker.on_fatal([] { kill(getpid(), SIGTERM); });
    auto started = broker.start();
    signals.started();
    if (!started) {
        LOG_ERROR("app", "cannot start error=\"{}\"", started.error().to_string());
        static_cast<void>(broker.stop());
        const bool usage = started.error().code == Errc::kLocked || started.error().code == Errc::kUsage;
        return usage ? kUsage : kFailed;
    }
    greet(broker, values);
    const int signal = signals.wait();
    LOG_INFO("app", "stopping signal={}", strsignal(signal));
    if (auto stopped = broker.stop(); !stopped) {
        LOG_ERROR("app", "the stop was not clean, the next start recovers error=\"{}\"", stopped.error().to_string());
        return kFailed;
    }
    if (broker.has_failed()) return kFailed;
    LOG_INFO("app", "stopped cleanly");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    // Before the first thread: all inherit what it blocks.
    app::StopSignals signals;
    CLI::App cli{"Moldau's broker: an event streaming server for Kafka clients."};
    Arguments arguments;
    cli.add_option("--config", arguments.config, "settings file, YAML or .properties")->check(CLI::ExistingFile);
    cli.add_option("-o", arguments.options, "a setting as key=value; may be repeated")->take_all();
    cli.add_flag("--print-config-docs", arguments.print_config_docs, "print docs/configuration.md");
    cli.add_flag("--print-metrics-docs", arguments.print_metrics_docs, "print docs/metrics.md");
    cli.set_version_flag("--version", "moldau-broker " MOLDAU_VERSION);
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return cli.exit(error) == 0 ? 0 : kUsage;
    }
    if (arguments.print_config_docs) return std::fputs(settings::configuration_page().c_str(), stdout) < 0;
    if (arguments.print_metrics_docs) return std::fputs(admin::metrics_page().c_str(), stdout) < 0;

    const auto values = load(arguments);
    if (!values) return report(values.error());
    auto listeners = app::plan_listeners(*values, app::host_name());
    if (!listeners) return report(listeners.error());
    app::start_logging(*values);
    const int status = run(*values, *std::move(listeners), signals);
    app::flush_logging();
    return status;
}
