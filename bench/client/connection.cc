// Non-blocking reads and writes of whole frames.

#include "connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "bytes/endian.h"
#include "frames.h"

namespace moldau::bench {

namespace {

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::size_t kLengthBytes = sizeof(std::int32_t);

[[noreturn]] void give_up(const char* what) {
    std::perror(what);
    std::exit(1);
}

}  // namespace

int connect_to(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) give_up("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("connect");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

Connection::Connection(int port, const std::vector<std::uint8_t>& frame)
    : frame_(frame), fd_(connect_to(port)), input_(kReadBytes) {}

Connection::~Connection() { close(fd_); }

void Connection::send(Clock::time_point time) {
    due_.push_back(time);
    ++unsent_;
    if (unsent_ == 1) flush();
}

void Connection::flush() {
    while (unsent_ > 0) {
        const auto count = ::send(fd_, frame_.data() + written_, frame_.size() - written_, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count < 0) give_up("send");
        written_ += static_cast<std::size_t>(count);
        if (written_ < frame_.size()) continue;
        written_ = 0;
        --unsent_;
    }
}

void Connection::receive(std::vector<Answer>& answers) {
    const auto count = recv(fd_, input_.data() + filled_, input_.size() - filled_, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) give_up("the broker closed a connection");
    filled_ += static_cast<std::size_t>(count > 0 ? count : 0);
    std::size_t at = 0;
    while (filled_ - at >= kLengthBytes) {
        const auto length = static_cast<std::size_t>(bytes::load_be<std::uint32_t>(input_.data() + at));
        if (length > input_.size() - kLengthBytes) give_up("an answer too large");
        if (filled_ - at - kLengthBytes < length) break;
        if (due_.empty()) give_up("an answer to no request");
        answers.push_back({due_.front(), answered_error({input_.data() + at + kLengthBytes, length}) == std::int16_t{0}});
        due_.pop_front();
        at += kLengthBytes + length;
    }
    std::copy(input_.begin() + static_cast<std::ptrdiff_t>(at), input_.begin() + static_cast<std::ptrdiff_t>(filled_),
              input_.begin());
    filled_ -= at;
}

}  // namespace moldau::bench
