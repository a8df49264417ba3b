// The words of `moldau cluster status`, `moldau broker` and `moldau topic watch`.

#include "cli/frame/connection.h"
#include "cli/frame/grammar.h"
#include "cli/operation/commands.h"

namespace moldau::cli {
namespace {

std::string check_address(const std::string& text) {
    const auto parsed = parse_endpoints(text);
    if (!parsed) return parsed.error().context;
    return parsed->size() == 1 ? std::string{} : "give one HOST:PORT";
}

void add_api(CLI::App* to, std::string& api) {
    to->add_option("--operator-api", api, "HOST:PORT of a broker's operator API (moldau.internal.listen)")
        ->envname("MOLDAU_OPERATOR_API")
        ->check(Check{check_address})
        ->capture_default_str();
}

void add_broker(CLI::App* to, std::optional<std::int32_t>& broker) {
    to->add_option("broker-id", broker, "The broker's number; by default the one that answers")
        ->check(CLI::NonNegativeNumber);
}

}  // namespace

void declare_operation(Grammar& grammar) {
    auto* cluster = grammar.family("cluster", "Show the cluster as a whole");
    auto status = grammar.command<ClusterStatus>(
        cluster, "status", "Show what a broker says of the cluster and of itself; status 1 if not well");
    add_api(status.app, status.options.api);

    auto* broker = grammar.family("broker", "Ask whether a broker may stop, and get it ready for that");
    auto may_stop = grammar.command<BrokerMayStop>(broker, "may-stop", "Say whether it may stop now; status 1 if not");
    add_api(may_stop.app, may_stop.options.api);
    add_broker(may_stop.app, may_stop.options.broker);
    auto prepare = grammar.command<BrokerPrepareStop>(broker, "prepare-stop",
                                                      "Sync its logs, so that stop and start are quick; it goes on serving");
    add_api(prepare.app, prepare.options.api);
    add_broker(prepare.app, prepare.options.broker);
    Grammar::add_choice(prepare.app, "--wait", prepare.options.wait, BrokerPrepareStop::Wait::kYes,
                        "Until it is ready to be stopped");
    auto progress = grammar.command<BrokerStopProgress>(broker, "stop-progress", "Show how far it is with that");
    add_api(progress.app, progress.options.api);
    add_broker(progress.app, progress.options.broker);

    auto* topic = grammar.family("topic", "Create, change, show and delete topics");
    auto watch = grammar.command<TopicWatch>(topic, "watch", "Print every topic, then every change, until Ctrl-C");
    add_api(watch.app, watch.options.api);
    Grammar::add_choice(watch.app, "--once", watch.options.until, TopicWatch::Until::kSnapshotEnd,
                        "End when every topic was printed");
}

}  // namespace moldau::cli
