// Takes connections in and spreads them over the cores, within the limits.
//
// The problem: connections must be counted over all cores, but cores share nothing. The idea: one core accepts and counts,
// each connection is handed to a core in turn and lives there (`ConnectionShard`); its end is reported back by a message.
// Place: one `Listener` per address on the first core; one `ConnectionShard` per core.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/task_group.h"
#include "io/executor.h"
#include "io/socket.h"
#include "io/wait_list.h"
#include "server/connection.h"

namespace moldau::server {

// The connections of one core. Lifetime: the broker's. Thread: its core.
class ConnectionShard {
public:
    ConnectionShard(ConnectionServices services, io::Network& network, Millis idle_max);
    ~ConnectionShard();

    // Serves `socket` until it ends, then calls `ended`.
    void adopt(std::unique_ptr<io::Socket> socket, Peer peer, std::move_only_function<void()> ended);
    // Closes what was silent for too long; called about once a second.
    void tick(MonoTime now);
    // Lets requests under way finish until `deadline`, then closes everything.
    Task<void> stop(MonoTime deadline);

    io::Executor& executor() { return services_.executor; }
    io::Network& network() { return network_; }
    ServerCounters& counters() { return services_.counters; }

private:
    Task<void> serve(Connection& connection, std::move_only_function<void()> ended);
    // Calls `action` on each of these that still exists, from the loop: ending one may change the map.
    void post_each(std::vector<std::uint64_t> ids, void (Connection::*action)());
    std::vector<std::uint64_t> ids() const;

    ConnectionServices services_;
    io::Network& network_;
    Millis idle_max_;
    std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;  // by connection id
    TaskGroup tasks_;
    io::WaitList ended_;
};

struct ConnectionQuota {
    std::size_t total_max;
    std::size_t per_address_max;
};

// Who is connected, over all listeners and cores. Thread: the accepting core.
class ConnectionCounts {
public:
    explicit ConnectionCounts(ConnectionQuota quota) : quota_(quota) {}
    // Counts one more from `host`, unless a limit is reached.
    bool add(const std::string& host);
    void remove(const std::string& host);
    std::size_t total() const { return total_; }
    // For connections to come; those that are there stay.
    void set_quota(ConnectionQuota quota) { quota_ = quota; }

private:
    ConnectionQuota quota_;
    std::size_t total_ = 0;
    std::map<std::string, std::size_t> by_host_;
};

// Lifetime: stop() before destroying. Thread: the accepting core.
class Listener {
public:
    struct Environment {
        io::Executor& executor;  // the accepting core
        std::vector<ConnectionShard*> shards;
        ConnectionCounts& counts;
        std::uint64_t& next_connection_id;
    };
    Listener(Environment environment, std::string name, std::unique_ptr<io::Acceptor> acceptor);
    ~Listener();

    void start();
    io::Address local() const { return acceptor_->local(); }
    const std::string& name() const { return name_; }
    // No new connections; the others stay.
    Task<void> stop();

private:
    Task<void> accept_loop();
    void take(ConnectionShard& shard, std::unique_ptr<io::Socket> socket);

    Environment environment_;
    std::string name_;
    std::unique_ptr<io::Acceptor> acceptor_;
    std::size_t next_shard_ = 0;
    bool stopping_ = false;
    TaskGroup tasks_;
};

}  // namespace moldau::server
