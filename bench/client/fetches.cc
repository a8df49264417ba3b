// Fetch requests one after the other.

#include "fetches.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <vector>

#include "bytes/endian.h"
#include "connection.h"
#include "frames.h"

namespace moldau::bench {

namespace {

constexpr std::size_t kLengthBytes = sizeof(std::int32_t);
constexpr std::size_t kAnswerBytesMax = 64 << 20;
// Answers without records, each after the broker has waited for some.
constexpr int kEmptyAnswersMax = 20;

bool send_whole(int fd, const std::vector<std::uint8_t>& bytes) {
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool receive_whole(int fd, bytes::MutableSpan into) {
    return into.empty() || recv(fd, into.data(), into.size(), MSG_WAITALL) == static_cast<ssize_t>(into.size());
}

// False where the connection ends or the length is none.
bool receive_answer(int fd, std::vector<std::uint8_t>& answer) {
    std::uint8_t length[kLengthBytes];
    if (!receive_whole(fd, length)) return false;
    const std::size_t bytes = bytes::load_be<std::uint32_t>(length);
    if (bytes > kAnswerBytesMax) return false;
    answer.resize(bytes);
    return receive_whole(fd, answer);
}

}  // namespace

bool fetch_records(const Arguments& arguments) {
    const auto topic = arguments.text("topic");
    const long wanted = arguments.number("records");
    const int fd = connect_to(static_cast<int>(arguments.number("port")));
    std::vector<std::uint8_t> answer;
    std::int64_t offset = 0;
    long read = 0, requests = 0;
    const auto start = Clock::now();
    for (int empty = 0; read < wanted && empty < kEmptyAnswersMax; ++requests) {
        if (!send_whole(fd, fetch_frame(topic, offset)) || !receive_answer(fd, answer)) {
            std::perror("no answer to a fetch");
            break;
        }
        const auto found = read_fetched(answer, offset);
        if (!found || found->error != 0) {
            std::fprintf(stderr, "a fetch at %ld failed with error %d\n", static_cast<long>(offset),
                         found ? found->error : -1);
            break;
        }
        empty = found->records > 0 ? 0 : empty + 1;
        read += found->records;
        offset = found->next_offset;
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    close(fd);
    std::printf("{\"records\": %ld, \"requests\": %ld, \"seconds\": %.4f}\n", read, requests, seconds);
    return read == wanted;
}

}  // namespace moldau::bench
