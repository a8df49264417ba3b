// The Transport over sockets: HTTP/1.1 and TLS by cpprestsdk, told to the loop.
//
// The library's threads only post; all state here belongs to the loop. Requests and long reads use two clients of the
// library, because its time limit on idle connections is one per client.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "operator/kube/endpoint.h"
#include "operator/kube/transport.h"
#include "operator/loop/loop.h"

namespace moldau::kube {

class RawClient;

// Lifetime: `stop` before it is destroyed; the loop outlives it. Thread: the loop's.
class CpprestTransport final : public Transport {
public:
    // Errors: kUsage when the address or the certificates are no good.
    static Result<std::unique_ptr<Transport>> create(loop::Loop& loop, const Endpoint& endpoint);
    // The same, for AuthorizedTransport. `loop` outlives it.
    static TransportFactory factory(loop::Loop& loop);
    ~CpprestTransport() override;

    RequestId send(Request request, Done done) override;
    RequestId open(Request request, StreamDone done) override;
    void cancel(RequestId request) override;
    Task<void> stop() override;

private:
    struct Exchange;
    class Stream;

    CpprestTransport(loop::Loop& loop, std::unique_ptr<RawClient> requests, std::unique_ptr<RawClient> streams);
    RequestId start(RawClient& client, const Request& request, std::shared_ptr<Exchange> exchange);
    void ended(RequestId id);

    loop::Loop& loop_;
    std::unique_ptr<RawClient> requests_;
    std::unique_ptr<RawClient> streams_;
    std::uint64_t last_id_ = 0;
    bool stopping_ = false;
    std::map<RequestId, std::shared_ptr<Exchange>> exchanges_;  // until the library is done with them
    std::vector<std::move_only_function<void(bool)>> stopped_;
};

}  // namespace moldau::kube
