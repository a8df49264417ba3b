// Names, looked up in the image.

#include "administration/lookup.h"

namespace moldau::administration {

Result<PartitionKey> find_partition(const Shard& shard, const RequestContext& context, Wanted wanted) {
    if (!context.may_on_topic(wanted.operation, wanted.topic)) return fail(Errc::kTopicAuthorizationFailed);
    const auto* topic = shard.image->find_topic(wanted.topic);
    const PartitionIndex index{wanted.partition};
    if (topic == nullptr || topic->find(index) == nullptr) return fail(Errc::kUnknownTopicOrPartition);
    return PartitionKey{topic->id, index};
}

}  // namespace moldau::administration
