// Sockets that wait by poll(2), so that every wait ends.

#include "cli/frame/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace moldau::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint16_t kDefaultPort = 9092;
constexpr std::size_t kFrameBytesMax = std::size_t{256} << 20;

Error system_error(const std::string& what) { return {Errc::kNetworkException, what + ": " + std::strerror(errno)}; }

// Waits until the socket is ready for `events`.
Result<void> await(int socket, short events, Clock::time_point deadline) {
    while (true) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd one{.fd = socket, .events = events, .revents = 0};
        const int ready = left.count() > 0 ? ::poll(&one, 1, static_cast<int>(left.count())) : 0;
        if (ready > 0) return {};
        if (ready == 0) return fail(Errc::kTimedOut, "no answer in time, try a longer --timeout");
        if (errno != EINTR) return fail(system_error("cannot wait"));
    }
}

struct Addresses {
    addrinfo* first = nullptr;
    Addresses() = default;
    Addresses(const Addresses&) = delete;
    Addresses& operator=(const Addresses&) = delete;
    ~Addresses() {
        if (first != nullptr) ::freeaddrinfo(first);
    }
};

Result<int> connect_to(const addrinfo& address, Clock::time_point deadline) {
    const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol);
    if (socket < 0) return fail(system_error("cannot open a socket"));
    auto done = [&]() -> Result<void> {
        if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return {};
        if (errno != EINPROGRESS) return fail(system_error("cannot connect"));
        MOLDAU_TRY(await(socket, POLLOUT, deadline));
        socklen_t length = sizeof(errno);
        if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &errno, &length) != 0 || errno != 0) {
            return fail(system_error("cannot connect"));
        }
        return {};
    }();
    if (done) return socket;
    ::close(socket);
    return fail(std::move(done).error());
}

Result<Endpoint> parse_endpoint(std::string_view text) {
    const auto wrong = [&] { return fail(Errc::kUsage, "'" + std::string(text) + "' is no broker: give HOST:PORT"); };
    auto host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos || (end + 1 < text.size() && text[end + 1] != ':')) return wrong();
        host = text.substr(1, end - 1);
        port = end + 1 < text.size() ? text.substr(end + 2) : std::string_view{"9092"};
    } else if (const auto colon = text.rfind(':'); colon != text.npos) {
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }
    Endpoint made{std::string(host), kDefaultPort};
    if (host.empty()) return wrong();
    if (host.size() == text.size()) return made;
    const auto parsed = std::from_chars(port.data(), port.data() + port.size(), made.port);
    if (parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size() || made.port == 0) return wrong();
    return made;
}

}  // namespace

std::string Endpoint::text() const {
    const bool is_v6 = host.find(':') != host.npos;
    return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<std::vector<Endpoint>> parse_endpoints(std::string_view text) {
    std::vector<Endpoint> all;
    while (true) {
        const auto comma = text.find(',');
        MOLDAU_TRY_ASSIGN(one, parse_endpoint(text.substr(0, comma)));
        all.push_back(std::move(one));
        if (comma == text.npos) return all;
        text.remove_prefix(comma + 1);
    }
}

Result<Connection> Connection::open(const Endpoint& endpoint, std::chrono::milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    Addresses addresses;
    const int code = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &wanted, &addresses.first);
    if (code != 0) return fail(Errc::kNetworkException, "cannot find " + endpoint.host + ": " + ::gai_strerror(code));
    Error last{Errc::kNetworkException, "it has no address"};
    for (const auto* address = addresses.first; address != nullptr; address = address->ai_next) {
        auto socket = connect_to(*address, deadline);
        if (socket) return Connection{*socket, timeout};
        last = socket.error();
    }
    return fail(last.code, endpoint.text() + ": " + last.context);
}

Connection::Connection(Connection&& other) noexcept : socket_(std::exchange(other.socket_, -1)), timeout_(other.timeout_) {}

Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(socket_, other.socket_);
    timeout_ = other.timeout_;
    return *this;
}

Connection::~Connection() {
    if (socket_ >= 0) ::close(socket_);
}

Result<void> Connection::send(const bytes::ChunkList& chunks) {
    const auto deadline = Clock::now() + timeout_;
    for (const auto& chunk : chunks.chunks()) {
        auto left = chunk.span();
        while (!left.empty()) {
            const auto sent = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
            if (sent > 0) left = left.subspan(static_cast<std::size_t>(sent));
            if (sent >= 0 || errno == EINTR) continue;
            if (errno != EAGAIN) return fail(system_error("cannot send"));
            MOLDAU_TRY(await(socket_, POLLOUT, deadline));
        }
    }
    return {};
}

Result<void> Connection::receive(bytes::MutableSpan to) {
    const auto deadline = Clock::now() + timeout_;
    while (!to.empty()) {
        const auto count = ::recv(socket_, to.data(), to.size(), 0);
        if (count == 0) return fail(Errc::kNetworkException, "the broker closed the connection");
        if (count > 0) to = to.subspan(static_cast<std::size_t>(count));
        if (count > 0 || errno == EINTR) continue;
        if (errno != EAGAIN) return fail(system_error("cannot receive"));
        MOLDAU_TRY(await(socket_, POLLIN, deadline));
    }
    return {};
}

Result<bytes::View> Connection::receive_frame() {
    std::array<std::uint8_t, 4> head{};
    MOLDAU_TRY(receive(head));
    std::size_t length = 0;
    for (const auto byte : head) length = length << 8 | byte;
    if (length > kFrameBytesMax) return fail(Errc::kMalformed, "the answer is not the protocol's: is that a Kafka port?");
    bytes::Buffer buffer{length};
    MOLDAU_TRY(receive(buffer.spare().first(length)));
    buffer.commit(length);
    return buffer.view();
}

Result<std::string> Connection::receive_all(std::size_t most) {
    const auto deadline = Clock::now() + timeout_;
    std::string text;
    std::array<char, 4096> piece{};
    while (text.size() < most) {
        const auto count = ::recv(socket_, piece.data(), piece.size(), 0);
        if (count == 0) break;
        if (count > 0) text.append(piece.data(), static_cast<std::size_t>(count));
        if (count > 0 || errno == EINTR) continue;
        if (errno != EAGAIN) return fail(system_error("cannot receive"));
        MOLDAU_TRY(await(socket_, POLLIN, deadline));
    }
    return text;
}

}  // namespace moldau::cli
