// Reading a stream one message at a time, so that a reader that is slow slows the broker down.

#include "operator/broker_api/grpc_feed.h"

#include <optional>
#include <utility>

#include "operator/broker_api/messages.h"

namespace moldau::broker_api {
namespace {

// The call itself. Lifetime: its own, from begin() until gRPC is done with it; the feed refers to it until then. Thread: the
// reactions are called on gRPC's threads and only post; everything else is the loop's.
class FeedCall final : public grpc::ClientReadReactor<pb::TopicChanges>, public std::enable_shared_from_this<FeedCall> {
public:
    explicit FeedCall(GrpcCalls& calls) : calls_(calls) {}

    void begin(pb::OperatorApi::Stub& stub, const std::string& resume) {
        self_ = shared_from_this();
        request_.set_resume(resume);
        calls_.began(context_);
        stub.async()->WatchTopics(&context_, &request_, this);
        // Reads are begun from the loop, outside of reactions: gRPC is to keep the call until the hold is let go.
        AddHold();
        StartCall();
    }

    // `done` is called once, on the loop: with a message, or with the error that ended the call.
    void read(std::move_only_function<void(Result<TopicChanges>)> done) {
        if (ended_) return done(fail(*ended_));
        waiting_ = std::move(done);
        if (state_ == State::kIdle) start_read();
    }
    // What is read after this is for nobody.
    void abandon() {
        waiting_ = {};
        context_.TryCancel();
        if (state_ == State::kIdle) start_read();  // fails at once, and so finds the end
    }

    void OnReadDone(bool ok) override {
        calls_.event_loop.post([this, ok] { on_read(ok); });
    }
    void OnDone(const grpc::Status& status) override {
        calls_.event_loop.post([this, status] { on_end(status); });
    }

private:
    enum class State : std::uint8_t { kIdle, kReading, kBroken };

    void start_read() {
        state_ = State::kReading;
        StartRead(&message_);
    }
    void on_read(bool ok) {
        if (!ok) {
            state_ = State::kBroken;  // the reason comes with OnDone
            RemoveHold();
            return;
        }
        state_ = State::kIdle;
        if (waiting_) return std::exchange(waiting_, {})(from_message(message_));
        // Abandoned with a message on the way.
        start_read();
    }
    void on_end(const grpc::Status& status) {
        ended_ = status.ok() ? Error{Errc::kBrokerNotAvailable, "the broker ended the feed"} : error_of(status, context_);
        auto& calls = calls_;
        calls.ended(context_);
        const auto self = std::exchange(self_, {});
        if (waiting_) std::exchange(waiting_, {})(fail(*ended_));
    }

    GrpcCalls& calls_;
    grpc::ClientContext context_;
    pb::WatchTopicsRequest request_;
    pb::TopicChanges message_;
    State state_ = State::kIdle;
    std::optional<Error> ended_;
    std::move_only_function<void(Result<TopicChanges>)> waiting_;
    std::shared_ptr<FeedCall> self_;
};

class GrpcFeed final : public TopicFeed {
public:
    GrpcFeed(GrpcCalls& calls, pb::OperatorApi::Stub& stub, const FeedOptions& options)
        : loop_(calls.event_loop), silence_(options.silence) {
        if (calls.is_closed()) {
            ended_ = Error{Errc::kClosed, "the connection is closed"};
            return;
        }
        call_ = std::make_shared<FeedCall>(calls);
        call_->begin(stub, options.resume);
    }
    ~GrpcFeed() override {
        CHECK(!waiting_);
        if (call_) call_->abandon();
    }

    Task<Result<TopicChanges>> next() override {
        if (ended_) co_return fail(*ended_);
        co_return co_await completion<Result<TopicChanges>>([this](auto done) {
            waiting_ = std::move(done);
            timer_ = loop_.call_after(silence_, [this] { end({Errc::kRequestTimedOut, "the feed is silent"}); });
            call_->read([this](Result<TopicChanges> result) {
                if (!result) return end(std::move(result).error());
                loop_.cancel_timer(timer_);
                std::exchange(waiting_, {})(std::move(result));
            });
        });
    }
    void cancel() override { end({Errc::kClosed, "the feed was cancelled"}); }

private:
    void end(Error error) {
        if (ended_) return;
        ended_ = std::move(error);
        std::exchange(call_, {})->abandon();
        if (!waiting_) return;
        loop_.cancel_timer(timer_);
        loop_.post([waiting = std::exchange(waiting_, {}), error = *ended_]() mutable { waiting(fail(std::move(error))); });
    }

    loop::Loop& loop_;
    const Millis silence_;
    std::shared_ptr<FeedCall> call_;
    std::optional<Error> ended_;
    std::move_only_function<void(Result<TopicChanges>)> waiting_;
    loop::TimerId timer_ = loop::TimerId::kNone;
};

}  // namespace

std::unique_ptr<TopicFeed> open_feed(GrpcCalls& calls, pb::OperatorApi::Stub& stub, FeedOptions options) {
    return std::make_unique<GrpcFeed>(calls, stub, options);
}

}  // namespace moldau::broker_api
