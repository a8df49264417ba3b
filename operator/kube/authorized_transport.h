// A Transport that proves who we are: it adds the token, and changes to a new connection when certificates change.
//
// The idea: each request asks the ConnectionSource, which mostly knows at once. A 401 makes it read anew, and the request is
// sent once more if that changed anything. When the endpoint changed (authority, client certificate), a new Transport takes
// over; the old one ends with its last request.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task_group.h"
#include "operator/kube/connection_source.h"
#include "operator/kube/transport.h"
#include "operator/loop/loop.h"

namespace moldau::kube {

// Lifetime: `stop` before it is destroyed; loop and source outlive it. Thread: the loop's.
class AuthorizedTransport final : public Transport {
public:
    AuthorizedTransport(loop::Loop& loop, ConnectionSource& source, TransportFactory factory);
    ~AuthorizedTransport() override;

    RequestId send(Request request, Done done) override;
    RequestId open(Request request, StreamDone done) override;
    void cancel(RequestId request) override;
    Task<void> stop() override;

private:
    struct Inner;
    class CountedStream;
    struct Pending {
        std::shared_ptr<Inner> inner;
        RequestId id = RequestId::kNone;
        bool cancelled = false;
    };
    struct Ready {
        std::shared_ptr<Inner> inner;
        std::string authorization;
    };

    Task<void> run_send(RequestId id, Request request, Done done);
    Task<void> run_open(RequestId id, Request request, StreamDone done);
    Task<Result<Response>> send_once(RequestId id, Request request, Ready ready);
    Task<Result<StreamedResponse>> open_once(RequestId id, Request request, Ready ready);
    Task<Result<Ready>> prepare(RequestId id);
    // After a 401: what to try with, or nullopt when nothing changed.
    Task<std::optional<Ready>> prepare_again(RequestId id, std::string refused);
    Result<std::shared_ptr<Inner>> inner_for(const Endpoint& endpoint);
    void retire(std::shared_ptr<Inner> inner);
    bool is_cancelled(RequestId id) const;

    loop::Loop& loop_;
    ConnectionSource& source_;
    TransportFactory factory_;
    std::shared_ptr<Inner> inner_;
    std::vector<std::weak_ptr<Inner>> retired_;
    std::map<RequestId, Pending> pending_;
    std::uint64_t last_id_ = 0;
    bool stopping_ = false;
    TaskGroup tasks_;
};

}  // namespace moldau::kube
