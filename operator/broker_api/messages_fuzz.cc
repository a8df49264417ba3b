// Whatever a broker sends becomes structs: the first byte chooses the message.

#include <cstddef>
#include <cstdint>

#include "operator/broker_api/messages.h"

namespace {

template <class Message>
void decode(const std::uint8_t* data, std::size_t size) {
    Message message;
    if (!message.ParseFromArray(data, static_cast<int>(size))) return;
    static_cast<void>(moldau::broker_api::from_message(message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace pb = moldau::operator_api::v1;
    if (size == 0) return 0;
    constexpr void (*kDecoders[])(const std::uint8_t*, std::size_t) = {
        decode<pb::DescribeClusterResponse>,
        decode<pb::DescribeTopicsResponse>,
        decode<pb::TopicResults>,
        decode<pb::DescribeSettingsResponse>,
        decode<pb::AlterSettingsResponse>,
        decode<pb::MayStopResponse>,
        decode<pb::StopProgress>,
        decode<pb::TopicChanges>,
    };
    kDecoders[data[0] % std::size(kDecoders)](data + 1, size - 1);
    return 0;
}
