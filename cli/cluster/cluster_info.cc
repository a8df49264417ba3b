// `moldau cluster info`: who is in the cluster, what it can do, how much it holds.

#include <algorithm>
#include <span>

#include "cli/cluster/commands.h"
#include "cli/frame/print.h"
#include "cli/frame/table.h"
#include "wire/describe_cluster.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct Info {
    wire::DescribeClusterResponse cluster;
    wire::ApiVersionsResponse versions;
    std::size_t topics = 0;
    std::size_t internal_topics = 0;
    std::size_t partitions = 0;
};

Result<Info> gather(const Global& global) {
    MOLDAU_TRY_ASSIGN(client, WireClient::connect(global));
    Info info;
    info.versions = client.any().versions();
    MOLDAU_TRY_ASSIGN(cluster, client.any().call<wire::DescribeClusterResponse>(wire::DescribeClusterRequest{}));
    if (cluster.error_code != 0) {
        return fail(refused("cannot describe the cluster", cluster.error_code, cluster.error_message));
    }
    info.cluster = std::move(cluster);
    std::ranges::sort(info.cluster.brokers, {}, &wire::DescribeClusterResponse::DescribeClusterBroker::broker_id);
    MOLDAU_TRY_ASSIGN(metadata, client.all_topics());
    for (const auto& topic : metadata.topics) {
        ++(topic.is_internal ? info.internal_topics : info.topics);
        info.partitions += topic.partitions.size();
    }
    return info;
}

void put_features(wire::JsonWriter& json, const wire::ApiVersionsResponse& versions) {
    json.key("features");
    json.begin_array();
    for (const auto& feature : versions.finalized_features) {
        json.begin_object();
        json.member("name", feature.name);
        json.member("level", feature.max_version_level);
        json.end_object();
    }
    json.end_array();
    json.key("supportedFeatures");
    json.begin_array();
    for (const auto& feature : versions.supported_features) {
        json.begin_object();
        json.member("name", feature.name);
        json.member("min", feature.min_version);
        json.member("max", feature.max_version);
        json.end_object();
    }
    json.end_array();
}

void print_json(const Info& info) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("clusterId", info.cluster.cluster_id);
    json.member("controller", info.cluster.controller_id);
    json.key("brokers");
    json.begin_array();
    for (const auto& broker : info.cluster.brokers) {
        json.begin_object();
        json.member("broker", broker.broker_id);
        json.member("host", broker.host);
        json.member("port", broker.port);
        json.member("rack", broker.rack);
        json.end_object();
    }
    json.end_array();
    put_features(json, info.versions);
    json.member("topics", info.topics);
    json.member("internalTopics", info.internal_topics);
    json.member("partitions", info.partitions);
    json.member("apis", info.versions.api_keys.size());
    json.end_object();
    print(json.take() + "\n");
}

void print_text(const Info& info) {
    print("cluster " + info.cluster.cluster_id + "\n");
    print("  topics " + std::to_string(info.topics) + ", internal ones " + std::to_string(info.internal_topics) +
          ", partitions " + std::to_string(info.partitions) + "\n");
    for (const auto& feature : info.versions.finalized_features) {
        print("  " + feature.name + " " + std::to_string(feature.max_version_level) + "\n");
    }
    Table table{{"  BROKER", "ADDRESS", "RACK", "CONTROLLER"}};
    for (const auto& broker : info.cluster.brokers) {
        const Endpoint endpoint{broker.host, static_cast<std::uint16_t>(broker.port)};
        table.add_row({"  " + std::to_string(broker.broker_id), endpoint.text(), broker.rack.value_or("-"),
                       broker.broker_id == info.cluster.controller_id ? "yes" : "-"});
    }
    print(table.text());
}

}  // namespace

Result<void> run(const Global& global, const ClusterInfo&) {
    MOLDAU_TRY_ASSIGN(info, gather(global));
    if (global.output == Output::kJson) {
        print_json(info);
    } else {
        print_text(info);
    }
    return {};
}

}  // namespace moldau::cli
