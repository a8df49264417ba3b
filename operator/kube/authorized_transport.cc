// Tokens, second tries, and changing transports under way.

#include "operator/kube/authorized_transport.h"

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/logger.h"

namespace moldau::kube {
namespace {

constexpr std::string_view kModule = "kube";
constexpr int kUnauthorized = 401;

std::string bearer(const std::string& token) { return token.empty() ? std::string{} : "Bearer " + token; }

}  // namespace

// One transport and those who use it; when it is retired, the last one to let go of it stops it.
struct AuthorizedTransport::Inner {
    Endpoint endpoint;
    std::unique_ptr<Transport> transport;
    std::size_t users = 0;
    bool retired = false;
    std::move_only_function<void()> on_unused;

    void enter() { ++users; }
    void leave() {
        if (--users == 0 && retired && on_unused) std::exchange(on_unused, nullptr)();
    }
};

class AuthorizedTransport::CountedStream final : public BodyStream {
public:
    CountedStream(std::shared_ptr<Inner> inner, std::unique_ptr<BodyStream> body)
        : inner_(std::move(inner)), body_(std::move(body)) {
        inner_->enter();
    }
    ~CountedStream() override {
        body_.reset();
        inner_->leave();
    }
    void read(Done done) override { body_->read(std::move(done)); }
    void cancel() override { body_->cancel(); }

private:
    std::shared_ptr<Inner> inner_;
    std::unique_ptr<BodyStream> body_;
};

AuthorizedTransport::AuthorizedTransport(loop::Loop& loop, ConnectionSource& source, TransportFactory factory)
    : loop_(loop), source_(source), factory_(std::move(factory)) {}

AuthorizedTransport::~AuthorizedTransport() { CHECK(pending_.empty()); }

RequestId AuthorizedTransport::send(Request request, Done done) {
    const auto id = RequestId{++last_id_};
    pending_[id];
    loop_.post([this, id, request = std::move(request), done = std::move(done)]() mutable {
        if (!stopping_) {
            tasks_.start(run_send(id, std::move(request), std::move(done)));
            return;
        }
        pending_.erase(id);
        done(fail(Errc::kCancelled, "the transport stops"));
    });
    return id;
}

RequestId AuthorizedTransport::open(Request request, StreamDone done) {
    const auto id = RequestId{++last_id_};
    pending_[id];
    loop_.post([this, id, request = std::move(request), done = std::move(done)]() mutable {
        if (!stopping_) {
            tasks_.start(run_open(id, std::move(request), std::move(done)));
            return;
        }
        pending_.erase(id);
        done(fail(Errc::kCancelled, "the transport stops"));
    });
    return id;
}

bool AuthorizedTransport::is_cancelled(RequestId id) const { return pending_.at(id).cancelled; }

void AuthorizedTransport::cancel(RequestId request) {
    const auto found = pending_.find(request);
    if (found == pending_.end()) return;
    found->second.cancelled = true;
    if (found->second.inner) found->second.inner->transport->cancel(found->second.id);
}

Result<std::shared_ptr<AuthorizedTransport::Inner>> AuthorizedTransport::inner_for(const Endpoint& endpoint) {
    if (inner_ && inner_->endpoint == endpoint) return inner_;
    MOLDAU_TRY_ASSIGN(transport, factory_(endpoint));
    auto made = std::make_shared<Inner>();
    made->endpoint = endpoint;
    made->transport = std::move(transport);
    if (inner_) {
        LOG_INFO(kModule, "certificates changed, new connections use the new ones server={}", endpoint.server);
        retire(std::exchange(inner_, nullptr));
    }
    inner_ = made;
    return made;
}

void AuthorizedTransport::retire(std::shared_ptr<Inner> inner) {
    auto stop_it = [](std::shared_ptr<Inner> unused) -> Task<void> { co_await unused->transport->stop(); };
    std::erase_if(retired_, [](const auto& gone) { return gone.expired(); });
    retired_.push_back(inner);
    auto* raw = inner.get();
    raw->retired = true;
    raw->on_unused = [this, stop_it, inner = std::move(inner)] {
        loop_.post([this, stop_it, inner] { tasks_.start(stop_it(inner)); });
    };
    raw->enter();
    raw->leave();
}

Task<Result<AuthorizedTransport::Ready>> AuthorizedTransport::prepare(RequestId id) {
    if (is_cancelled(id)) co_return fail(Errc::kCancelled);
    MOLDAU_CO_TRY_ASSIGN(connection, co_await source_.current());
    if (is_cancelled(id)) co_return fail(Errc::kCancelled);
    MOLDAU_CO_TRY_ASSIGN(inner, inner_for(connection.endpoint));
    co_return Ready{.inner = std::move(inner), .authorization = bearer(connection.token)};
}

Task<std::optional<AuthorizedTransport::Ready>> AuthorizedTransport::prepare_again(RequestId id, std::string refused) {
    const auto refused_by = pending_.at(id).inner;
    source_.expire();
    auto ready = co_await prepare(id);
    if (!ready || (ready->authorization == refused && ready->inner == refused_by)) co_return std::nullopt;
    co_return *std::move(ready);
}

Task<Result<Response>> AuthorizedTransport::send_once(RequestId id, Request request, Ready ready) {
    request.authorization = ready.authorization;
    ready.inner->enter();
    auto response = co_await completion<Result<Response>>([&](auto done) {
        auto& pending = pending_.at(id);
        pending.inner = ready.inner;
        pending.id = ready.inner->transport->send(std::move(request), std::move(done));
    });
    ready.inner->leave();
    co_return response;
}

Task<Result<StreamedResponse>> AuthorizedTransport::open_once(RequestId id, Request request, Ready ready) {
    request.authorization = ready.authorization;
    ready.inner->enter();
    auto response = co_await completion<Result<StreamedResponse>>([&](auto done) {
        auto& pending = pending_.at(id);
        pending.inner = ready.inner;
        pending.id = ready.inner->transport->open(std::move(request), std::move(done));
    });
    if (response) response->body = std::make_unique<CountedStream>(ready.inner, std::move(response->body));
    ready.inner->leave();
    co_return response;
}

Task<void> AuthorizedTransport::run_send(RequestId id, Request request, Done done) {
    auto ready = co_await prepare(id);
    Result<Response> response = fail(Errc::kCancelled);
    if (!ready) {
        response = fail(ready.error());
    } else {
        response = co_await send_once(id, request, *ready);
        if (response && response->status == kUnauthorized) {
            auto again = co_await prepare_again(id, ready->authorization);
            if (again) response = co_await send_once(id, std::move(request), *std::move(again));
        }
    }
    pending_.erase(id);
    done(std::move(response));
}

Task<void> AuthorizedTransport::run_open(RequestId id, Request request, StreamDone done) {
    auto ready = co_await prepare(id);
    Result<StreamedResponse> response = fail(Errc::kCancelled);
    if (!ready) {
        response = fail(ready.error());
    } else {
        response = co_await open_once(id, request, *ready);
        if (response && response->status == kUnauthorized) {
            auto again = co_await prepare_again(id, ready->authorization);
            if (again) response = co_await open_once(id, std::move(request), *std::move(again));
        }
    }
    pending_.erase(id);
    done(std::move(response));
}

Task<void> AuthorizedTransport::stop() {
    stopping_ = true;
    for (auto& [id, pending] : pending_) cancel(id);
    // Requests that are posted but not begun see that they are cancelled.
    co_await loop_.yield();
    if (inner_) retired_.push_back(inner_);
    for (const auto& weak : std::exchange(retired_, {})) {
        if (const auto inner = weak.lock()) co_await inner->transport->stop();
    }
    co_await tasks_.stop();
}

}  // namespace moldau::kube
