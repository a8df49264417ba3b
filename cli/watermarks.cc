// Where a partition's log begins and ends.

#include "watermarks.h"

#include "client.h"

namespace moldau::cli {

Result<Watermarks> query_watermarks(Client& client, const PartitionName& name) {
    Watermarks found{};
    const auto code = rd_kafka_query_watermark_offsets(client.handle(), name.topic.c_str(), name.partition, &found.earliest,
                                                       &found.latest, client.timeout_ms());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
    return fail(failed("cannot read the offsets of " + name.topic + "-" + std::to_string(name.partition), code));
}

}  // namespace moldau::cli
