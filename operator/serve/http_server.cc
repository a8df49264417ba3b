// Routes in front of the HTTP library, and its address.

#include "operator/serve/http_server.h"

#include <charconv>
#include <utility>

#include "operator/serve/cpprest_listener.h"

namespace moldau::serve {
namespace {

class RoutedServer : public HttpServer {
public:
    explicit RoutedServer(std::unique_ptr<RawListener> raw) : raw_(std::move(raw)) {}

private:
    std::unique_ptr<RawListener> raw_;
};

void route(const HttpRoutes& routes, const std::string& path, RawReply reply) {
    const auto found = routes.find(path);
    if (found != routes.end()) {
        return found->second([reply = std::move(reply)](HttpAnswer answer) {
            reply({answer.status, std::move(answer.content_type), std::move(answer.body)});
        });
    }
    std::string known;
    for (const auto& [name, handler] : routes) known += name + "\n";
    reply({404, "text/plain; charset=utf-8", "here are:\n" + known});
}

}  // namespace

Result<HttpAddress> parse_http_address(const std::string& text) {
    const auto colon = text.rfind(':');
    HttpAddress address;
    const auto* end = text.data() + text.size();
    const auto [last, error] = colon != std::string::npos ? std::from_chars(text.data() + colon + 1, end, address.port)
                                                          : std::from_chars_result{text.data(), std::errc::invalid_argument};
    if (error != std::errc{} || last != end || address.port < 0 || address.port > 65535) {
        return fail(Errc::kUsage, "listen address '" + text + "' must be host:port or :port");
    }
    address.host = colon == 0 ? "0.0.0.0" : text.substr(0, colon);
    return address;
}

Result<std::unique_ptr<HttpServer>> serve_http(const HttpAddress& address, HttpRoutes routes) {
    const bool bare_v6 = address.host.find(':') != std::string::npos && !address.host.starts_with('[');
    const auto host = bare_v6 ? '[' + address.host + ']' : address.host;
    const auto uri = "http://" + host + ':' + std::to_string(address.port);
    std::string error;
    auto raw = open_cpprest_listener(
        uri,
        [routes = std::move(routes)](const std::string& path, RawReply reply) { route(routes, path, std::move(reply)); },
        error);
    if (!raw) return fail(Errc::kIo, "listen on " + uri + ": " + error);
    return std::make_unique<RoutedServer>(std::move(raw));
}

}  // namespace moldau::serve
