// The admin HTTP listener: GET requests on fixed paths.
//
// The problem: health checks and scrapes must be answered whatever the broker's cores do, and the HTTP library is in
// maintenance mode. The idea: a small interface with the library behind it in one file; handlers run on its own two threads
// and only read. Place: made by `app`; says nothing itself.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"

namespace moldau::admin {

struct HttpAnswer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

// By path, "/metrics". Called on the library's threads.
using HttpRoutes = std::map<std::string, std::function<HttpAnswer()>>;

// Lifetime: destroying stops listening and waits for answers under way. Thread: made and destroyed by one thread.
class HttpServer {
public:
    virtual ~HttpServer() = default;
};

struct HttpAddress {
    std::string host;
    int port = 0;
};

// "host:port", "[::1]:9644". Errors: kUsage.
Result<HttpAddress> parse_http_address(const std::string& text);

// Other paths get 404, other methods 405. Errors: kIo when the address cannot be listened on.
Result<std::unique_ptr<HttpServer>> serve_http(const HttpAddress& address, HttpRoutes routes);

}  // namespace moldau::admin
