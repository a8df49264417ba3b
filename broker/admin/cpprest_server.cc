// The HTTP listener on cpprestsdk. Compiled as C++20: its headers fail in C++23, so nothing of ours that needs C++23 is
// included.

#include <cpprest/http_listener.h>
#include <pplx/threadpool.h>

#include <exception>
#include <string>

#include "admin/cpprest_server.h"

namespace moldau::admin {
namespace {

namespace listener = web::http::experimental::listener;

constexpr std::size_t kThreads = 2;

class CpprestServer : public RawHttpServer {
public:
    CpprestServer(const std::string& uri, RawHandler handler) : listener_(web::uri(uri)), handler_(std::move(handler)) {
        listener_.support([this](const web::http::http_request& request) { answer(request); });
        listener_.open().wait();
    }
    ~CpprestServer() override {
        try {
            listener_.close().wait();
        } catch (const std::exception&) {
            // Closing what the peer closed before is no fault.
        }
    }

private:
    void answer(const web::http::http_request& request) {
        const bool is_read = request.method() == web::http::methods::GET || request.method() == web::http::methods::HEAD;
        const auto raw = is_read ? handler_(request.relative_uri().path()) : RawAnswer{405, "text/plain", "GET only\n"};
        web::http::http_response response(static_cast<web::http::status_code>(raw.status));
        response.set_body(raw.body, raw.content_type);
        request.reply(response).then([](const pplx::task<void>& sent) {
            try {
                sent.get();
            } catch (const std::exception&) {
                // The asker went away.
            }
        });
    }

    listener::http_listener listener_;
    RawHandler handler_;
};

}  // namespace

std::unique_ptr<RawHttpServer> open_cpprest_server(const std::string& uri, RawHandler handler, std::string& error) {
    try {
        static const bool initialized = [] {
            crossplat::threadpool::initialize_with_threads(kThreads);
            return true;
        }();
        static_cast<void>(initialized);
        return std::make_unique<CpprestServer>(uri, std::move(handler));
    } catch (const std::exception& exception) {
        error = exception.what();
        return nullptr;
    }
}

}  // namespace moldau::admin
