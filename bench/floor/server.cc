// One thread, one epoll loop, three system calls a request.

#include "server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <vector>

#include "base/check.h"
#include "bytes/crc32c.h"
#include "bytes/endian.h"
#include "frames.h"
#include "machine.h"

namespace moldau::bench {

namespace {

constexpr std::size_t kInputBytes = 256 << 10;
constexpr int kBacklog = 1024;
constexpr std::size_t kLengthBytes = sizeof(std::int32_t);

class Server {
public:
    Server(const std::string& path, const std::string& topic)
        : file_(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)),
          epoll_(epoll_create1(0)),
          answer_(produce_answer(topic)) {
        CHECK(file_ >= 0 && epoll_ >= 0);
        listener_ = listen_on_loopback(kBacklog, port_);
        watch(listener_);
        watch(STDIN_FILENO);
    }

    int port() const { return port_; }

    void run() {
        std::array<epoll_event, 256> events{};
        for (;;) {
            const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int index = 0; index < count; ++index) {
                const int fd = events[static_cast<std::size_t>(index)].data.fd;
                if (fd == STDIN_FILENO) return;
                if (fd == listener_) {
                    accept_one();
                } else {
                    receive(fd);
                }
            }
        }
    }

private:
    struct Input {
        std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kInputBytes);
        std::size_t filled = 0;
    };

    void watch(int fd) {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
    }

    void accept_one() {
        const int fd = accept(listener_, nullptr, nullptr);
        CHECK(fd >= 0);
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        inputs_.try_emplace(fd);
        watch(fd);
    }

    void receive(int fd) {
        auto& input = inputs_.at(fd);
        const auto count = read(fd, input.bytes.data() + input.filled, input.bytes.size() - input.filled);
        if (count <= 0) {
            inputs_.erase(fd);
            close(fd);
            return;
        }
        input.filled += static_cast<std::size_t>(count);
        std::size_t at = 0;
        while (input.filled - at >= kLengthBytes) {
            const auto length = kLengthBytes + bytes::load_be<std::uint32_t>(input.bytes.data() + at);
            CHECK(length <= input.bytes.size());
            if (input.filled - at < length) break;
            take({input.bytes.data() + at, length}, fd);
            at += length;
        }
        std::copy(input.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  input.bytes.begin() + static_cast<std::ptrdiff_t>(input.filled), input.bytes.begin());
        input.filled -= at;
    }

    void take(bytes::Span frame, int fd) {
        checksum_ ^= bytes::crc32c(frame);
        CHECK(write(file_, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size()));
        CHECK(write(fd, answer_.data(), answer_.size()) == static_cast<ssize_t>(answer_.size()));
    }

    int file_;
    int epoll_;
    int listener_ = -1;
    int port_ = 0;
    std::vector<std::uint8_t> answer_;
    std::map<int, Input> inputs_;
    std::uint32_t checksum_ = 0;  // a compiler must not leave the checksums out
};

}  // namespace

void serve(const std::string& path, const std::string& topic) {
    pin(0);
    Server server{path, topic};
    std::printf("%d\n", server.port());
    std::fflush(stdout);
    server.run();
    unlink(path.c_str());
}

}  // namespace moldau::bench
