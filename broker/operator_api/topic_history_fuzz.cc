// Any token that a listener may send: only our own are read, and a feed from them never goes wrong.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "metadata/test_images.h"
#include "operator_api/topic_feed.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau;
    const std::string_view token{reinterpret_cast<const char*>(data), size};
    const operator_api::TopicHistory history{metadata::test_uuid(5)};
    const auto number = history.parse(token);
    if (number) CHECK(history.parse(history.token(*number)) == number);
    operator_api::TopicFeed feed{history, token};
    const auto step = feed.next(metadata::empty_image());
    CHECK(step.has_value() == (number != 0U));
    return 0;
}
