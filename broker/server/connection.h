// One client connection: frames in, answers out in the order of the requests.
//
// The problem: clients pipeline; a produce that waits for its commit must not hold up the next, yet answers must leave in
// order, and a client may send anything. The idea: each request takes a slot in a queue when it arrives; handlers fill slots
// in any order; the writer sends the filled ones at the front, as many as there are in one system call. Requests that must
// run alone wait for the queue to empty. Place: made by `Listener`, runs on one core, knows nothing of the protocol but the
// length prefix.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/task.h"
#include "base/task_group.h"
#include "bytes/buffer.h"
#include "io/socket.h"
#include "io/wait_list.h"
#include "server/abort_signal.h"
#include "server/dispatcher.h"
#include "server/memory_budget.h"

namespace moldau::server {

struct ConnectionLimits {
    std::size_t frame_bytes_max = 100 << 20;  // socket.request.max.bytes
    std::size_t pipeline_max = 64;            // requests under way
};

// Counted per core, gathered by metrics.
struct ServerCounters {
    std::uint64_t connections_accepted = 0;
    std::uint64_t connections_refused = 0;
    std::uint64_t connections_open = 0;
    std::uint64_t connections_failed = 0;  // closed for what the peer sent
    std::uint64_t connections_idle_closed = 0;
    std::uint64_t requests = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
};

struct ConnectionServices {
    io::Executor& executor;
    MemoryBudget& memory;
    Dispatcher& dispatcher;
    ServerCounters& counters;
    ConnectionLimits limits;
};

// Lifetime: from accept until run() resolves; close() hurries that. Thread: its core.
// Invariant: slots leave in the order in which their requests arrived.
class Connection {
public:
    Connection(ConnectionServices services, std::unique_ptr<io::Socket> socket, Peer peer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Serves until the peer ends, breaks the protocol or close() is called; resolves when nothing of it runs any more.
    Task<void> run();
    // Ends at once; what waits for long is told so.
    void close();
    // Stops reading, lets long waits answer now, ends when all answers are sent.
    void drain();
    // Since when nothing arrived or left; nullopt while handlers are at work. A peer that does not read its answers is idle
    // too.
    std::optional<MonoTime> idle_since() const;
    const Peer& peer() const { return peer_; }

private:
    struct Slot {
        bool ready = false;
        Answer answer;
    };
    enum class Fill { kMore, kEnded };

    Task<void> read_loop();
    Task<Fill> fill(std::size_t bytes);
    Task<std::optional<std::size_t>> next_frame_size();
    Task<std::optional<bytes::View>> read_body(std::size_t size);
    Task<void> start(bytes::View frame, MemoryGrant grant);
    Task<void> serve(bytes::View frame, MemoryGrant grant, std::shared_ptr<Slot> slot);
    void flush();
    Task<void> write_ready();
    void finish_slot();

    ConnectionServices services_;
    std::unique_ptr<io::Socket> socket_;
    Peer peer_;
    AbortSignal aborted_;
    TaskGroup tasks_;
    io::WaitList changed_;  // a slot left, or a request that ran alone ended
    std::deque<std::shared_ptr<Slot>> slots_;
    bytes::Buffer unread_;
    std::size_t unread_start_ = 0;
    MonoTime last_activity_;
    bool alone_ = false;  // a request that must run alone is under way
    bool writing_ = false;
    bool draining_ = false;
    bool closed_ = false;
};

}  // namespace moldau::server
