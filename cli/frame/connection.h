// One connection to one broker, for requests that the client library does not have: a frame out, a frame in, with a
// deadline.
//
// Plain TCP, blocking, one request at a time: the tool asks a handful of questions and ends.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bytes/buffer.h"

namespace moldau::cli {

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;

    // "host:port", an IPv6 address in brackets.
    std::string text() const;
};

// "a:9092,[::1]:9093,b": the port may be left out. Errors: kUsage.
Result<std::vector<Endpoint>> parse_endpoints(std::string_view text);

// Lifetime: closes when destroyed. Move only.
class Connection {
public:
    // Errors: kNetworkException with the system's reason.
    static Result<Connection> open(const Endpoint& endpoint, std::chrono::milliseconds timeout);
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;
    ~Connection();

    // Sends bytes as they are, whole. Errors: kNetworkException, kTimedOut; after either the connection is of no use.
    Result<void> send(const bytes::ChunkList& chunks);
    // What follows the length of the next frame. Errors as above; kMalformed for a length that no answer has.
    Result<bytes::View> receive_frame();
    // All that comes until the peer closes, at most `most` bytes.
    Result<std::string> receive_all(std::size_t most);

private:
    Connection(int socket, std::chrono::milliseconds timeout) : socket_(socket), timeout_(timeout) {}
    Result<void> receive(bytes::MutableSpan to);

    int socket_;
    std::chrono::milliseconds timeout_;
};

}  // namespace moldau::cli
