// The HTTP listener on cpprestsdk. Compiled as C++20: its headers fail in C++23, so nothing of ours that needs C++23 is
// included.

#include "operator/serve/cpprest_listener.h"

#include <cpprest/http_listener.h>
#include <pplx/threadpool.h>

#include <atomic>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace moldau::serve {
namespace {

namespace listener = web::http::experimental::listener;

constexpr std::size_t kThreads = 2;

void send(const web::http::http_request& request, const RawAnswer& answer) {
    web::http::http_response response(static_cast<web::http::status_code>(answer.status));
    response.set_body(answer.body, answer.content_type);
    try {
        request.reply(response).then([](const pplx::task<void>& sent) {
            try {
                sent.get();
            } catch (const std::exception&) {
                // The asker went away.
            }
        });
    } catch (const std::exception&) {
        // So did it before we answered.
    }
}

// A request that is answered for certain: by whoever holds it, or, when they let go of it, with 503. The library would wait
// for it forever otherwise.
class Pending {
public:
    explicit Pending(web::http::http_request request) : request_(std::move(request)) {}
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    ~Pending() { answer({503, "text/plain", "stopping\n"}); }
    void answer(const RawAnswer& answer) {
        if (!answered_.exchange(true)) send(request_, answer);
    }

private:
    web::http::http_request request_;
    std::atomic<bool> answered_ = false;
};

class CpprestListener : public RawListener {
public:
    CpprestListener(const std::string& uri, RawHandler handler) : listener_(web::uri(uri)), handler_(std::move(handler)) {
        listener_.support([this](const web::http::http_request& request) { answer(request); });
        listener_.open().wait();
    }
    ~CpprestListener() override {
        try {
            listener_.close().wait();
        } catch (const std::exception&) {
            // Closing what the peer closed before is no fault.
        }
    }

private:
    void answer(const web::http::http_request& request) {
        const bool is_read = request.method() == web::http::methods::GET || request.method() == web::http::methods::HEAD;
        if (!is_read) return send(request, {405, "text/plain", "GET only\n"});
        auto pending = std::make_shared<Pending>(request);
        handler_(request.relative_uri().path(), [pending](const RawAnswer& raw) { pending->answer(raw); });
    }

    listener::http_listener listener_;
    RawHandler handler_;
};

// The library has one pool of threads for all its uses; whoever comes first sets its size.
void size_thread_pool() {
    try {
        crossplat::threadpool::initialize_with_threads(kThreads);
    } catch (const std::exception&) {
        // Its size is set already.
    }
}

}  // namespace

std::unique_ptr<RawListener> open_cpprest_listener(const std::string& uri, RawHandler handler, std::string& error) {
    try {
        size_thread_pool();
        return std::make_unique<CpprestListener>(uri, std::move(handler));
    } catch (const std::exception& exception) {
        error = exception.what();
        return nullptr;
    }
}

}  // namespace moldau::serve
