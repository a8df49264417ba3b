// The call DescribeCluster: the cluster from the image, this broker from its own parts, and what is not well with them.

#include <fmt/format.h>

#include "metadata/service.h"
#include "operator_api/operations.h"

namespace moldau::operator_api {
namespace {

using Response = pb::DescribeClusterResponse;

void fill_broker(pb::Broker& to, const metadata::Broker& broker) {
    to.set_id(broker.id.value);
    to.set_incarnation(bytes_of(broker.incarnation));
    to.set_epoch(broker.epoch);
    if (broker.rack) to.set_rack(*broker.rack);
    for (const auto& endpoint : broker.endpoints) {
        auto& added = *to.add_endpoints();
        added.set_listener(endpoint.listener);
        added.set_host(endpoint.host);
        added.set_port(endpoint.port);
    }
    to.set_fenced(broker.fenced);
}

void fill_cluster(Response& response, const metadata::Image& image) {
    response.set_cluster_id(image.cluster_id());
    response.set_metadata_epoch(image.epoch().value);
    response.set_metadata_offset(image.end_offset().value);
    response.set_controller_id(image.controller().value);
    for (const auto& [id, broker] : image.brokers()) fill_broker(*response.add_brokers(), broker);
    response.set_topics(static_cast<std::int64_t>(image.topic_count()));
    response.set_partitions(static_cast<std::int64_t>(image.partition_count()));
}

void worsen(Response& response, Response::Health health) {
    if (health > response.health()) response.set_health(health);
}

void judge_disks(Response& response, const std::vector<store::DirState>& dirs) {
    for (const auto& dir : dirs) {
        auto& disk = *response.add_disks();
        disk.set_path(dir.path);
        disk.set_directory_id(bytes_of(dir.id));
        disk.set_total_bytes(dir.total_bytes);
        disk.set_free_bytes(dir.free_bytes);
        disk.set_refusing(dir.refusing);
        if (dir.failure) {
            disk.set_failure(dir.failure->to_string());
            worsen(response, Response::HEALTH_DEGRADED);
            add_reason(*response.mutable_reasons(), pb::SEVERITY_ERROR,
                       {"DISK_FAILED", fmt::format("{} failed, its partitions are offline until the broker starts anew: {}",
                                                   dir.path, dir.failure->to_string())});
        } else if (dir.refusing) {
            worsen(response, Response::HEALTH_DEGRADED);
            add_reason(*response.mutable_reasons(), pb::SEVERITY_WARNING,
                       {"DISK_REFUSING", fmt::format("{} is nearly full ({} of {} bytes left): producers are refused",
                                                     dir.path, dir.free_bytes, dir.total_bytes)});
        }
    }
}

void judge_brokers(Response& response) {
    for (const auto& broker : response.brokers()) {
        if (!broker.fenced()) continue;
        worsen(response, Response::HEALTH_DEGRADED);
        add_reason(*response.mutable_reasons(), pb::SEVERITY_WARNING,
                   {"BROKER_FENCED", fmt::format("broker {} is not there", broker.id())});
    }
}

}  // namespace

void Operations::describe_self(Response& response) const {
    response.set_node_id(home_.node.id.value);
    response.set_version(version_);
    response.set_ready(true);
    response.set_health(Response::HEALTH_HEALTHY);
    response.set_settings_epoch(settings_epoch_);
    *response.mutable_stop() = preparation_.progress();
    if (const auto& failure = home_.node.metadata->failure()) {
        response.set_ready(false);
        worsen(response, Response::HEALTH_FAILED);
        add_reason(*response.mutable_reasons(), pb::SEVERITY_ERROR, {"METADATA_FAILED", failure->to_string()});
    }
    judge_disks(response, home_.node.dir_states());
    if (response.partitions_offline() > 0) {
        worsen(response, Response::HEALTH_DEGRADED);
        add_reason(*response.mutable_reasons(), pb::SEVERITY_ERROR,
                   {"PARTITIONS_OFFLINE", fmt::format("{} partitions cannot be served", response.partitions_offline())});
    }
}

Task<Result<Response>> Operations::describe_cluster(Call& call, const pb::DescribeClusterRequest&) {
    MOLDAU_CO_TRY(call.may_on_cluster(security::Operation::kDescribe));
    Response response;
    response.set_partitions_offline(co_await count_offline(home_));
    fill_cluster(response, *home_.image);
    describe_self(response);
    judge_brokers(response);
    co_return response;
}

}  // namespace moldau::operator_api
