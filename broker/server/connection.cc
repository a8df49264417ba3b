// Reading frames into memory of their own, starting handlers, sending answers in order.

#include "server/connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/logger.h"
#include "bytes/endian.h"

namespace moldau::server {
namespace {

// Small frames are copied out of this; the rest of a large one is read straight into its own memory.
constexpr std::size_t kReadBufferBytes = 16 << 10;
constexpr std::size_t kPrefixBytes = 4;
// Of one gather write: enough to fill a socket's buffer several times.
constexpr std::size_t kWriteBytesMax = 4 << 20;

}  // namespace

Connection::Connection(ConnectionServices services, std::unique_ptr<io::Socket> socket, Peer peer)
    : services_(services),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      changed_(services.executor),
      unread_(kReadBufferBytes),
      last_activity_(services.executor.now().mono) {}

Connection::~Connection() = default;

Task<void> Connection::run() {
    if (auto shaken = co_await io::handshake(*socket_); shaken) co_await read_loop();
    while ((!slots_.empty() || writing_) && !closed_) co_await changed_.wait();
    close();
    co_await tasks_.stop();
}

void Connection::close() {
    if (std::exchange(closed_, true)) return;
    aborted_.fire();
    socket_->close();
    changed_.notify_all();
}

void Connection::drain() {
    draining_ = true;
    if (slots_.empty() && !writing_) return close();
    // Last: answers that come at once are sent at once, and after the last one this connection ends and is gone.
    aborted_.fire();
}

std::optional<MonoTime> Connection::idle_since() const {
    return slots_.empty() || writing_ ? std::optional(last_activity_) : std::nullopt;
}

Task<void> Connection::read_loop() {
    while (!closed_ && !draining_) {
        const auto size = co_await next_frame_size();
        if (!size) co_return;
        // Before the body is read: who sends much waits here, unread.
        auto grant = co_await services_.memory.acquire(*size);
        auto frame = closed_ ? std::nullopt : co_await read_body(*size);
        if (!frame) co_return;
        services_.counters.bytes_in += kPrefixBytes + *size;
        ++services_.counters.requests;
        co_await start(*std::move(frame), std::move(grant));
    }
}

// Makes at least `bytes` (no more than the buffer holds) available in front of unread_start_.
Task<Connection::Fill> Connection::fill(std::size_t bytes) {
    if (unread_.capacity() - unread_start_ < bytes) {
        bytes::Buffer fresh{kReadBufferBytes};
        fresh.append(bytes::Span{unread_.data() + unread_start_, unread_.size() - unread_start_});
        unread_ = std::move(fresh);
        unread_start_ = 0;
    }
    while (unread_.size() - unread_start_ < bytes) {
        const auto count = co_await io::read_some(*socket_, unread_.spare());
        if (!count || *count == 0) co_return Fill::kEnded;
        unread_.commit(*count);
        last_activity_ = services_.executor.now().mono;
    }
    co_return Fill::kMore;
}

Task<std::optional<std::size_t>> Connection::next_frame_size() {
    if (unread_start_ == unread_.size()) {
        unread_start_ = 0;
        unread_.clear();
    }
    if (co_await fill(kPrefixBytes) == Fill::kEnded) co_return std::nullopt;
    const auto size = bytes::load_be<std::int32_t>(unread_.data() + unread_start_);
    if (size <= 0 || static_cast<std::size_t>(size) > services_.limits.frame_bytes_max) {
        ++services_.counters.connections_failed;
        LOG_WARNING("server", "closing connection, bad frame length peer={} listener={} length={} length_max={}", peer_.host,
                    peer_.listener, size, services_.limits.frame_bytes_max);
        co_return std::nullopt;
    }
    unread_start_ += kPrefixBytes;
    co_return static_cast<std::size_t>(size);
}

Task<std::optional<bytes::View>> Connection::read_body(std::size_t size) {
    bytes::Buffer body{size};
    const auto buffered = std::min(size, unread_.size() - unread_start_);
    body.append(bytes::Span{unread_.data() + unread_start_, buffered});
    unread_start_ += buffered;
    while (body.size() < size) {
        const auto count = co_await io::read_some(*socket_, body.spare());
        if (!count || *count == 0) co_return std::nullopt;
        body.commit(*count);
        last_activity_ = services_.executor.now().mono;
    }
    co_return body.view();
}

Task<void> Connection::start(bytes::View frame, MemoryGrant grant) {
    const bool alone = services_.dispatcher.overlap(frame) == Overlap::kAlone;
    while (!closed_ && (alone_ || (alone && !slots_.empty()) || slots_.size() >= services_.limits.pipeline_max)) {
        co_await changed_.wait();
    }
    if (closed_) co_return;
    alone_ = alone;
    auto slot = slots_.emplace_back(std::make_shared<Slot>());
    tasks_.start(serve(std::move(frame), std::move(grant), std::move(slot)));
}

Task<void> Connection::serve(bytes::View frame, [[maybe_unused]] MemoryGrant grant, std::shared_ptr<Slot> slot) {
    auto answer = co_await services_.dispatcher.handle(std::move(frame), peer_, aborted_);
    if (!answer) {
        if (!closed_) {
            ++services_.counters.connections_failed;
            LOG_WARNING("server", "closing connection, bad request peer={} listener={} error=\"{}\"", peer_.host,
                        peer_.listener, answer.error().to_string());
        }
        close();
        co_return;
    }
    slot->answer = *std::move(answer);
    slot->ready = true;
    flush();
    // The grant is given back here: the request's memory may live on in the log's hot tail, which has its own bound.
}

void Connection::flush() {
    if (writing_ || closed_ || slots_.empty() || !slots_.front()->ready) return;
    tasks_.start(write_ready());
}

Task<void> Connection::write_ready() {
    writing_ = true;
    while (!closed_ && !slots_.empty() && slots_.front()->ready) {
        bytes::ChunkList batch;
        std::vector<MemoryGrant> held;
        while (!slots_.empty() && slots_.front()->ready && batch.size() < kWriteBytesMax) {
            auto& answer = slots_.front()->answer;
            if (answer.frame) batch.append(*answer.frame);
            if (answer.memory.bytes() > 0) held.push_back(std::move(answer.memory));
            finish_slot();
        }
        services_.counters.bytes_out += batch.size();
        if (batch.empty()) continue;
        last_activity_ = services_.executor.now().mono;
        if (auto sent = co_await io::write(*socket_, std::move(batch)); !sent) close();
    }
    writing_ = false;
    changed_.notify_all();
    if (draining_ && slots_.empty() && !writing_) close();
}

void Connection::finish_slot() {
    slots_.pop_front();
    alone_ = false;
}

}  // namespace moldau::server
