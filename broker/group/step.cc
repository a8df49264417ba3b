// Errors of the log, as clients of a group coordinator are told of them.

#include "group/step.h"

#include <type_traits>

namespace moldau::group {

Errc append_error(Errc error) {
    switch (kafka_errc(error)) {
        case Errc::kUnknownTopicOrPartition:
        case Errc::kNotEnoughReplicas:
        case Errc::kNotEnoughReplicasAfterAppend:
        case Errc::kRequestTimedOut:
        case Errc::kThrottlingQuotaExceeded:
            return Errc::kCoordinatorNotAvailable;
        case Errc::kNotLeaderOrFollower:
        case Errc::kKafkaStorageError:
        case Errc::kNetworkException:
            return Errc::kNotCoordinator;
        case Errc::kMessageTooLarge:
        case Errc::kRecordListTooLarge:
        case Errc::kInvalidFetchSize:
            return Errc::kUnknownServerError;
        default:
            return kafka_errc(error);
    }
}

void set_error(Response& response, Errc error) {
    const std::int16_t code = kafka_code(error);
    std::visit(
        [&](auto& message) {
            if constexpr (std::is_same_v<decltype(message), wire::OffsetCommitResponse&>) {
                for (auto& topic : message.topics) {
                    for (auto& partition : topic.partitions) partition.error_code = code;
                }
            } else if constexpr (std::is_same_v<decltype(message), wire::OffsetDeleteResponse&>) {
                message = {};
                message.error_code = code;
            } else {
                message.error_code = code;
            }
        },
        response);
}

}  // namespace moldau::group
