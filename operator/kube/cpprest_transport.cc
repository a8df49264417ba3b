// One exchange per request: what the library's threads tell, put in order on the loop.

#include "operator/kube/cpprest_transport.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/logger.h"
#include "operator/kube/cpprest_client.h"

namespace moldau::kube {
namespace {

constexpr std::string_view kModule = "kube";
constexpr int kRequestIdleSeconds = 90;
// Longer than any silence that a reader puts up with (list_watch.h).
constexpr int kStreamIdleSeconds = 900;
constexpr Millis kStopMax{10'000};

std::map<std::string, std::string> lower_headers(const RawHead& head) {
    std::map<std::string, std::string> headers;
    for (auto [name, value] : head.headers) {
        std::ranges::transform(name, name.begin(), [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
        headers.emplace(std::move(name), std::move(value));
    }
    return headers;
}

}  // namespace

// All of it on the loop; the library's threads hold it only to post it back.
struct CpprestTransport::Exchange {
    explicit Exchange(loop::Loop& on) : loop_(on) {}

    CpprestTransport* owner = nullptr;
    RequestId id = RequestId::kNone;
    std::shared_ptr<RawCall> call;
    loop::TimerId timer = loop::TimerId::kNone;
    Transport::Done done;
    Transport::StreamDone stream_done;
    std::size_t body_bytes_max = 0;
    bool is_stream = false;  // what is received waits until it is read

    void on_head(RawHead told) {
        head_ = std::move(told);
        if (stream_done && owner != nullptr) give_stream();
    }

    void on_bytes(const std::string& more, std::function<void()> go_on) {
        bytes_ += more;
        unconsumed_ += more.size();
        if (go_on) stalled_.push_back(std::move(go_on));
        if (verdict_) return drop_bytes();
        if (reader_) return give_bytes();
        if (is_stream) return;
        consume();
        if (bytes_.size() <= body_bytes_max) return;
        give_up({Errc::kLimitExceeded, "an answer of more than " + std::to_string(body_bytes_max) + " bytes"});
    }

    void on_end(RawEnd told) {
        over_ = true;
        end_ = std::move(told);
        loop_.cancel_timer(timer);
        call.reset();  // it holds us by its handlers
        if (done) {
            give_response();
        } else if (stream_done) {
            std::exchange(stream_done, nullptr)(fail(error()));
        } else if (reader_ && bytes_.empty()) {
            give_end();
        }
        if (owner != nullptr) owner->ended(id);
    }

    // Cancelled, timed out or too large: the library's part is closed, its end comes later.
    void give_up(Error why) {
        if (over_ || verdict_) return;
        verdict_ = std::move(why);
        loop_.cancel_timer(timer);
        // Before the library's end, after which a stop may resolve.
        tell_verdict(done);
        tell_verdict(stream_done);
        tell_verdict(reader_);
        if (call) call->cancel();
        drop_bytes();
    }

    void read(BodyStream::Done into) {
        CHECK(!reader_);
        reader_ = std::move(into);
        if (verdict_ || (bytes_.empty() && over_)) return give_end();
        if (!bytes_.empty()) give_bytes();
    }

private:
    Error error() const {
        if (verdict_) return *verdict_;
        switch (end_.fault) {
            case RawFault::kIo:
                return {Errc::kIo, end_.text};
            case RawFault::kCancelled:
                return {Errc::kCancelled, end_.text};
            default:
                return {Errc::kClosed, end_.text};
        }
    }
    template <class Tell>
    void tell_verdict(Tell& waiting) {
        if (!waiting) return;
        loop_.post([tell = std::exchange(waiting, nullptr), why = *verdict_]() mutable { tell(fail(std::move(why))); });
    }
    void consume() {
        if (call) call->consumed(std::exchange(unconsumed_, 0));
        for (auto& go_on : std::exchange(stalled_, {})) go_on();
    }
    void drop_bytes() {
        bytes_.clear();
        consume();
    }
    void give_bytes() {
        consume();
        give(std::exchange(bytes_, {}));
    }
    void give_end() {
        if (!verdict_ && end_.fault == RawFault::kNone) return give(std::string{});
        give(fail(error()));
    }
    void give(Result<std::string> part) {
        loop_.post([tell = std::exchange(reader_, nullptr), part = std::move(part)]() mutable { tell(std::move(part)); });
    }
    void give_response() {
        auto tell = std::exchange(done, nullptr);
        if (end_.fault != RawFault::kNone || !head_) return tell(fail(error()));
        tell(Response{.status = head_->status, .headers = lower_headers(*head_), .body = std::move(bytes_)});
    }
    void give_stream();

    loop::Loop& loop_;
    std::optional<RawHead> head_;
    std::string bytes_;
    std::size_t unconsumed_ = 0;
    std::vector<std::function<void()>> stalled_;
    bool over_ = false;
    RawEnd end_;
    std::optional<Error> verdict_;  // ours, over what the library says after it
    BodyStream::Done reader_;
};

class CpprestTransport::Stream final : public BodyStream {
public:
    explicit Stream(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
    ~Stream() override { exchange_->give_up({Errc::kCancelled, "the body is no longer wanted"}); }
    void read(Done done) override { exchange_->read(std::move(done)); }
    void cancel() override { exchange_->give_up({Errc::kCancelled, "the stream was cancelled"}); }

private:
    std::shared_ptr<Exchange> exchange_;
};

void CpprestTransport::Exchange::give_stream() {
    loop_.cancel_timer(timer);
    auto self = owner->exchanges_.at(id);
    std::exchange(stream_done, nullptr)(StreamedResponse{
        .status = head_->status, .headers = lower_headers(*head_), .body = std::make_unique<Stream>(std::move(self))});
}

Result<std::unique_ptr<Transport>> CpprestTransport::create(loop::Loop& loop, const Endpoint& endpoint) {
    RawClientOptions options{.server = endpoint.server,
                             .ca_pem = endpoint.ca_pem,
                             .certificate_pem = endpoint.certificate_pem,
                             .key_pem = endpoint.key_pem,
                             .verify_server = endpoint.check == ServerCheck::kVerify,
                             .idle_seconds_max = kRequestIdleSeconds};
    std::string fault;
    auto requests = open_raw_client(options, fault);
    options.idle_seconds_max = kStreamIdleSeconds;
    auto streams = requests ? open_raw_client(options, fault) : nullptr;
    if (!streams) return fail(Errc::kUsage, "connection to " + endpoint.server + ": " + fault);
    return std::unique_ptr<Transport>(new CpprestTransport(loop, std::move(requests), std::move(streams)));
}

TransportFactory CpprestTransport::factory(loop::Loop& loop) {
    return [&loop](const Endpoint& endpoint) { return create(loop, endpoint); };
}

CpprestTransport::CpprestTransport(loop::Loop& loop, std::unique_ptr<RawClient> requests, std::unique_ptr<RawClient> streams)
    : loop_(loop), requests_(std::move(requests)), streams_(std::move(streams)) {}

CpprestTransport::~CpprestTransport() {
    for (auto& [id, exchange] : exchanges_) exchange->owner = nullptr;
}

RequestId CpprestTransport::send(Request request, Done done) {
    auto exchange = std::make_shared<Exchange>(loop_);
    exchange->done = std::move(done);
    exchange->body_bytes_max = request.body_bytes_max;
    return start(*requests_, request, std::move(exchange));
}

RequestId CpprestTransport::open(Request request, StreamDone done) {
    auto exchange = std::make_shared<Exchange>(loop_);
    exchange->stream_done = std::move(done);
    // Bytes may come before the head: they wait for the stream.
    exchange->is_stream = true;
    return start(*streams_, request, std::move(exchange));
}

RequestId CpprestTransport::start(RawClient& client, const Request& request, std::shared_ptr<Exchange> exchange) {
    const auto id = RequestId{++last_id_};
    exchange->id = id;
    if (stopping_) {
        exchange->give_up({Errc::kCancelled, "the transport stops"});
        return id;
    }
    exchange->owner = this;
    exchanges_.emplace(id, exchange);
    exchange->timer =
        loop_.call_after(request.timeout, [exchange] { exchange->give_up({Errc::kTimedOut, "no answer in time"}); });
    auto& loop = loop_;
    exchange->call = client.start(
        {.method = std::string(method_name(request.method)),
         .target = request.path_and_query(),
         .content_type = request.content_type,
         .accept = request.accept,
         .authorization = request.authorization,
         .body = request.body},
        {.on_head =
             [&loop, exchange](RawHead head) {
                 loop.post([exchange, head = std::move(head)]() mutable { exchange->on_head(std::move(head)); });
             },
         .on_bytes =
             [&loop, exchange](std::string bytes, std::function<void()> go_on) {
                 loop.post([exchange, bytes = std::move(bytes), go_on = std::move(go_on)]() mutable {
                     exchange->on_bytes(bytes, std::move(go_on));
                 });
             },
         .on_end =
             [&loop, exchange](RawEnd end) {
                 loop.post([exchange, end = std::move(end)]() mutable { exchange->on_end(std::move(end)); });
             }});
    return id;
}

void CpprestTransport::cancel(RequestId request) {
    const auto found = exchanges_.find(request);
    if (found == exchanges_.end()) return;
    const auto exchange = found->second;
    if (exchange->done || exchange->stream_done) exchange->give_up({Errc::kCancelled, "the request was cancelled"});
}

void CpprestTransport::ended(RequestId id) {
    exchanges_.erase(id);
    if (!stopping_ || !exchanges_.empty()) return;
    for (auto& stopped : std::exchange(stopped_, {})) stopped(true);
}

Task<void> CpprestTransport::stop() {
    stopping_ = true;
    const auto left = exchanges_;
    for (const auto& [id, exchange] : left) exchange->give_up({Errc::kCancelled, "the transport stops"});
    if (exchanges_.empty()) co_return;
    const auto limit = loop_.call_after(kStopMax, [this] {
        LOG_WARNING(kModule, "gave up waiting for connections to end count={}", exchanges_.size());
        for (auto& [id, exchange] : exchanges_) exchange->owner = nullptr;
        exchanges_.clear();
        for (auto& stopped : std::exchange(stopped_, {})) stopped(true);
    });
    co_await completion<bool>([this](auto done) { stopped_.push_back(std::move(done)); });
    loop_.cancel_timer(limit);
}

}  // namespace moldau::kube
