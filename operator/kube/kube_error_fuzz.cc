// Any bytes as the body of a refusal: always an error with a reason, never more than its bounds.

#include "operator/kube/kube_error.h"

#include <algorithm>
#include <cstdint>

#include "base/check.h"

using namespace moldau;
using namespace moldau::kube;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const int status = 100 + (data[0] * 256 + data[1]) % 500;
    const auto header_size = std::min<std::size_t>(data[2] % 12U, size - 3);
    const std::string_view rest{reinterpret_cast<const char*>(data) + 3, size - 3};
    const auto error = parse_status(status, rest.substr(header_size), rest.substr(0, header_size), "fuzz");
    CHECK(error.reason != Reason::kNone);
    CHECK(error.causes.size() <= 32);
    CHECK(error.message.size() <= 4'200);
    CHECK(!error.retry_after || (*error.retry_after >= Millis{0} && *error.retry_after <= std::chrono::hours{1}));
    CHECK(error.context.starts_with("fuzz: "));
    return 0;
}
