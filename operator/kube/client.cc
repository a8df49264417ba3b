// How a request gets its turn, is sent, and is sent again.

#include "operator/kube/client.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace moldau::kube {
namespace {

constexpr std::size_t kStatusBytesMax = 64U << 10U;

bool is_success(int status) { return status >= 200 && status < 300; }

KubeError error_of(const Result<Response>& answer, const std::string& what) {
    if (answer) return parse_status(answer->status, answer->body, answer->header("retry-after"), what);
    KubeError error(answer.error());
    error.context = what + ": " + error.context;
    return error;
}

bool is_server_away(int status) { return status >= 502 && status <= 504; }

}  // namespace

// One public call that is under way.
struct Client::Call {
    explicit Call(Client& owner) : client(owner) { ++client.calls_; }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
        if (--client.calls_ > 0) return;
        for (auto& ended : std::exchange(client.ended_, {})) {
            client.loop_.post([ended = std::move(ended)]() mutable { ended(true); });
        }
    }
    Client& client;
};

Client::Client(loop::Loop& loop, Transport& transport, ClientOptions options)
    : loop_(loop), transport_(transport), options_(std::move(options)), random_(options_.seed | 1U) {}

Client::~Client() { CHECK(calls_ == 0); }

Task<void> Client::stop() {
    stopping_.request();
    for (auto& waiter : std::exchange(waiting_, {})) {
        loop_.post([waiter = std::move(waiter)]() mutable { waiter(false); });
    }
    if (calls_ == 0) co_return;
    co_await completion<bool>([this](auto done) { ended_.push_back(std::move(done)); });
}

Task<KubeResult<void>> Client::take_slot() {
    if (in_flight_ < options_.in_flight_max) {
        ++in_flight_;
        co_return KubeResult<void>{};
    }
    if (waiting_.size() >= options_.waiting_max) co_return fail(Errc::kBusy, "too many requests wait for their turn");
    const bool granted = co_await completion<bool>([this](auto done) { waiting_.push_back(std::move(done)); });
    if (!granted) co_return fail(Errc::kCancelled, "the client stops");
    co_return KubeResult<void>{};
}

// The slot goes to the one that waits longest.
void Client::give_slot() {
    if (waiting_.empty()) {
        --in_flight_;
        return;
    }
    loop_.post([waiter = std::move(waiting_.front())]() mutable { waiter(true); });
    waiting_.pop_front();
}

Task<Result<Response>> Client::send_once(Request request) {
    auto id = RequestId::kNone;
    auto registration = stopping_.on_request([&] { transport_.cancel(id); });
    co_return co_await completion<Result<Response>>(
        [&](auto done) { id = transport_.send(std::move(request), std::move(done)); });
}

void Client::report(const Request& request, const Result<int>& status, MonoTime started) const {
    if (!options_.on_request) return;
    const auto code = status ? std::to_string(*status) : std::string("<error>");
    options_.on_request({.method = method_name(request.method), .code = code, .duration = loop_.mono_now() - started});
}

// Between half of `delay` and all of it (xorshift64).
Millis Client::jittered(Millis delay) {
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 7U;
    random_ ^= random_ << 17U;
    const auto half = static_cast<std::uint64_t>(delay.count() / 2);
    return Millis{static_cast<std::int64_t>(half + random_ % (half + 1))};
}

std::optional<Millis> Client::wait_before_retry(const KubeError& error, Repeat repeat, int attempt) {
    if (attempt >= options_.attempts_max) return std::nullopt;
    const auto doubled = options_.backoff_min * (std::int64_t{1} << std::min(attempt - 1, 20));
    const auto backoff = jittered(std::min(doubled, options_.backoff_max));
    const bool may_repeat = repeat == Repeat::kAfterLostConnection;
    if (error.reason == Reason::kNone) {
        const bool lost = error.code == Errc::kClosed || error.code == Errc::kTimedOut || error.code == Errc::kIo;
        if (!lost || !may_repeat) return std::nullopt;
        // Most often the server closed a connection that was kept for reuse.
        return attempt == 1 && error.code == Errc::kClosed ? Millis{0} : backoff;
    }
    const bool refused = error.reason == Reason::kTooManyRequests || (error.http_status >= 500 && error.retry_after);
    if (!refused && !(may_repeat && is_server_away(error.http_status))) return std::nullopt;
    return std::max(backoff, error.retry_after.value_or(Millis{0}));
}

