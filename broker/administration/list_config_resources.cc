// ListConfigResources, from the image.

#include "administration/list_config_resources.h"

#include <algorithm>
#include <set>
#include <string>

#include "handlers/shard.h"

namespace moldau::administration {
namespace {

using wire::ListConfigResourcesRequest;
using wire::ListConfigResourcesResponse;

enum Kind : std::int8_t { kTopic = 2, kBroker = 4, kBrokerLogger = 8, kClientMetrics = 16, kGroup = 32 };
constexpr std::int8_t kKinds[] = {kTopic, kBroker, kBrokerLogger, kClientMetrics, kGroup};

std::set<std::int8_t> wanted_kinds(const ListConfigResourcesRequest& request, std::int16_t version) {
    if (version == 0) return {kClientMetrics};
    if (request.resource_types.empty()) return {std::begin(kKinds), std::end(kKinds)};
    return {request.resource_types.begin(), request.resource_types.end()};
}

void add(std::string name, std::int8_t kind, ListConfigResourcesResponse& response) {
    auto& row = response.config_resources.emplace_back();
    row.resource_name = std::move(name);
    row.resource_type = kind;
}

}  // namespace

Task<ListConfigResourcesResponse> handle_list_config_resources(Shard& shard, RequestContext& context,
                                                               ListConfigResourcesRequest request) {
    ListConfigResourcesResponse response;
    if (!context.may_on_cluster(security::Operation::kDescribeConfigs)) {
        response.error_code = kafka_code(Errc::kClusterAuthorizationFailed);
        co_return response;
    }
    const auto wanted = wanted_kinds(request, context.api_version);
    if (!std::ranges::all_of(wanted, [](auto kind) { return std::ranges::find(kKinds, kind) != std::end(kKinds); })) {
        response.error_code = kafka_code(Errc::kUnsupportedVersion);
        co_return response;
    }
    if (wanted.contains(kTopic)) {
        for (const auto* topic : shard.image->topics()) add(topic->name, kTopic, response);
    }
    if (wanted.contains(kBroker)) {
        for (const auto& [id, broker] : shard.image->brokers()) add(std::to_string(id.value), kBroker, response);
    }
    co_return response;
}

}  // namespace moldau::administration
