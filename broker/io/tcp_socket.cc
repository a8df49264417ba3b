// One TCP connection: reads through the reactor, writes at once where the kernel takes them.

#include <sys/socket.h>
#include <sys/uio.h>

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
        chunk_offset_ = 0;
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
        while (chunk_ < outgoing_.chunks().size()) {
            if (closed_) return finish_later(failed("write to", {}));
            const ssize_t count = send_some();
            if (count >= 0) {
                advance(static_cast<std::size_t>(count));
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

    ssize_t send_some() {
        std::array<iovec, kPiecesPerCall> pieces{};
        std::size_t count = 0;
        const auto& chunks = outgoing_.chunks();
        std::size_t skip = chunk_offset_;
        for (std::size_t index = chunk_; index < chunks.size() && count < pieces.size(); ++index) {
            const auto bytes = chunks[index].span().subspan(skip);
            pieces[count++] = {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
            skip = 0;
        }
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = count;
        return ::sendmsg(handle_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }

    void advance(std::size_t count) {
        chunk_offset_ += count;
        const auto& chunks = outgoing_.chunks();
        while (chunk_ < chunks.size() && chunk_offset_ >= chunks[chunk_].size()) {
            chunk_offset_ -= chunks[chunk_].size();
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
    std::size_t chunk_ = 0;         // the first that is not wholly sent
    std::size_t chunk_offset_ = 0;  // sent of it
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
