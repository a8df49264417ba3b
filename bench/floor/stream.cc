// A bare loop over one connection; the server on processor 0, the client on 1.

#include "stream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "base/check.h"
#include "bytes/crc32c.h"
#include "machine.h"

namespace moldau::bench {

namespace {

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

// Sends `frames`, five of them ahead of the answers, then takes them back twice.
[[noreturn]] void run_client(int port, std::size_t frames, std::size_t frame_bytes) {
    pin(1);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
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
    for (std::size_t index = 0; index < 2 * frames; ++index) read_whole(fd, frame.data(), frame.size());
    _exit(0);
}

std::uint32_t take_all(int client, int file, std::size_t frames, std::vector<std::uint8_t>& frame) {
    std::uint32_t checksum = 0;
    for (std::size_t index = 0; index < frames; ++index) {
        read_whole(client, frame.data(), frame.size());
        checksum ^= moldau::bytes::crc32c(frame);
        write_whole(file, frame.data(), frame.size());
        const std::uint8_t answer = 1;
        write_whole(client, &answer, 1);
    }
    return checksum;
}

void give_all(int client, int file, std::size_t frames, std::vector<std::uint8_t>& frame) {
    CHECK(lseek(file, 0, SEEK_SET) == 0);
    for (std::size_t index = 0; index < frames; ++index) {
        read_whole(file, frame.data(), frame.size());
        write_whole(client, frame.data(), frame.size());
    }
}

void send_all(int client, int file, std::size_t bytes, std::size_t step) {
    off_t at = 0;
    while (static_cast<std::size_t>(at) < bytes) {
        CHECK(sendfile(client, file, &at, std::min(step, bytes - static_cast<std::size_t>(at))) > 0);
    }
}

}  // namespace

void stream(const StreamOptions& options) {
    const auto frames = static_cast<std::size_t>(options.gigabytes * 1e9) / options.frame_bytes;
    int port = 0;
    const int listener = listen_on_loopback(1, port);
    const pid_t child = fork();
    if (child == 0) run_client(port, frames, options.frame_bytes);
    pin(0);
    const int client = accept(listener, nullptr, nullptr);
    const int file = open(options.path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
    CHECK(client >= 0 && file >= 0);
    std::vector<std::uint8_t> frame(options.frame_bytes);
    const double start = processor_seconds();
    const auto checksum = take_all(client, file, frames, frame);
    const double produced = processor_seconds();
    give_all(client, file, frames, frame);
    const double consumed = processor_seconds();
    send_all(client, file, frames * options.frame_bytes, options.frame_bytes);
    const double sent = processor_seconds();
    const double moved = static_cast<double>(frames * options.frame_bytes) / 1e9;
    std::printf("{\"frame\": %zu, \"produce\": %.4f, \"fetch\": %.4f, \"sendfile\": %.4f, \"checksum\": %u}\n",
                options.frame_bytes, (produced - start) / moved, (consumed - produced) / moved, (sent - consumed) / moved,
                checksum);
    waitpid(child, nullptr, 0);
    unlink(options.path.c_str());
}

}  // namespace moldau::bench
