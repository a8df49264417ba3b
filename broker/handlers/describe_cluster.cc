// DescribeCluster, from the image.

#include "handlers/describe_cluster.h"

#include "handlers/shard.h"

namespace moldau::handlers {
namespace {

constexpr std::int8_t kBrokers = 1;
constexpr std::int8_t kControllers = 2;

}  // namespace

Task<wire::DescribeClusterResponse> handle_describe_cluster(Shard& shard, RequestContext& context,
                                                            wire::DescribeClusterRequest request) {
    wire::DescribeClusterResponse response;
    const auto& image = *shard.image;
    response.cluster_id = image.cluster_id();
    if (request.endpoint_type != kBrokers) {
        const bool known = request.endpoint_type == kControllers;
        response.error_code = kafka_code(known ? Errc::kMismatchedEndpointType : Errc::kUnsupportedEndpointType);
        response.error_message = "this listener serves brokers' clients";
        co_return response;
    }
    response.controller_id = image.controller().value;
    for (const auto& [id, broker] : image.brokers()) {
        const auto* endpoint = broker.find_endpoint(context.listener);
        if (endpoint == nullptr || (broker.fenced && !request.include_fenced_brokers)) continue;
        auto& row = response.brokers.emplace_back();
        row.broker_id = id.value;
        row.host = endpoint->host;
        row.port = endpoint->port;
        row.rack = broker.rack;
        row.is_fenced = broker.fenced;
    }
    if (request.include_cluster_authorized_operations) {
        response.cluster_authorized_operations = security::authorized_operations(
            context.authorizer, context.principal, {security::ResourceType::kCluster, "kafka-cluster"});
    }
    co_return response;
}

}  // namespace moldau::handlers
