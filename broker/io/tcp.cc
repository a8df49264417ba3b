// Listening, accepting to any core, connecting.

#include "io/tcp.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/connect.hpp>
#include <asio/ip/v6_only.hpp>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"

namespace moldau::io {

namespace {

using TcpListener = asio::basic_socket_acceptor<asio::ip::tcp, TcpExecutor>;
using TcpResolver = asio::ip::basic_resolver<asio::ip::tcp, TcpExecutor>;

// A caller that accepts again at once does not spin while the process is out of descriptors.
constexpr auto kBusyDelay = std::chrono::milliseconds(20);

bool is_out_of_resources(int error_number) {
    return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS || error_number == ENOMEM;
}

// Errors of a connection that died while it waited to be accepted (accept(2)); the next one may be fine.
bool is_of_the_connection(int error_number) {
    switch (error_number) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case EOPNOTSUPP:
        case ENETUNREACH:
        case EPERM:
            return true;
        default:
            return false;
    }
}

// Lives on while an accept is under way. Thread: its loop's.
class TcpAccepting : public std::enable_shared_from_this<TcpAccepting> {
public:
    TcpAccepting(Loop& loop, TcpListener listener, Address local)
        : loop_(loop), listener_(std::move(listener)), local_(std::move(local)) {}

    void accept(Loop& home, Done<std::unique_ptr<Socket>> done) {
        CHECK(!done_);
        home_ = &home;
        done_ = std::move(done);
        attempt();
    }
    void close() {
        if (std::exchange(closed_, true)) return;
        std::error_code ignored;
        listener_.close(ignored);
    }
    const Address& local() const { return local_; }

private:
    void attempt() {
        for (;;) {
            if (closed_) return finish(fail(Errc::kClosed, "accept on " + local_.to_string() + ": closed"));
            sockaddr_storage address{};
            socklen_t length = sizeof address;
            const int descriptor = ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&address), &length,
                                             SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (descriptor >= 0) return adopt(descriptor, address.ss_family);
            if (errno == EAGAIN || errno == EWOULDBLOCK) return wait();
            if (is_out_of_resources(errno)) return finish_busy(errno);
            if (!is_of_the_connection(errno)) return finish(failed(Errc::kIo, errno));
        }
    }

    void wait() {
        listener_.async_wait(asio::socket_base::wait_read,
                             [self = shared_from_this()](std::error_code) { self->attempt(); });
    }

    void adopt(int descriptor, sa_family_t family) {
        TcpHandle handle{home_->context()};
        std::error_code error;
        handle.assign(family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, error);
        if (error) {
            ::close(descriptor);
            return finish_busy(error.value());
        }
        finish(make_tcp_socket(*home_, std::move(handle)));
    }

    std::unexpected<Error> failed(Errc code, int error_number) const {
        return fail(code, "accept on " + local_.to_string() + ": " + std::generic_category().message(error_number));
    }

    void finish_busy(int error_number) {
        loop_.schedule(loop_.now().mono + kBusyDelay, [self = shared_from_this(), error_number] {
            auto done = std::exchange(self->done_, nullptr);
            done(self->failed(self->closed_ ? Errc::kClosed : Errc::kBusy, error_number));
        });
    }

    void finish(Result<std::unique_ptr<Socket>> result) {
        loop_.post([self = shared_from_this(), result = std::move(result)]() mutable {
            auto done = std::exchange(self->done_, nullptr);
            done(std::move(result));
        });
    }

    Loop& loop_;
    TcpListener listener_;
    const Address local_;
    bool closed_ = false;
    Loop* home_ = nullptr;
    Done<std::unique_ptr<Socket>> done_;
};

class TcpAcceptor final : public Acceptor {
public:
    explicit TcpAcceptor(std::shared_ptr<TcpAccepting> accepting) : accepting_(std::move(accepting)) {}
    ~TcpAcceptor() override { accepting_->close(); }

    void accept(Network& home, Done<std::unique_ptr<Socket>> done) override {
        auto* tcp = dynamic_cast<TcpNetwork*>(&home);
        CHECK(tcp != nullptr);
        accepting_->accept(tcp->loop(), std::move(done));
    }
    void close() override { accepting_->close(); }
    Address local() const override { return accepting_->local(); }

private:
    const std::shared_ptr<TcpAccepting> accepting_;
};

