// An HTTP listener for GET requests on fixed paths: metrics and health.
//
// The problem: a probe must be answered at once, while metrics live on the operator's loop, which must never be touched from
// another thread; and the HTTP library is in maintenance mode. The idea: a route gets a reply function that it may call
// later and from any thread, so nobody waits; the library stays behind one interface in one file. Place: made by `app`.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"

namespace moldau::serve {

struct HttpAnswer {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

// To be called once, at once or later, on any thread. Dropped without a call, it answers 503.
using HttpReply = std::function<void(HttpAnswer)>;
// By path, "/metrics". Called on the library's threads; must not wait.
using HttpRoutes = std::map<std::string, std::function<void(HttpReply)>>;

// Lifetime: destroying stops listening and waits for requests that were not answered yet, so whoever holds a reply must
// call or drop it. Thread: made and destroyed by one thread.
class HttpServer {
public:
    virtual ~HttpServer() = default;
};

struct HttpAddress {
    std::string host;
    int port = 0;
};

// "host:port", ":8080" (every address), "[::1]:9644". Errors: kUsage.
Result<HttpAddress> parse_http_address(const std::string& text);

// Other paths get 404 with the list of known ones, other methods 405. Errors: kIo when the address cannot be listened on.
Result<std::unique_ptr<HttpServer>> serve_http(const HttpAddress& address, HttpRoutes routes);

}  // namespace moldau::serve