Task<KubeResult<Response>> Client::perform(Attempt attempt) {
    const Call call(*this);
    if (stopping_.requested()) co_return fail(Errc::kCancelled, attempt.what + ": the client stops");
    co_return co_await perform_within(std::move(attempt), loop_.mono_now() + options_.deadline);
}

Task<KubeResult<Response>> Client::perform_within(Attempt attempt, MonoTime deadline) {
    for (int number = 1;; ++number) {
        MOLDAU_CO_TRY(co_await take_slot());
        const auto started = loop_.mono_now();
        attempt.request.timeout = std::min(options_.timeout, std::chrono::ceil<Millis>(deadline - started));
        auto answer = attempt.request.timeout > Millis{0} ? co_await send_once(attempt.request)
                                                          : Result<Response>(fail(Errc::kTimedOut));
        give_slot();
        report(attempt.request, answer ? Result<int>(answer->status) : fail(answer.error()), started);
        if (answer && is_success(answer->status)) co_return *std::move(answer);

        auto error = error_of(answer, attempt.what);
        const auto wait = wait_before_retry(error, attempt.repeat, number);
        if (!wait || loop_.mono_now() + *wait >= deadline) co_return fail(std::move(error));
        if (!co_await loop_.sleep_for(*wait, stopping_)) co_return fail(Errc::kCancelled, attempt.what);
    }
}

Task<KubeResult<Object>> Client::perform_object(Attempt attempt) {
    const auto what = attempt.what;
    MOLDAU_CO_TRY_ASSIGN(response, co_await perform(std::move(attempt)));
    auto object = Object::parse(response.body);
    if (!object) co_return fail(object.error().code, what + ": the server answered nonsense: " + object.error().context);
    co_return *std::move(object);
}

namespace {

// The start of a body, for a Status.
Task<std::string> read_some(loop::Loop& loop, std::unique_ptr<BodyStream> body, Millis limit) {
    std::string text;
    const auto timer = loop.call_after(limit, [&] { body->cancel(); });
    while (text.size() < kStatusBytesMax) {
        auto chunk = co_await completion<Result<std::string>>([&](auto done) { body->read(std::move(done)); });
        if (!chunk || chunk->empty()) break;
        text += *chunk;
    }
    loop.cancel_timer(timer);
    // The rest is not wanted.
    body->cancel();
    co_return text;
}

std::string header_of(const StreamedResponse& response, const std::string& name) {
    const auto found = response.headers.find(name);
    return found == response.headers.end() ? std::string{} : found->second;
}

}  // namespace

Task<KubeResult<std::unique_ptr<BodyStream>>> Client::open(Request request, std::string what, loop::Cancel& cancel) {
    const Call call(*this);
    if (stopping_.requested() || cancel.requested()) co_return fail(Errc::kCancelled, what);
    const auto started = loop_.mono_now();
    request.timeout = options_.timeout;
    auto id = RequestId::kNone;
    auto by_caller = cancel.on_request([&] { transport_.cancel(id); });
    auto by_client = stopping_.on_request([&] { transport_.cancel(id); });
    auto response =
        co_await completion<Result<StreamedResponse>>([&](auto done) { id = transport_.open(request, std::move(done)); });
    report(request, response ? Result<int>(response->status) : fail(response.error()), started);
    if (!response) co_return fail(response.error().code, what + ": " + response.error().context);
    if (response->status == 200) co_return std::move(response->body);
    const auto text = co_await read_some(loop_, std::move(response->body), options_.timeout);
    co_return fail(parse_status(response->status, text, header_of(*response, "retry-after"), what));
}

}  // namespace moldau::kube