std::unexpected<Error> failed(const char* operation, const Address& address, const std::string& reason) {
    return fail(Errc::kIo, std::string{operation} + ' ' + address.to_string() + ": " + reason);
}

// A name's addresses, IPv4 first, as JVM-based brokers bind them.
Result<TcpEndpoint> resolve_for_listening(const Address& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(address.host.c_str(), nullptr, &hints, &found);
    if (code != 0) return failed("listen on", address, ::gai_strerror(code));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
    const addrinfo* chosen = found;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        if (entry->ai_family == AF_INET && chosen->ai_family != AF_INET) chosen = entry;
    }
    TcpEndpoint endpoint;
    endpoint.resize(chosen->ai_addrlen);
    std::copy_n(reinterpret_cast<const std::uint8_t*>(chosen->ai_addr), chosen->ai_addrlen,
                reinterpret_cast<std::uint8_t*>(endpoint.data()));
    endpoint.port(address.port);
    return endpoint;
}

// Accepted connections inherit the buffers.
std::error_code bind_and_listen(TcpListener& listener, const TcpEndpoint& endpoint, const ListenOptions& options) {
    std::error_code error;
    listener.open(endpoint.protocol(), error);
    if (!error) listener.set_option(asio::socket_base::reuse_address{true}, error);
    if (!error && endpoint.address().is_v6()) {
        listener.set_option(asio::ip::v6_only{!endpoint.address().is_unspecified()}, error);
    }
    if (!error && options.send_buffer_bytes) {
        listener.set_option(asio::socket_base::send_buffer_size{*options.send_buffer_bytes}, error);
    }
    if (!error && options.receive_buffer_bytes) {
        listener.set_option(asio::socket_base::receive_buffer_size{*options.receive_buffer_bytes}, error);
    }
    if (!error) listener.bind(endpoint, error);
    if (!error) listener.non_blocking(true, error);
    if (!error) listener.listen(options.backlog, error);
    return error;
}

}  // namespace

Address to_address(const TcpEndpoint& endpoint) {
    const auto& ip = endpoint.address();
    // A client of a dual-stack listener shows its IPv4 address.
    const bool mapped = ip.is_v6() && ip.to_v6().is_v4_mapped();
    const std::string host =
        mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6()).to_string() : ip.to_string();
    return {host, endpoint.port()};
}

Result<std::unique_ptr<Acceptor>> TcpNetwork::listen(const Address& address, const ListenOptions& options) {
    TcpEndpoint endpoint{asio::ip::tcp::v6(), address.port};
    if (!address.host.empty()) {
        MOLDAU_TRY_ASSIGN(resolved, resolve_for_listening(address));
        endpoint = resolved;
    }
    TcpListener listener{loop_.context()};
    std::error_code error = bind_and_listen(listener, endpoint, options);
    if (error == std::errc::address_family_not_supported && address.host.empty()) {
        error = bind_and_listen(listener, {asio::ip::tcp::v4(), address.port}, options);
    }
    if (error) return failed("listen on", address, error.message());
    Address local = to_address(listener.local_endpoint(error));
    return std::make_unique<TcpAcceptor>(std::make_shared<TcpAccepting>(loop_, std::move(listener), std::move(local)));
}

void TcpNetwork::connect(const Address& address, Done<std::unique_ptr<Socket>> done) {
    struct Connecting {
        TcpResolver resolver;
        TcpHandle handle;
        Address address;
        Done<std::unique_ptr<Socket>> done;
    };
    // Asio resolves on a thread of its own.
    auto connecting = std::make_shared<Connecting>(
        Connecting{TcpResolver{loop_.context()}, TcpHandle{loop_.context()}, address, std::move(done)});
    connecting->resolver.async_resolve(
        address.host, std::to_string(address.port),
        [connecting, &loop = loop_](std::error_code error, const TcpResolver::results_type& found) {
            if (error) return connecting->done(failed("connect to", connecting->address, error.message()));
            asio::async_connect(connecting->handle, found, [connecting, &loop](std::error_code failure, const TcpEndpoint&) {
                if (failure) {
                    const auto reason = failure.message();
                    return connecting->done(failed("connect to", connecting->address, reason));
                }
                connecting->done(make_tcp_socket(loop, std::move(connecting->handle)));
            });
        });
}

}  // namespace moldau::io
