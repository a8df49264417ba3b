// HTTP to one API server, as thin as it can be: a request gives an answer, or an answer whose body is read bit by bit.
//
// The problem: the HTTP library is heavy, in maintenance mode and has its own threads; tests want no sockets. The idea: this
// interface, with one real implementation (cpprest_transport.h), one that adds credentials (authorized_transport.h) and the
// fake API server (kube_fake/). Retries, Status objects and JSON are the client's matter, not the transport's.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"

namespace moldau::kube {

enum class Method : std::uint8_t { kGet, kPost, kPut, kPatch, kDelete };
std::string_view method_name(Method method);

struct Request {
    Method method = Method::kGet;
    std::string path;                                        // encoded, without the query: "/api/v1/namespaces/a/pods"
    std::vector<std::pair<std::string, std::string>> query;  // not encoded
    std::string content_type;                                // empty without a body
    std::string accept = "application/json";
    std::string body;
    std::string authorization;  // "Bearer ..."; set by AuthorizedTransport
    // send: until the whole answer is there. open: until its status and headers are.
    Millis timeout{30'000};
    std::size_t body_bytes_max = 64U << 20U;  // of send's answer; beyond: kLimitExceeded

    // "/api/v1/pods?limit=500", the query encoded.
    std::string path_and_query() const;
    // "GET /api/v1/pods?limit=500".
    std::string target() const;
};

struct Response {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    std::string header(const std::string& name) const;
};

// The rest of an answer. Lifetime: destroy it only when no read is pending. Thread: the loop's.
class BodyStream {
public:
    using Done = std::move_only_function<void(Result<std::string>)>;
    virtual ~BodyStream() = default;
    // The next bytes, at least one; empty at the regular end, again and again. One read at a time; `done` is called from the
    // loop, never inside this call. What is not read is not buffered without bound: the sender is made to wait.
    // Errors: kClosed when the connection was cut, kCancelled after cancel(), kIo.
    virtual void read(Done done) = 0;
    // A pending read ends with kCancelled, and so does each later one. The connection is closed.
    virtual void cancel() = 0;
};

struct StreamedResponse {
    int status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::unique_ptr<BodyStream> body;
};

enum class RequestId : std::uint64_t { kNone = 0 };

// Lifetime: outlives its streams; `stop` first. Thread: the loop's.
class Transport {
public:
    using Done = std::move_only_function<void(Result<Response>)>;
    using StreamDone = std::move_only_function<void(Result<StreamedResponse>)>;

    virtual ~Transport() = default;

    // Any answer of the server is a value, whatever its status. `done` is called exactly once, from the loop, never inside
    // this call. Errors: kClosed (refused, reset, cut: the request may or may not have been carried out), kTimedOut,
    // kCancelled, kLimitExceeded, kIo (TLS, name resolution).
    virtual RequestId send(Request request, Done done) = 0;
    // The same, with the body to be read by parts. Once it resolved, BodyStream::cancel is the way to end it.
    virtual RequestId open(Request request, StreamDone done) = 0;
    // The request, if it is still pending, ends with kCancelled.
    virtual void cancel(RequestId request) = 0;
    // Refuses new requests with kCancelled, cancels those pending and open streams, resolves when their ends were told.
    virtual Task<void> stop() = 0;
};

struct Endpoint;
// Makes a Transport to an endpoint. Errors: kUsage when its address or certificates are no good.
using TransportFactory = std::function<Result<std::unique_ptr<Transport>>(const Endpoint&)>;

}  // namespace moldau::kube
