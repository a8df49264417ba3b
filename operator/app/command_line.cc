// Reading them.

#include "operator/app/command_line.h"

#include <CLI/CLI.hpp>
#include <map>

namespace moldau::app {
namespace {

constexpr int kUsage = 2;

OperatorOptions from_environment(const Getenv& environment) {
    OperatorOptions options;
    const auto take = [&](const char* name, std::string& value) {
        if (auto found = environment(name); found && !found->empty()) value = *std::move(found);
    };
    take("WATCH_NAMESPACE", options.watch_namespace);
    take("POD_NAMESPACE", options.own_namespace);
    take("POD_NAME", options.pod_name);
    take("MOLDAU_BROKER_IMAGE", options.broker_image);
    take("MOLDAU_LOG_LEVEL", options.log_level);
    std::string format;
    take("MOLDAU_LOG_FORMAT", format);
    if (format == "json") options.log_format = LogFormat::kJson;
    return options;
}

struct Flags {
    bool no_leader_election = false;
    bool print_metrics_docs = false;
    bool print_conditions_docs = false;
};

void add_options(CLI::App& cli, OperatorOptions& options) {
    cli.add_option("--watch-namespace", options.watch_namespace, "look after this namespace only (WATCH_NAMESPACE)");
    cli.add_option("--namespace", options.own_namespace, "where the operator runs and its lease is (POD_NAMESPACE)");
    cli.add_option("--name", options.pod_name, "the name of this replica, unique among them (POD_NAME)");
    cli.add_option("--broker-image", options.broker_image,
                   "image of brokers whose Cluster names none (MOLDAU_BROKER_IMAGE)");
    cli.add_option("--kubeconfig", options.kubeconfig, "kubeconfig file, when not running in a pod");
    cli.add_option("--context", options.context, "context of the kubeconfig");
    cli.add_option("--lease", options.lease, "name of the Lease that replicas compete for");
    cli.add_option("--metrics-address", options.metrics_address, "host:port of /metrics; empty: none");
    cli.add_option("--health-address", options.health_address, "host:port of /livez and /readyz; empty: none");
    cli.add_option("--log-level", options.log_level, "debug, info, warning or error (MOLDAU_LOG_LEVEL)")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    const std::map<std::string, LogFormat> formats{{"text", LogFormat::kText}, {"json", LogFormat::kJson}};
    cli.add_option("--log-format", options.log_format, "text or json (MOLDAU_LOG_FORMAT)")
        ->transform(CLI::CheckedTransformer(formats).description(""));
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv, const Getenv& environment) {
    CommandLine line{.options = from_environment(environment)};
    Flags flags;
    CLI::App cli{"Moldau's operator: runs brokers and keeps topics as Cluster and Topic resources say.", "moldau-operator"};
    add_options(cli, line.options);
    cli.add_flag("--no-leader-election", flags.no_leader_election, "act without a lease; only when no other replica runs");
    cli.add_flag("--print-metrics-docs", flags.print_metrics_docs, "print docs/operator/metrics.md");
    cli.add_flag("--print-conditions-docs", flags.print_conditions_docs, "print docs/operator/conditions.md");
    cli.set_version_flag("--version", "moldau-operator " MOLDAU_VERSION);
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        line.exit_status = cli.exit(error) == 0 ? 0 : kUsage;
    }
    if (flags.no_leader_election) line.options.leader_elect = LeaderElect::kNo;
    if (flags.print_metrics_docs) line.print = CommandLine::Print::kMetricsDocs;
    if (flags.print_conditions_docs) line.print = CommandLine::Print::kConditionsDocs;
    return line;
}

}  // namespace moldau::app
