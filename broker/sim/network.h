// A simulated network: byte streams between hosts with delay, any cutting into pieces, refusals, partitions and resets.
//
// The problem: servers and links must be right whatever the network does, and loopback does almost nothing. The idea: an
// `Internet` that all hosts share carries pieces of random size after a random delay, in order per direction; a window
// bounds what is under way, so that writes wait for slow readers. Place: each process has a `Network` on it; all of them run
// on loops of one clock.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "io/executor.h"
#include "io/socket.h"
#include "sim/random.h"

namespace moldau::sim {

struct NetworkOptions {
    std::uint64_t seed = 1;
    Nanos delay_min{0};
    Nanos delay_max{0};
    std::size_t piece_bytes_max = 64 << 10;  // of what arrives at once; 1 is the hardest
    std::size_t window_bytes = 256 << 10;    // under way or not yet read, per direction
    Nanos connect_timeout = std::chrono::seconds{30};
};

class Stream;
class Listener;

// Lifetime: outlives its networks, their sockets and acceptors. One thread.
class Internet {
public:
    explicit Internet(NetworkOptions options = {}) : options_(options), random_(options.seed) {}
    Internet(const Internet&) = delete;
    Internet& operator=(const Internet&) = delete;

    // Nothing passes between the two hosts: bytes wait, new connections time out.
    void cut(const std::string& host, const std::string& other);
    // What waited arrives.
    void heal(const std::string& host, const std::string& other);
    // Every connection between the two is reset: reads and writes on both sides fail with kClosed.
    void reset(const std::string& host, const std::string& other);
    // The process on `host` is gone: its listeners too, its connections are reset.
    void process_dies(const std::string& host);

private:
    friend class Network;
    friend class Stream;
    friend class Listener;
    using Hosts = std::pair<std::string, std::string>;
    static Hosts between(const std::string& host, const std::string& other);
    bool is_cut(const std::string& host, const std::string& other) const { return cuts_.contains(between(host, other)); }
    Nanos delay();
    template <class Action>
    void for_streams(Action action);

    const NetworkOptions options_;
    Random random_;
    std::set<Hosts> cuts_;
    std::map<std::pair<std::string, std::uint16_t>, std::weak_ptr<Listener>> listeners_;
    std::vector<std::weak_ptr<Stream>> streams_;
    std::uint16_t next_port_ = 40'000;
};

// One process's (and loop's) end. "localhost", "127.0.0.1", "0.0.0.0", "::" and "" mean its own host.
class Network final : public io::Network {
public:
    Network(Internet& internet, io::Executor& executor, std::string host = "127.0.0.1")
        : internet_(internet), executor_(executor), host_(std::move(host)) {}

    // The options are nothing to it.
    Result<std::unique_ptr<io::Acceptor>> listen(const io::Address& address, const io::ListenOptions& options = {}) override;
    void connect(const io::Address& address, io::Done<std::unique_ptr<io::Socket>> done) override;
    io::Executor& executor() { return executor_; }
    const std::string& host() const { return host_; }

private:
    std::string resolve(const std::string& name) const;
    void refuse(const io::Address& address, const char* reason, Nanos after, io::Done<std::unique_ptr<io::Socket>> done);

    Internet& internet_;
    io::Executor& executor_;
    const std::string host_;
};

}  // namespace moldau::sim
