// One TCP connection: reads through the reactor, writes at once where the kernel takes them; file ranges by sendfile(2).

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "io/tcp.h"

namespace moldau::io {

namespace {

constexpr std::size_t kPiecesPerCall = 64;
// Every so many writes in a row completion goes through the loop, so that a fast reader's stream does not starve the rest.
constexpr std::size_t kImmediateWritesMax = 16;

// What outlives the Socket while operations are under way; each operation holds it. Thread: the loop's.
class TcpStream : public std::enable_shared_from_this<TcpStream> {
public:
    TcpStream(Loop& loop, TcpHandle handle) : loop_(loop), handle_(std::move(handle)) {
        std::error_code ignored;
        handle_.set_option(asio::ip::tcp::no_delay{true}, ignored);
        handle_.set_option(asio::socket_base::keep_alive{true}, ignored);
        peer_ = handle_.remote_endpoint(ignored);
        local_ = handle_.local_endpoint(ignored);
    }

    void read_some(bytes::MutableSpan into, Done<std::size_t> done) {
        CHECK(!read_done_ && !into.empty());
        read_done_ = std::move(done);
        handle_.async_read_some(
            asio::buffer(into.data(), into.size()),
            [self = shared_from_this()](std::error_code error, std::size_t count) { self->read_ended(error, count); });
    }

    void write(bytes::ChunkList data, Done<void> done) {
        CHECK(!write_done_);
        write_done_ = std::move(done);
        outgoing_ = std::move(data);
        chunk_ = 0;
        range_ = 0;
        offset_ = 0;
        push_out();
    }

    void close() {
        if (std::exchange(closed_, true)) return;
        std::error_code ignored;
        handle_.close(ignored);
    }

    Address peer() const { return to_address(peer_); }
    Address local() const { return to_address(local_); }

private:
    std::unexpected<Error> failed(const char* operation, std::error_code error) const {
        const std::string reason = closed_ ? "closed" : error.message();
        return fail(Errc::kClosed, std::string{operation} + ' ' + peer().to_string() + ": " + reason);
    }

    void read_ended(std::error_code error, std::size_t count) {
        auto done = std::exchange(read_done_, nullptr);
        if (error == asio::error::eof && !closed_) return done(0);
        if (error || closed_) return done(failed("read from", error));
        done(count);
    }

    // Gives the kernel what it takes, then finishes or waits. Touches nothing after finish(), which may free all this.
    void push_out() {
        while (const auto next = next_piece()) {
            if (closed_) return finish_later(failed("write to", {}));
            const ssize_t count = *next == Piece::kFile ? send_range() : send_memory();
            if (count > 0) {
                advance(*next, static_cast<std::size_t>(count));
            } else if (count == 0) {
                // What was promised to the peer is gone: the stream cannot go on.
                return finish_later(fail(Errc::kIo, "write to " + peer().to_string() + ": a file is shorter than it was"));
            } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
                return wait_for_room();
            } else if (errno != EINTR) {
                return finish_later(failed("write to", {errno, std::generic_category()}));
            }
        }
        if (++immediate_writes_ < kImmediateWritesMax) return finish({});
        finish_later({});
    }

    void wait_for_room() {
        handle_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](std::error_code error) {
            self->immediate_writes_ = 0;
            if (error || self->closed_) return self->finish(self->failed("write to", error));
            self->push_out();
        });
    }

    enum class Piece : std::uint8_t { kMemory, kFile };
    std::optional<Piece> next_piece() const {
        const auto& ranges = outgoing_.file_ranges();
        if (range_ < ranges.size() && ranges[range_].chunks_before == chunk_) return Piece::kFile;
        if (chunk_ < outgoing_.memory_chunks().size()) return Piece::kMemory;
        return std::nullopt;
    }

    ssize_t send_range() {
        const auto& range = outgoing_.file_ranges()[range_].range;
        auto position = static_cast<off_t>(range.position + offset_);
        return ::sendfile(handle_.native_handle(), range.descriptor, &position, range.length - offset_);
    }

    // Chunks up to the next file range.
    ssize_t send_memory() {
        const auto& ranges = outgoing_.file_ranges();
        const auto& chunks = outgoing_.memory_chunks();
        const bool more = range_ < ranges.size();
        const std::size_t end = more ? ranges[range_].chunks_before : chunks.size();
        std::array<iovec, kPiecesPerCall> pieces{};
        std::size_t count = 0;
        std::size_t skip = offset_;
        for (std::size_t index = chunk_; index < end && count < pieces.size(); ++index) {
            const auto bytes = chunks[index].span().subspan(skip);
            pieces[count++] = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
            skip = 0;
        }
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = count;
        return ::sendmsg(handle_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0));
    }

    void advance(Piece piece, std::size_t count) {
        offset_ += count;
        if (piece == Piece::kFile) {
            if (offset_ < outgoing_.file_ranges()[range_].range.length) return;
            offset_ = 0;
            ++range_;
            return;
        }
        const auto& chunks = outgoing_.memory_chunks();
        while (chunk_ < chunks.size() && offset_ >= chunks[chunk_].size()) {
            offset_ -= chunks[chunk_].size();
            ++chunk_;
        }
    }

    void finish(Result<void> result) {
        outgoing_.clear();
        auto done = std::exchange(write_done_, nullptr);
        done(std::move(result));
    }

    void finish_later(Result<void> result) {
        immediate_writes_ = 0;
        loop_.post([self = shared_from_this(), result = std::move(result)]() mutable { self->finish(std::move(result)); });
    }

    Loop& loop_;
    TcpHandle handle_;
    TcpEndpoint peer_;
    TcpEndpoint local_;
    bool closed_ = false;
    Done<std::size_t> read_done_;
    Done<void> write_done_;
    bytes::ChunkList outgoing_;
    std::size_t chunk_ = 0;   // the first of memory that is not wholly sent
    std::size_t range_ = 0;   // the first of files
    std::size_t offset_ = 0;  // sent of whichever of them is next
    std::size_t immediate_writes_ = 0;
};

class TcpSocket final : public Socket {
public:
    explicit TcpSocket(std::shared_ptr<TcpStream> stream) : stream_(std::move(stream)) {}
    ~TcpSocket() override { stream_->close(); }

    void handshake(Done<void> done) override { done({}); }
    void read_some(bytes::MutableSpan into, Done<std::size_t> done) override { stream_->read_some(into, std::move(done)); }
    void write(bytes::ChunkList data, Done<void> done) override { stream_->write(std::move(data), std::move(done)); }
    void close() override { stream_->close(); }
    bool sends_files() const override { return true; }
    Address peer() const override { return stream_->peer(); }
    Address local() const override { return stream_->local(); }

private:
    const std::shared_ptr<TcpStream> stream_;
};

}  // namespace

std::unique_ptr<Socket> make_tcp_socket(Loop& loop, TcpHandle handle) {
    return std::make_unique<TcpSocket>(std::make_shared<TcpStream>(loop, std::move(handle)));
}

}  // namespace moldau::io
