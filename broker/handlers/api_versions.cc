// ApiVersions, from the rows of the handler table.

#include "handlers/api_versions.h"

#include <algorithm>

#include "handlers/shard.h"

namespace moldau::handlers {
namespace {

constexpr std::int16_t kFirstVersionWithSoftware = 3;

bool is_alphanumeric(char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

wire::ApiVersionsResponse::ApiVersion row_of(const Handler& handler) {
    wire::ApiVersionsResponse::ApiVersion row;
    row.api_key = wire::to_int16(handler.key);
    row.min_version = handler.key == wire::ApiKey::kProduce ? std::int16_t{0} : handler.version_min;
    row.max_version = handler.version_max;
    return row;
}

// KIP-1242: a client that was told of another cluster or node at this address must look around anew.
bool is_misdirected(const Shard& shard, const wire::ApiVersionsRequest& request) {
    const bool other_cluster = request.cluster_id && *request.cluster_id != shard.image->cluster_id();
    const bool other_node = request.node_id >= 0 && request.node_id != shard.node.id.value;
    return other_cluster || other_node;
}

wire::ApiVersionsResponse refuse(Errc code) {
    wire::ApiVersionsResponse response;
    response.error_code = kafka_code(code);
    return response;
}

}  // namespace

bool is_valid_client_software(std::string_view text) {
    if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
    return std::ranges::all_of(text, [](char letter) { return is_alphanumeric(letter) || letter == '-' || letter == '.'; });
}

wire::ApiVersionsResponse describe_apis(const HandlerTable& table, const metadata::Image& image) {
    wire::ApiVersionsResponse response;
    for (const auto& handler : table.rows()) {
        if (handler) response.api_keys.push_back(row_of(*handler));
    }
    response.finalized_features_epoch = image.end_offset().value;
    return response;
}

wire::ApiVersionsResponse refuse_api_versions(const HandlerTable& table) {
    auto response = refuse(Errc::kUnsupportedVersion);
    const auto* handler = table.find(wire::to_int16(wire::ApiKey::kApiVersions));
    if (handler != nullptr) response.api_keys.push_back(row_of(*handler));
    return response;
}

Task<wire::ApiVersionsResponse> handle_api_versions(Shard& shard, RequestContext& context,
                                                    wire::ApiVersionsRequest request) {
    if (context.api_version >= kFirstVersionWithSoftware && (!is_valid_client_software(request.client_software_name) ||
                                                             !is_valid_client_software(request.client_software_version))) {
        co_return refuse(Errc::kInvalidRequest);
    }
    if (is_misdirected(shard, request)) co_return refuse(Errc::kRebootstrapRequired);
    co_return describe_apis(*shard.node.table, *shard.image);
}

}  // namespace moldau::handlers
