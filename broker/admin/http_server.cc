// Routes in front of the HTTP library.

#include "admin/http_server.h"

#include <utility>

#include "admin/cpprest_server.h"

namespace moldau::admin {
namespace {

class RoutedServer : public HttpServer {
public:
    explicit RoutedServer(std::unique_ptr<RawHttpServer> raw) : raw_(std::move(raw)) {}

private:
    std::unique_ptr<RawHttpServer> raw_;
};

RawAnswer route(const HttpRoutes& routes, const std::string& path) {
    const auto found = routes.find(path);
    if (found != routes.end()) {
        auto answer = found->second();
        return {answer.status, std::move(answer.content_type), std::move(answer.body)};
    }
    std::string known;
    for (const auto& [name, handler] : routes) known += name + "\n";
    return {404, "text/plain; charset=utf-8", "here are:\n" + known};
}

}  // namespace

Result<std::unique_ptr<HttpServer>> serve_http(const HttpAddress& address, HttpRoutes routes) {
    const bool bare_v6 = address.host.find(':') != std::string::npos && !address.host.starts_with('[');
    const auto host = bare_v6 ? '[' + address.host + ']' : address.host;
    const auto uri = "http://" + host + ':' + std::to_string(address.port);
    std::string error;
    auto raw = open_cpprest_server(
        uri, [routes = std::move(routes)](const std::string& path) { return route(routes, path); }, error);
    if (!raw) return fail(Errc::kIo, "admin listener " + uri + ": " + error);
    return std::make_unique<RoutedServer>(std::move(raw));
}

}  // namespace moldau::admin
