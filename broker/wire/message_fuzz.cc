// Any bytes as any message: what decodes must encode, and then decode to the same again, also by way of JSON.

#include "base/check.h"
#include "wire/decoder.h"
#include "wire/fuzz_choice.h"

using namespace moldau;
using namespace moldau::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const auto choice = fuzz_choice({data, size});
    Decoder in{bytes::View::copy_of(choice.rest)};
    const auto message = AnyMessage::decode(*choice.type, in, choice.version);
    if (!message) return 0;

    const auto encoded = message->encode(choice.version);
    CHECK(encoded.has_value());
    Decoder again{encoded->flatten()};
    const auto second = AnyMessage::decode(*choice.type, again, choice.version);
    CHECK(second.has_value() && again.expect_end().has_value());
    CHECK(second->encode(choice.version) == encoded);

    const auto json = message->to_json(choice.version);
    CHECK(second->to_json(choice.version) == json);
    const auto from_json = AnyMessage::from_json(*choice.type, json, choice.version);
    CHECK(from_json.has_value());
    CHECK(from_json->to_json(choice.version) == json);
    return 0;
}
