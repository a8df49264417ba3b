// One client connection of `load`: sends the same frame as often as asked, counts answers. Non-blocking, bounded by what is
// asked.
//
// Lifetime: made by the load's loop, which calls it when the socket can be written or read. A broker that closes the
// connection or a socket that fails ends the program: the run would mean nothing.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

namespace moldau::bench {

using Clock = std::chrono::steady_clock;

// A blocking socket to a broker on this machine. Ends the program where nobody listens.
int connect_to(int port);

class Connection {
public:
    Connection(int port, const std::vector<std::uint8_t>& frame);
    Connection(const Connection&) = delete;
    ~Connection();

    int fd() const { return fd_; }
    bool wants_to_write() const { return unsent_ > 0; }
    // When the requests were due that are not answered yet.
    const std::deque<Clock::time_point>& due() const { return due_; }

    // One more request, due at `time`; sends what the socket takes.
    void send(Clock::time_point time);
    void flush();

    struct Answer {
        Clock::time_point due;
        bool good = false;
    };
    // Takes what has arrived; `answers` gets one entry for each whole answer.
    void receive(std::vector<Answer>& answers);

private:
    const std::vector<std::uint8_t>& frame_;
    int fd_;
    long unsent_ = 0;          // frames
    std::size_t written_ = 0;  // bytes of the frame at the head of those
    std::deque<Clock::time_point> due_;
    std::vector<std::uint8_t> input_;  // of which `filled_` bytes are the beginning of an answer
    std::size_t filled_ = 0;
};

}  // namespace moldau::bench
