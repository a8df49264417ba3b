// Reading the admin listener's address.

#include <charconv>

#include "admin/http_server.h"

namespace moldau::admin {

Result<HttpAddress> parse_http_address(const std::string& text) {
    const auto colon = text.rfind(':');
    HttpAddress address;
    const bool has_host = colon != std::string::npos && colon > 0;
    const auto* end = text.data() + text.size();
    const auto [last, error] = has_host ? std::from_chars(text.data() + colon + 1, end, address.port)
                                        : std::from_chars_result{text.data(), std::errc::invalid_argument};
    if (error != std::errc{} || last != end || address.port < 0 || address.port > 65535) {
        return fail(Errc::kUsage, "moldau.admin.listen=" + text + ": must be host:port");
    }
    address.host = text.substr(0, colon);
    return address;
}

}  // namespace moldau::admin
