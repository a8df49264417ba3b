// The HTTP client on cpprestsdk. Compiled as C++20: its headers fail in C++23, so nothing of ours that needs C++23 is
// included.

#include "operator/kube/cpprest_client.h"

#include <cpprest/http_client.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pplx/threadpool.h>
#include <sys/socket.h>

#include <atomic>
#include <exception>
#include <string>

namespace moldau::kube {
namespace {

namespace http = web::http;
namespace ssl = boost::asio::ssl;

constexpr std::size_t kThreads = 2;
// Received and not yet consumed; beyond, the server is made to wait.
constexpr std::size_t kWindowBytes = 1U << 20U;

// A dead peer is noticed after some 30 s, whether we send or only listen.
constexpr int kKeepAliveIdleSeconds = 15;
constexpr int kKeepAliveIntervalSeconds = 5;
constexpr int kKeepAliveCount = 3;
constexpr unsigned int kUserTimeoutMs = 30'000;

struct Flow {
    RawHandlers handlers;
    std::atomic<std::size_t> buffered = 0;
};

// Where the library writes the body to.
class BodySink : public concurrency::streams::details::streambuf_state_manager<std::uint8_t> {
public:
    explicit BodySink(std::shared_ptr<Flow> flow)
        : streambuf_state_manager<std::uint8_t>(std::ios_base::out), flow_(std::move(flow)) {}

    bool can_seek() const override { return false; }
    bool has_size() const override { return false; }
    utility::size64_t size() const override { return 0; }
    std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
    void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
    std::size_t in_avail() const override { return 0; }
    pos_type getpos(std::ios_base::openmode) const override { return no_position(); }
    pos_type seekpos(pos_type, std::ios_base::openmode) override { return no_position(); }
    pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override { return no_position(); }
    bool acquire(std::uint8_t*&, std::size_t&) override { return false; }
    void release(std::uint8_t*, std::size_t) override {}

protected:
    pplx::task<int_type> _putc(std::uint8_t byte) override {
        return _putn(&byte, 1).then([byte](std::size_t) { return static_cast<int_type>(byte); });
    }
    pplx::task<std::size_t> _putn(const std::uint8_t* bytes, std::size_t count) override {
        std::string copy(reinterpret_cast<const char*>(bytes), count);
        if (flow_->buffered.fetch_add(count) + count <= kWindowBytes) {
            flow_->handlers.on_bytes(std::move(copy), {});
            return pplx::task_from_result(count);
        }
        pplx::task_completion_event<std::size_t> gone_on;
        flow_->handlers.on_bytes(std::move(copy), [gone_on, count] { gone_on.set(count); });
        return pplx::task<std::size_t>(gone_on);
    }
    pplx::task<int_type> _bumpc() override { return no_byte(); }
    int_type _sbumpc() override { return traits::eof(); }
    pplx::task<int_type> _getc() override { return no_byte(); }
    int_type _sgetc() override { return traits::eof(); }
    pplx::task<int_type> _nextc() override { return no_byte(); }
    pplx::task<int_type> _ungetc() override { return no_byte(); }
    pplx::task<std::size_t> _getn(std::uint8_t*, std::size_t) override { return pplx::task_from_result<std::size_t>(0); }
    std::size_t _scopy(std::uint8_t*, std::size_t) override { return 0; }
    pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
    std::uint8_t* _alloc(std::size_t) override { return nullptr; }
    void _commit(std::size_t) override {}

private:
    static pos_type no_position() { return static_cast<pos_type>(traits::eof()); }
    static pplx::task<int_type> no_byte() { return pplx::task_from_result<int_type>(traits::eof()); }

