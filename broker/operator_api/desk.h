// Where calls arrive on the home core: who is admitted, who serves them, who is still there.
//
// Knows no gRPC: a call is a message, a deadline and a way to answer. So all that must be right about starting, stopping and
// limits is on one thread and testable there.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "base/task_group.h"
#include "io/executor.h"
#include "io/wait_list.h"
#include "operator_api/operations.h"
#include "operator_api/server.h"
#include "server/abort_signal.h"

namespace moldau::operator_api {

// What gRPC's side knows of a call.
struct Arrival {
    std::string_view method;
    MonoTime deadline;
    std::string peer;  // "/127.0.0.1", as Kafka writes it
};

// The gRPC code of an error: "FAILED_PRECONDITION".
std::string_view status_name(Errc code);

// One who listens to a feed, on the home core. `write` begins a write and calls back, on the home core, whether it went out.
class Listener {
public:
    virtual ~Listener() = default;
    virtual void write(pb::TopicChanges message, std::move_only_function<void(bool)> done) = 0;
    // Breaks off a write under way, which then calls back.
    virtual void cancel() = 0;
    // The last call. kNone: the listener went away.
    virtual void finish(Error error) = 0;
};

// Lifetime: its TaskGroup is empty, after stop(), before it goes. Thread: the home core.
class Desk {
public:
    Desk(io::Executor& home, const security::Authorizer& authorizer, ServerOptions options)
        : home_(home), authorizer_(authorizer), options_(std::move(options)) {}

    void serve(Operations& operations);
    // Refuses new calls, ends feeds, resolves when none is left.
    Task<void> stop();

    // Handles a call and answers it by `answer(Result<Response>)`, once. `request` stays until then.
    template <class Request, class Response, class Answer>
    void take(Arrival arrival, Task<Result<Response>> (Operations::*method)(Call&, const Request&), const Request& request,
              Answer answer) {
        auto admitted = admit(arrival);
        if (!admitted) return refuse(arrival, admitted.error(), std::move(answer));
        tasks_.start(run<Request, Response, Answer>(std::move(arrival), method, request, std::move(answer)));
    }
    // DescribeCluster, the one call that is answered while the broker recovers.
    void take_describe_cluster(Arrival arrival, const pb::DescribeClusterRequest& request,
                               std::move_only_function<void(Result<pb::DescribeClusterResponse>)> answer);

    // Feeds `listener` until it is finished.
    struct Watch {
        Listener* listener;
        std::unique_ptr<io::WaitList> wake;
        std::optional<Error> ended = {};  // why; kNone: the listener went away
        enum class State : std::uint8_t { kWaiting, kWriting } state = State::kWaiting;
    };
    std::shared_ptr<Watch> watch(Arrival arrival, const pb::WatchTopicsRequest& request, Listener& listener);
    // The listener went away.
    void end(const std::shared_ptr<Watch>& watch);

    std::vector<CallCount> counts() const;
    std::size_t feeds() const { return watches_.size(); }

private:
    Result<void> admit(const Arrival& arrival) const;
    Call call_of(const Arrival& arrival);
    void count(std::string_view method, Errc code) { ++counts_[{method, status_name(code)}]; }
    pb::DescribeClusterResponse recovering() const;
    Task<void> feed(std::shared_ptr<Watch> watch, std::unique_ptr<TopicFeed> feed);
    Task<std::optional<pb::TopicChanges>> next_message(Watch& watch, TopicFeed& feed);
    void end_with(Watch& watch, Error error);

    template <class Answer>
    void refuse(const Arrival& arrival, const Error& error, Answer answer) {
        count(arrival.method, error.code);
        answer(fail(error));
    }
    template <class Request, class Response, class Answer>
    Task<void> run(Arrival arrival, Task<Result<Response>> (Operations::*method)(Call&, const Request&),
                   const Request& request, Answer answer) {
        auto call = call_of(arrival);
        ++active_;
        auto result = co_await (operations_->*method)(call, request);
        --active_;
        count(arrival.method, result ? Errc::kNone : result.error().code);
        answer(std::move(result));
    }

    io::Executor& home_;
    const security::Authorizer& authorizer_;
    const ServerOptions options_;
    Operations* operations_ = nullptr;
    server::AbortSignal stopping_;
    std::size_t active_ = 0;
    std::map<std::shared_ptr<Watch>, std::string_view> watches_;
    std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> counts_;
    TaskGroup tasks_;
};

}  // namespace moldau::operator_api
