// InitProducerId, on the core that has the metadata.

#include "handlers/init_producer_id.h"

#include "handlers/shard.h"
#include "metadata/producer_ids.h"

namespace moldau::handlers {

Task<wire::InitProducerIdResponse> handle_init_producer_id(Shard& shard, RequestContext& context,
                                                           wire::InitProducerIdRequest request) {
    wire::InitProducerIdResponse response;
    if (request.transactional_id) {
        response.error_code = kafka_code(Errc::kTransactionalIdAuthorizationFailed);
        co_return response;
    }
    if (!context.may_on_cluster(security::Operation::kIdempotentWrite)) {
        response.error_code = kafka_code(Errc::kClusterAuthorizationFailed);
        co_return response;
    }
    auto& node = shard.node;
    const auto id = co_await on_shard(shard, node.metadata_shard(), [&node] { return node.producer_ids->next(); });
    if (!id) {
        response.error_code = kafka_code(is_retriable(id.error().code) ? Errc::kCoordinatorNotAvailable : id.error().code);
        co_return response;
    }
    response.producer_id = id->value;
    response.producer_epoch = 0;
    co_return response;
}

}  // namespace moldau::handlers