    std::shared_ptr<Flow> flow_;
};

class Call : public RawCall {
public:
    explicit Call(std::shared_ptr<Flow> flow) : flow_(std::move(flow)) {}
    void cancel() override { source_.cancel(); }
    void consumed(std::size_t bytes) override { flow_->buffered.fetch_sub(bytes); }
    pplx::cancellation_token token() const { return source_.get_token(); }

private:
    std::shared_ptr<Flow> flow_;
    pplx::cancellation_token_source source_;
};

RawHead head_of(const http::http_response& response) {
    RawHead head{response.status_code(), {}};
    for (const auto& [name, value] : response.headers()) head.headers.emplace_back(name, value);
    return head;
}

// The library has no codes for what happens before a connection stands, only sentences.
RawEnd end_of(const std::exception& fault, const pplx::cancellation_token& token) {
    const std::string text = fault.what();
    if (token.is_canceled()) return {RawFault::kCancelled, text};
    const bool before = text.find("SSL handshake") != std::string::npos || text.find("resolving") != std::string::npos;
    return {before ? RawFault::kIo : RawFault::kClosed, text};
}

http::http_request request_of(const RawRequest& raw, const std::shared_ptr<Flow>& flow) {
    http::http_request request(raw.method);
    request.set_request_uri(web::uri(raw.target));
    if (!raw.accept.empty()) request.headers().add(http::header_names::accept, raw.accept);
    if (!raw.authorization.empty()) request.headers().add(http::header_names::authorization, raw.authorization);
    request.headers().add(http::header_names::user_agent, "moldau-operator");
    if (!raw.content_type.empty()) request.set_body(raw.body, raw.content_type);
    const auto sink = std::make_shared<BodySink>(flow);
    request.set_response_stream(concurrency::streams::streambuf<std::uint8_t>(sink).create_ostream());
    return request;
}

void use_certificates(ssl::context& context, const RawClientOptions& options) {
    if (!options.ca_pem.empty()) {
        // Ours alone: the library has put the system's authorities in.
        SSL_CTX_set_cert_store(context.native_handle(), X509_STORE_new());
        context.add_certificate_authority(boost::asio::buffer(options.ca_pem));
    }
    if (options.certificate_pem.empty()) return;
    context.use_certificate_chain(boost::asio::buffer(options.certificate_pem));
    context.use_private_key(boost::asio::buffer(options.key_pem), ssl::context::pem);
}

void keep_alive(int socket) {
    const auto set = [&](int level, int name, auto value) { ::setsockopt(socket, level, name, &value, sizeof value); };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
    set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
    set(IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveCount);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
    set(IPPROTO_TCP, TCP_NODELAY, 1);
}

http::client::http_client_config config_of(const RawClientOptions& options) {
    http::client::http_client_config config;
    config.set_timeout(std::chrono::seconds(options.idle_seconds_max));
    config.set_max_redirects(0);
    config.set_validate_certificates(options.verify_server);
    config.set_ssl_context_callback([options](ssl::context& context) { use_certificates(context, options); });
    const bool secure = options.server.rfind("https", 0) == 0;
    config.set_nativehandle_options([secure](http::client::native_handle handle) {
        using Socket = boost::asio::ip::tcp::socket;
        auto& socket = secure ? static_cast<ssl::stream<Socket&>*>(handle)->next_layer() : *static_cast<Socket*>(handle);
        if (socket.is_open()) keep_alive(socket.native_handle());
    });
    return config;
}

class Client : public RawClient {
public:
    explicit Client(const RawClientOptions& options) : client_(web::uri(options.server), config_of(options)) {}

    std::shared_ptr<RawCall> start(const RawRequest& raw, RawHandlers handlers) override {
        auto flow = std::make_shared<Flow>();
        flow->handlers = std::move(handlers);
        auto call = std::make_shared<Call>(flow);
        const auto token = call->token();
        try {
            client_.request(request_of(raw, flow), token)
                .then([flow](const http::http_response& response) {
                    flow->handlers.on_head(head_of(response));
                    return response.content_ready();
                })
                .then([flow, token](const pplx::task<http::http_response>& whole) {
                    flow->handlers.on_end(end_after(whole, token));
                });
        } catch (const std::exception& fault) {
            flow->handlers.on_end({RawFault::kIo, fault.what()});
        }
        return call;
    }

private:
    static RawEnd end_after(const pplx::task<http::http_response>& whole, const pplx::cancellation_token& token) {
        try {
            whole.get();
            return {};
        } catch (const std::exception& fault) {
            return end_of(fault, token);
        } catch (...) {
            return {RawFault::kCancelled, "cancelled"};
        }
    }

    http::client::http_client client_;
};

// The library has one pool of threads for all its uses; whoever comes first sets its size.
void size_thread_pool() {
    // First, so that it is taken down last: what OpenSSL keeps for a thread is freed when the pool ends its threads.
    OPENSSL_init_ssl(0, nullptr);
    try {
        crossplat::threadpool::initialize_with_threads(kThreads);
    } catch (const std::exception&) {
        // Its size is set already.
    }
}

}  // namespace

std::unique_ptr<RawClient> open_raw_client(const RawClientOptions& options, std::string& error) {
    try {
        size_thread_pool();
        ssl::context trial(ssl::context::tls_client);
        use_certificates(trial, options);
        return std::make_unique<Client>(options);
    } catch (const std::exception& fault) {
        error = fault.what();
        return nullptr;
    }
}

}  // namespace moldau::kube
