// The table, and this module's rows.

#include "handlers/handler_table.h"

#include <algorithm>

#include "base/check.h"
#include "handlers/api_versions.h"
#include "handlers/describe_cluster.h"
#include "handlers/fetch.h"
#include "handlers/init_producer_id.h"
#include "handlers/list_offsets.h"
#include "handlers/metadata.h"
#include "handlers/offset_for_leader_epoch.h"
#include "handlers/produce.h"
#include "handlers/topic_changes.h"

namespace moldau::handlers {

void HandlerTable::add(Handler handler) {
    const auto key = static_cast<std::size_t>(wire::to_int16(handler.key));
    const auto* api = wire::find_api(wire::to_int16(handler.key));
    CHECK(api != nullptr && key < rows_.size() && !rows_[key]);
    // Versions that may still change are not served.
    handler.version_max = std::min(handler.version_max, api->version_stable_max);
    rows_[key] = handler;
}

const Handler* HandlerTable::find(std::int16_t key) const {
    if (key < 0 || static_cast<std::size_t>(key) >= rows_.size()) return nullptr;
    const auto& row = rows_[static_cast<std::size_t>(key)];
    return row ? &*row : nullptr;
}

std::span<const Handler> broker_handlers() {
    using server::Overlap;
    static constexpr Handler kRows[] = {
        handler_for<wire::ProduceRequest, handle_produce>(Overlap::kOverlapping),
        handler_for<wire::FetchRequest, handle_fetch>(Overlap::kOverlapping),
        handler_for<wire::ListOffsetsRequest, handle_list_offsets>(),
        handler_for<wire::MetadataRequest, handle_metadata>(),
        handler_for<wire::ApiVersionsRequest, handle_api_versions>(),
        handler_for<wire::CreateTopicsRequest, handle_create_topics>(),
        handler_for<wire::DeleteTopicsRequest, handle_delete_topics>(),
        handler_for<wire::InitProducerIdRequest, handle_init_producer_id>(),
        handler_for<wire::OffsetForLeaderEpochRequest, handle_offset_for_leader_epoch>(),
        handler_for<wire::CreatePartitionsRequest, handle_create_partitions>(),
        handler_for<wire::DescribeClusterRequest, handle_describe_cluster>(),
    };
    return kRows;
}

}  // namespace moldau::handlers
