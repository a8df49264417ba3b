// HTTP on cpprestsdk, for the one file that is compiled as C++20: nothing here needs C++23.
//
// The problem: the library's headers fail in C++23 and its callbacks come on its own threads, head and body in no order. The
// idea: this small interface of strings and callbacks; cpprest_transport.cc turns it into a Transport on the loop.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace moldau::kube {

struct RawClientOptions {
    std::string server;           // "https://10.96.0.1:443"
    std::string ca_pem;           // empty: the system's authorities
    std::string certificate_pem;  // the client's own, with its chain
    std::string key_pem;
    bool verify_server = true;
    int idle_seconds_max = 60;  // without a byte in either direction the library gives up
};

struct RawRequest {
    std::string method;
    std::string target;  // path and query, encoded
    std::string content_type;
    std::string accept;
    std::string authorization;
    std::string body;
};

struct RawHead {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
};

enum class RawFault : std::uint8_t { kNone, kClosed, kIo, kCancelled };
struct RawEnd {
    RawFault fault = RawFault::kNone;
    std::string text;
};

// Called on the library's threads, one call at a time but for on_head, which may come after the first bytes. `on_end` comes
// exactly once and last.
struct RawHandlers {
    std::function<void(RawHead)> on_head;
    // `go_on` is empty, or the body stands still until it is called.
    std::function<void(std::string bytes, std::function<void()> go_on)> on_bytes;
    std::function<void(RawEnd)> on_end;
};

// Thread: any.
class RawCall {
public:
    virtual ~RawCall() = default;
    // Closes the connection; on_end follows soon, once every `go_on` was called.
    virtual void cancel() = 0;
    // So many bytes of on_bytes need no longer count as buffered.
    virtual void consumed(std::size_t bytes) = 0;
};

class RawClient {
public:
    virtual ~RawClient() = default;
    virtual std::shared_ptr<RawCall> start(const RawRequest& request, RawHandlers handlers) = 0;
};

// Null, with the reason in `error`, when the address or the certificates are no good.
std::unique_ptr<RawClient> open_raw_client(const RawClientOptions& options, std::string& error);

}  // namespace moldau::kube
