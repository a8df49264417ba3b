// One direction of a simulated connection, and the sockets at the ends of two of them.
//
// A stream takes bytes from its writer while the window has room, cuts them into pieces, and lets each arrive later, in
// order. Place: behind `Network`; one thread.

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "io/socket.h"
#include "sim/network.h"

namespace moldau::sim {

// Lifetime: shared by both sockets and by the pieces under way.
// Invariant: under_way + arrived <= window; pieces arrive in the order of sending, the end of the stream last.
class Stream : public std::enable_shared_from_this<Stream> {
public:
    struct End {
        io::Executor& executor;
        io::Address address;
    };
    Stream(Internet& internet, End writer, End reader)
        : internet_(internet), writer_(std::move(writer)), reader_(std::move(reader)) {}

    void read_some(bytes::MutableSpan into, io::Done<std::size_t> done);
    void write(bytes::ChunkList data, io::Done<void> done);
    // No more is written; the reader sees the end after what was sent.
    void close_writer();
    // The reader is gone: writes fail from now on.
    void close_reader();
    void reset();
    void flush_held();

    bool is_between(const std::string& host, const std::string& other) const;
    bool touches(const std::string& host) const;
    const End& writer() const { return writer_; }
    const End& reader() const { return reader_; }

private:
    struct Piece {
        std::vector<std::uint8_t> data;  // empty is the end
    };
    void pump();
    void send(Piece piece);
    void arrive(Piece piece);
    void take(Piece piece);
    void serve_reader();
    void end_read(Result<std::size_t> result);
    void end_write(Result<void> result);
    std::unexpected<Error> closed(const char* operation, const End& peer) const;

    Internet& internet_;
    const End writer_;
    const End reader_;
    bool writer_closed_ = false;
    bool reader_closed_ = false;
    bool reset_ = false;
    bool end_arrived_ = false;
    std::vector<std::uint8_t> outgoing_;
    std::size_t outgoing_done_ = 0;
    std::size_t under_way_ = 0;
    MonoTime last_arrival_{};
    std::deque<Piece> held_;  // arrived while the hosts were cut off
    std::deque<std::uint8_t> arrived_;
    bytes::MutableSpan into_;
    io::Done<std::size_t> read_done_;
    io::Done<void> write_done_;
};

// The socket that writes to `out` and reads from `in`.
std::unique_ptr<io::Socket> make_socket(std::shared_ptr<Stream> out, std::shared_ptr<Stream> in);

}  // namespace moldau::sim
