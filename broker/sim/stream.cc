// Bytes on their way from one simulated host to another.

#include "sim/stream.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::sim {

std::unexpected<Error> Stream::closed(const char* operation, const End& peer) const {
    return fail(Errc::kClosed, std::string{operation} + ' ' + peer.address.to_string() + ": closed");
}

void Stream::read_some(bytes::MutableSpan into, io::Done<std::size_t> done) {
    CHECK(!read_done_ && !into.empty());
    into_ = into;
    read_done_ = std::move(done);
    serve_reader();
}

void Stream::serve_reader() {
    if (!read_done_) return;
    if (reset_ || reader_closed_) return end_read(closed("read from", writer_));
    if (arrived_.empty()) {
        if (end_arrived_) end_read(0);
        return;
    }
    const auto count = std::min(into_.size(), arrived_.size());
    std::copy_n(arrived_.begin(), count, into_.begin());
    arrived_.erase(arrived_.begin(), arrived_.begin() + static_cast<std::ptrdiff_t>(count));
    end_read(count);
    pump();
}

void Stream::end_read(Result<std::size_t> result) {
    if (!read_done_) return;
    reader_.executor.post(
        [done = std::exchange(read_done_, nullptr), result = std::move(result)]() mutable { done(std::move(result)); });
}

void Stream::write(bytes::ChunkList data, io::Done<void> done) {
    CHECK(!write_done_);
    write_done_ = std::move(done);
    outgoing_.clear();
    outgoing_done_ = 0;
    for (const auto& chunk : data.chunks()) outgoing_.insert(outgoing_.end(), chunk.data(), chunk.data() + chunk.size());
    pump();
}

void Stream::end_write(Result<void> result) {
    if (!write_done_) return;
    writer_.executor.post(
        [done = std::exchange(write_done_, nullptr), result = std::move(result)]() mutable { done(std::move(result)); });
}

// Sends what the window has room for.
void Stream::pump() {
    if (!write_done_) return;
    if (reset_ || reader_closed_ || writer_closed_) return end_write(closed("write to", reader_));
    while (outgoing_done_ < outgoing_.size() && under_way_ + arrived_.size() < internet_.options_.window_bytes) {
        const std::size_t room = internet_.options_.window_bytes - under_way_ - arrived_.size();
        const std::size_t left = std::min(room, outgoing_.size() - outgoing_done_);
        const std::size_t count = internet_.random_.between(1, std::min(left, internet_.options_.piece_bytes_max));
        const auto from = outgoing_.begin() + static_cast<std::ptrdiff_t>(outgoing_done_);
        send({.data = {from, from + static_cast<std::ptrdiff_t>(count)}});
        outgoing_done_ += count;
    }
    if (outgoing_done_ == outgoing_.size()) end_write({});
}

void Stream::send(Piece piece) {
    under_way_ += piece.data.size();
    last_arrival_ = std::max(last_arrival_, writer_.executor.now().mono + internet_.delay());
    reader_.executor.schedule(
        last_arrival_, [self = shared_from_this(), piece = std::move(piece)]() mutable { self->arrive(std::move(piece)); });
}

void Stream::arrive(Piece piece) {
    if (reset_) return;
    if (!held_.empty() || internet_.is_cut(writer_.address.host, reader_.address.host)) {
        held_.push_back(std::move(piece));
        return;
    }
    take(std::move(piece));
}

void Stream::take(Piece piece) {
    under_way_ -= piece.data.size();
    if (piece.data.empty()) end_arrived_ = true;
    arrived_.insert(arrived_.end(), piece.data.begin(), piece.data.end());
    serve_reader();
}

void Stream::flush_held() {
    for (auto& piece : std::exchange(held_, {})) take(std::move(piece));
}

void Stream::close_writer() {
    if (std::exchange(writer_closed_, true)) return;
    end_write(closed("write to", reader_));
    send({});
}

void Stream::close_reader() {
    if (std::exchange(reader_closed_, true)) return;
    end_read(closed("read from", writer_));
    // The writer learns of it when it writes again; what it is writing fails now.
    pump();
}

void Stream::reset() {
    if (std::exchange(reset_, true)) return;
    arrived_.clear();
    held_.clear();
    end_read(closed("read from", writer_));
    end_write(closed("write to", reader_));
}

bool Stream::is_between(const std::string& host, const std::string& other) const {
    const auto& from = writer_.address.host;
    const auto& to = reader_.address.host;
    return (from == host && to == other) || (from == other && to == host);
}

bool Stream::touches(const std::string& host) const { return writer_.address.host == host || reader_.address.host == host; }

namespace {

class SimSocket final : public io::Socket {
public:
    SimSocket(std::shared_ptr<Stream> out, std::shared_ptr<Stream> in) : out_(std::move(out)), in_(std::move(in)) {}
    ~SimSocket() override { SimSocket::close(); }

    void handshake(io::Done<void> done) override { done({}); }
    void read_some(bytes::MutableSpan into, io::Done<std::size_t> done) override { in_->read_some(into, std::move(done)); }
    void write(bytes::ChunkList data, io::Done<void> done) override { out_->write(std::move(data), std::move(done)); }
    void close() override {
        out_->close_writer();
        in_->close_reader();
    }
    io::Address peer() const override { return out_->reader().address; }
    io::Address local() const override { return out_->writer().address; }

private:
    const std::shared_ptr<Stream> out_;
    const std::shared_ptr<Stream> in_;
};

}  // namespace

std::unique_ptr<io::Socket> make_socket(std::shared_ptr<Stream> out, std::shared_ptr<Stream> in) {
    return std::make_unique<SimSocket>(std::move(out), std::move(in));
}

}  // namespace moldau::sim
