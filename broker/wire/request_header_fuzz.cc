// Any bytes as a frame from a client: header, then the body that it promises.

#include <string>

#include "base/check.h"
#include "wire/frame.h"
#include "wire/registry.h"

using namespace moldau;
using namespace moldau::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Decoder in{bytes::View::copy_of(bytes::Span{data, size})};
    const auto head = read_request_head(in);
    if (!head) return 0;
    CHECK(head->api != nullptr && !head->api->is_retired());
    if (!head->is_known_version()) return 0;
    const auto* type = find_message_type(message_types(), std::string(head->api->name) + "Request");
    CHECK(type != nullptr);
    const auto body = AnyMessage::decode(*type, in, head->version);
    if (body) CHECK(body->encode(head->version).has_value());
    return 0;
}
