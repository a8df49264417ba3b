// Any text as any message's JSON: what is read must print, and read to the same again; what encodes must decode to it.

#include "base/check.h"
#include "wire/decoder.h"
#include "wire/fuzz_choice.h"

using namespace moldau;
using namespace moldau::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const auto choice = fuzz_choice({data, size});
    const std::string_view text{reinterpret_cast<const char*>(choice.rest.data()), choice.rest.size()};
    const auto message = AnyMessage::from_json(*choice.type, text, choice.version);
    if (!message) return 0;

    const auto json = message->to_json(choice.version);
    const auto second = AnyMessage::from_json(*choice.type, json, choice.version);
    CHECK(second.has_value());
    CHECK(second->to_json(choice.version) == json);

    const auto encoded = message->encode(choice.version);
    if (!encoded) return 0;
    Decoder in{encoded->flatten()};
    const auto decoded = AnyMessage::decode(*choice.type, in, choice.version);
    CHECK(decoded.has_value() && in.expect_end().has_value());
    CHECK(decoded->to_json(choice.version) == json);
    return 0;
}
