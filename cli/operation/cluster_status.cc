// `moldau cluster status`: what one broker says of the cluster and of itself; status 1 when it is not ready or not healthy.

#include "cli/frame/print.h"
#include "cli/frame/table.h"
#include "cli/operation/commands.h"
#include "cli/operation/operator_client.h"
#include "cli/operation/stop_text.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

using State = pb::DescribeClusterResponse;

std::string_view health_name(const State& state) {
    if (state.health() == State::HEALTH_HEALTHY) return "healthy";
    return state.health() == State::HEALTH_FAILED ? "failed" : "degraded";
}

void put_brokers(wire::JsonWriter& json, const State& state) {
    json.key("brokers");
    json.begin_array();
    for (const auto& broker : state.brokers()) {
        json.begin_object();
        json.member("broker", broker.id());
        json.member("epoch", broker.epoch());
        json.member("rack", broker.has_rack() ? std::optional{broker.rack()} : std::nullopt);
        json.member("fenced", broker.fenced());
        json.key("endpoints");
        json.begin_array();
        for (const auto& endpoint : broker.endpoints()) {
            json.begin_object();
            json.member("listener", endpoint.listener());
            json.member("host", endpoint.host());
            json.member("port", endpoint.port());
            json.end_object();
        }
        json.end_array();
        json.end_object();
    }
    json.end_array();
}

void put_disks(wire::JsonWriter& json, const State& state) {
    json.key("disks");
    json.begin_array();
    for (const auto& disk : state.disks()) {
        json.begin_object();
        json.member("path", disk.path());
        json.member("totalBytes", disk.total_bytes());
        json.member("freeBytes", disk.free_bytes());
        json.member("refusing", disk.refusing());
        json.member("failure", disk.has_failure() ? std::optional{disk.failure()} : std::nullopt);
        json.end_object();
    }
    json.end_array();
}

void print_json(const State& state) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("clusterId", state.cluster_id());
    json.member("metadataEpoch", state.metadata_epoch());
    json.member("metadataOffset", state.metadata_offset());
    json.member("settingsEpoch", state.settings_epoch());
    json.member("controller", state.controller_id());
    put_brokers(json, state);
    json.member("topics", state.topics());
    json.member("partitions", state.partitions());
    json.member("partitionsOffline", state.partitions_offline());
    json.member("broker", state.node_id());
    json.member("version", state.version());
    json.member("ready", state.ready());
    json.member("health", health_name(state));
    put_disks(json, state);
    json.key("stop");
    put_progress(json, state.stop());
    put_reasons(json, state.reasons());
    json.end_object();
    print(json.take() + "\n");
}

std::string size_text(std::uint64_t bytes) {
    constexpr double kGibibyte = 1 << 30;
    char text[32];
    std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(bytes) / kGibibyte);
    return text;
}

void print_brokers(const State& state) {
    Table table({"BROKER", "EPOCH", "STATE", "ADVERTISES"});
    for (const auto& broker : state.brokers()) {
        std::string advertises;
        for (const auto& endpoint : broker.endpoints()) {
            advertises += (advertises.empty() ? "" : ",") + endpoint.listener() + "://" + endpoint.host() + ":" +
                          std::to_string(endpoint.port());
        }
        table.add_row({std::to_string(broker.id()), std::to_string(broker.epoch()), broker.fenced() ? "fenced" : "active",
                       advertises});
    }
    print(table.text());
}

void print_text(const State& state) {
    print("cluster " + (state.cluster_id().empty() ? "?" : state.cluster_id()) + ": " + std::string(health_name(state)) +
          "; " + std::to_string(state.topics()) + " topics, " + std::to_string(state.partitions()) + " partitions, " +
          std::to_string(state.partitions_offline()) + " offline\n");
    print("broker " + std::to_string(state.node_id()) + ": " + (state.ready() ? "ready" : "not ready") + ", version " +
          state.version() + ", " + std::string(stop_state_name(state.stop())) + "\n");
    if (state.brokers_size() > 0) print_brokers(state);
    for (const auto& disk : state.disks()) {
        const auto* how = disk.has_failure() ? "failed" : disk.refusing() ? "refuses producers" : "usable";
        print("disk " + disk.path() + ": " + how + ", " + size_text(disk.free_bytes()) + " of " +
              size_text(disk.total_bytes()) + " free\n");
    }
    print_reasons(state.reasons());
}

}  // namespace

Result<void> run(const Global& global, const ClusterStatus& options) {
    OperatorClient client{global, options.api};
    MOLDAU_TRY_ASSIGN(state, client.state());
    if (global.output == Output::kJson)
        print_json(state);
    else
        print_text(state);
    if (!state.ready()) return fail(Errc::kBrokerNotAvailable, "the broker is not ready");
    if (state.health() != State::HEALTH_HEALTHY) return fail(Errc::kUnknownServerError, "the cluster is not healthy");
    return {};
}

}  // namespace moldau::cli
