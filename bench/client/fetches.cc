// Fetch requests one after the other.

#include "fetches.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/result.h"
#include "bytes/buffer.h"
#include "bytes/endian.h"
#include "connection.h"
#include "frames.h"

namespace moldau::bench {

namespace {

constexpr std::size_t kLengthBytes = sizeof(std::int32_t);
constexpr std::size_t kAnswerBytesMax = 64 << 20;
// Answers without records, each after the broker has waited for some.
constexpr int kEmptyAnswersMax = 6;

bool send_whole(int fd, const std::vector<std::uint8_t>& bytes) {
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool receive_whole(int fd, bytes::MutableSpan into) {
    return into.empty() || recv(fd, into.data(), into.size(), MSG_WAITALL) == static_cast<ssize_t>(into.size());
}

// Errors: kClosed where the connection ends or the length is none.
Result<bytes::View> receive_answer(int fd) {
    std::uint8_t length[kLengthBytes];
    if (!receive_whole(fd, length)) return fail(Errc::kClosed, "no answer");
    const std::size_t bytes = bytes::load_be<std::uint32_t>(length);
    if (bytes > kAnswerBytesMax) return fail(Errc::kClosed, "an answer of " + std::to_string(bytes) + " bytes");
    bytes::Buffer answer{bytes};
    if (!receive_whole(fd, answer.spare())) return fail(Errc::kClosed, "an answer without its end");
    answer.commit(bytes);
    return answer.view();
}

// The next records from `offset` on. Errors: those of reading the answer, and kIo with the broker's error code.
Result<Fetched> fetch(int fd, const std::string& topic, std::int64_t offset) {
    if (!send_whole(fd, fetch_frame(topic, offset))) return fail(Errc::kClosed, "the request was not taken");
    MOLDAU_TRY_ASSIGN(answer, receive_answer(fd));
    MOLDAU_TRY_ASSIGN(found, read_fetched(answer, offset));
    if (found.error != 0) return fail(Errc::kIo, "error " + std::to_string(found.error));
    return found;
}

}  // namespace

bool fetch_records(const Arguments& arguments) {
    const auto topic = arguments.text("topic");
    const long wanted = arguments.number("records");
    const int fd = connect_to(static_cast<int>(arguments.number("port")));
    std::int64_t offset = 0;
    long read = 0, requests = 0;
    const auto start = Clock::now();
    for (int empty = 0; read < wanted && empty < kEmptyAnswersMax; ++requests) {
        const auto found = fetch(fd, topic, offset);
        if (!found) {
            std::fprintf(stderr, "fetch at %ld: %s\n", static_cast<long>(offset), found.error().context.c_str());
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
