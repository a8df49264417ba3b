// Offsets from the partition's leader.

#include "cli/frame/watermarks.h"

#include <algorithm>
#include <chrono>

#include "cli/frame/client.h"

namespace moldau::cli {

Result<Watermarks> query_watermarks(Client& client, const PartitionName& name) {
    Watermarks found{};
    const auto code = rd_kafka_query_watermark_offsets(client.handle(), name.topic.c_str(), name.partition, &found.earliest,
                                                       &found.latest, client.timeout_ms());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
    return fail(failed("cannot read the offsets of " + name.topic + "-" + std::to_string(name.partition), code));
}

Result<std::optional<std::int64_t>> query_offset_at(Client& client, const PartitionName& name, std::int64_t timestamp_ms) {
    const OwnedPartitions query{rd_kafka_topic_partition_list_new(1)};
    auto* one = rd_kafka_topic_partition_list_add(query.get(), name.topic.c_str(), name.partition);
    one->offset = timestamp_ms;
    auto code = rd_kafka_offsets_for_times(client.handle(), query.get(), client.timeout_ms());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = one->err;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed("cannot find the offset of that time", code));
    return one->offset >= 0 ? std::optional{one->offset} : std::nullopt;
}

std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Result<std::int64_t> resolve_offset(Client& client, const OffsetQuestion& question) {
    using Kind = OffsetSpec::Kind;
    const auto& [earliest, latest] = question.bounds;
    std::int64_t offset = latest;
    switch (question.spec.kind) {
        case Kind::kBeginning:
            return earliest;
        case Kind::kEnd:
        case Kind::kAgo:
            return latest;
        case Kind::kExact:
            offset = question.spec.value;
            break;
        case Kind::kTail:
            offset = latest - question.spec.value;
            break;
        case Kind::kTimestamp: {
            MOLDAU_TRY_ASSIGN(found, query_offset_at(client, question.name, question.spec.value));
            offset = found.value_or(latest);
            break;
        }
    }
    return std::clamp(offset, earliest, std::max(earliest, latest));
}

}  // namespace moldau::cli
