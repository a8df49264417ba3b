// What the tests of connections share: a dispatcher that answers when told to, and a socket whose peer the test plays.
//
// A request's text says what becomes of it: "hold..." waits for finish(), "poll..." for finish() or the abort signal,
// "none..." wants no answer, "bad..." breaks the protocol; a leading '!' makes it run alone. All others are echoed at once.

#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bytes/endian.h"
#include "io/socket.h"
#include "server/connection.h"

namespace moldau::server::testing {

inline std::string frame_of(const std::string& text) {
    std::string frame(4, '\0');
    bytes::store_be(reinterpret_cast<std::uint8_t*>(frame.data()), static_cast<std::int32_t>(text.size()));
    return frame + text;
}
inline std::string prefix_of(std::int32_t length) {
    std::string prefix(4, '\0');
    bytes::store_be(reinterpret_cast<std::uint8_t*>(prefix.data()), length);
    return prefix;
}

// Lifetime: outlives the connections.
class FakeDispatcher final : public Dispatcher {
public:
    Overlap overlap(bytes::View frame) const override {
        return !frame.empty() && frame.data()[0] == '!' ? Overlap::kAlone : Overlap::kOverlapping;
    }
    Task<Result<Answer>> handle(bytes::View frame, const Peer&, AbortSignal& aborted) override {
        const std::string text(reinterpret_cast<const char*>(frame.data()), frame.size());
        started.push_back(text);
        const auto is = [&](const char* word) { return text.find(word) <= 1; };
        if (is("bad")) co_return fail(Errc::kMalformed, "as asked");
        if (is("hold") || is("poll")) {
            co_await completion<bool>([&](auto done) {
                held[text] = std::move(done);
                if (is("poll")) aborted.subscribe([this, text] { finish(text); });
            });
        }
        if (is("none")) co_return Answer{};
        co_return Answer{bytes::ChunkList{bytes::View::copy_of(frame_of(text))}, {}};
    }
    // What was held goes on; nothing happens when it has gone on already.
    void finish(const std::string& text) {
        if (auto node = held.extract(text)) node.mapped()(true);
    }

    std::vector<std::string> started;
    std::map<std::string, std::move_only_function<void(bool)>> held;
};

// Lifetime: the connection's; the test keeps a reference while that lives. Reads and writes end as the test says.
class FakeSocket final : public io::Socket {
public:
    explicit FakeSocket(io::Executor& executor) : executor_(executor) {}
    ~FakeSocket() override { FakeSocket::close(); }

    void handshake(io::Done<void> done) override { done({}); }
    void read_some(bytes::MutableSpan into, io::Done<std::size_t> done) override {
        into_ = into;
        read_ = std::move(done);
        serve();
    }
    void write(bytes::ChunkList data, io::Done<void> done) override {
        const auto flat = data.flatten();
        sent.append(reinterpret_cast<const char*>(flat.data()), flat.size());
        ++writes;
        if (!is_slow) return done({});
        write_ = std::move(done);
    }
    void close() override {
        if (std::exchange(closed, true)) return;
        if (read_) end_read(fail(Errc::kClosed));
        if (write_) end_write(fail(Errc::kClosed));
    }
    io::Address peer() const override { return {"10.0.0.7", 4711}; }
    io::Address local() const override { return {"10.0.0.1", 9092}; }

    // What the peer does.
    void feed(const std::string& data) {
        arrived_ += data;
        serve();
    }
    void end_input() {
        ended_ = true;
        serve();
    }
    // The peer has taken what was written.
    void take_write() { end_write({}); }
    bool is_writing() const { return static_cast<bool>(write_); }
    bool is_reading() const { return static_cast<bool>(read_); }

    std::string sent;
    int writes = 0;
    bool is_slow = false;  // writes end with take_write()
    bool closed = false;

private:
    void serve() {
        if (!read_) return;
        if (arrived_.empty()) {
            if (ended_) end_read(0);
            return;
        }
        const auto count = std::min(arrived_.size(), into_.size());
        std::copy_n(arrived_.begin(), count, into_.begin());
        arrived_.erase(0, count);
        end_read(count);
    }
    void end_read(Result<std::size_t> result) {
        executor_.post(
            [done = std::exchange(read_, nullptr), result = std::move(result)]() mutable { done(std::move(result)); });
    }
    void end_write(Result<void> result) {
        if (!write_) return;
        executor_.post(
            [done = std::exchange(write_, nullptr), result = std::move(result)]() mutable { done(std::move(result)); });
    }

    io::Executor& executor_;
    bytes::MutableSpan into_;
    io::Done<std::size_t> read_;
    io::Done<void> write_;
    std::string arrived_;
    bool ended_ = false;
};

}  // namespace moldau::server::testing
