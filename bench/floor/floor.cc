// The least that a broker can do with produced bytes: receive a frame, checksum it, write it to a file, answer. Then send
// the file back in frames. Prints processor seconds per GB of each, the floor beside which a broker's figures are read.
//
// Usage: floor FILE GIGABYTES [FRAME_BYTES]. The server runs on processor 0, the client, a child process, on processor 1.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "bytes/crc32c.h"

namespace {

void pin(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(processor), &set);
    sched_setaffinity(0, sizeof set, &set);
}

void read_whole(int fd, std::uint8_t* into, std::size_t bytes) {
    while (bytes > 0) {
        const auto count = read(fd, into, bytes);
        CHECK(count > 0);
        into += count;
        bytes -= static_cast<std::size_t>(count);
    }
}

void write_whole(int fd, const std::uint8_t* from, std::size_t bytes) {
    while (bytes > 0) {
        const auto count = write(fd, from, bytes);
        CHECK(count > 0);
        from += count;
        bytes -= static_cast<std::size_t>(count);
    }
}

// Sends `frames`, five of them ahead of the answers, then takes them back.
[[noreturn]] void run_client(const sockaddr_in& address, std::size_t frames, std::size_t frame_bytes) {
    pin(1);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::vector<std::uint8_t> frame(frame_bytes, 'x');
    std::uint8_t answer = 0;
    constexpr std::size_t kAhead = 5;
    for (std::size_t sent = 0; sent < frames + kAhead; ++sent) {
        if (sent >= kAhead) read_whole(fd, &answer, 1);
        if (sent < frames) write_whole(fd, frame.data(), frame.size());
    }
    for (std::size_t index = 0; index < frames; ++index) read_whole(fd, frame.data(), frame.size());
    _exit(0);
}

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: floor FILE GIGABYTES [FRAME_BYTES]\n");
        return 2;
    }
    const double gigabytes = std::atof(argv[2]);
    const std::size_t frame_bytes = argc > 3 ? std::stoul(argv[3]) : 64 << 10;
    const auto frames = static_cast<std::size_t>(gigabytes * 1e9) / frame_bytes;

    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(listener, 1) == 0);
    socklen_t length = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    const pid_t child = fork();
    if (child == 0) run_client(address, frames, frame_bytes);

    pin(0);
    const int client = accept(listener, nullptr, nullptr);
    const int file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(client >= 0 && file >= 0);
    std::vector<std::uint8_t> frame(frame_bytes);
    std::uint32_t checksum = 0;
    const double start = processor_seconds();
    for (std::size_t index = 0; index < frames; ++index) {
        read_whole(client, frame.data(), frame.size());
        checksum ^= moldau::bytes::crc32c(frame);
        write_whole(file, frame.data(), frame.size());
        const std::uint8_t answer = 1;
        write_whole(client, &answer, 1);
    }
    const double produced = processor_seconds();
    CHECK(lseek(file, 0, SEEK_SET) == 0);
    for (std::size_t index = 0; index < frames; ++index) {
        read_whole(file, frame.data(), frame.size());
        write_whole(client, frame.data(), frame.size());
    }
    const double consumed = processor_seconds();
    const double moved = static_cast<double>(frames * frame_bytes) / 1e9;
    std::printf("floor: produce %.3f cpu-s/GB, consume %.3f cpu-s/GB (frames of %zu bytes, checksum %08x)\n",
                (produced - start) / moved, (consumed - produced) / moved, frame_bytes, checksum);
    waitpid(child, nullptr, 0);
    unlink(argv[1]);
    return 0;
}
