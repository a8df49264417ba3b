// Accepting, handing over and counting connections.

#include "server/listener.h"

#include <utility>

#include "base/logger.h"

namespace moldau::server {
namespace {

// How long accepting pauses when the process is out of file descriptors.
constexpr Millis kBusyPause{100};

}  // namespace

ConnectionShard::ConnectionShard(ConnectionServices services, io::Network& network, Millis idle_max)
    : services_(services), network_(network), idle_max_(idle_max), ended_(services.executor) {}

ConnectionShard::~ConnectionShard() { CHECK(connections_.empty()); }

void ConnectionShard::adopt(std::unique_ptr<io::Socket> socket, Peer peer, std::move_only_function<void()> ended) {
    if (tasks_.stopping()) return ended();
    const auto id = peer.connection_id;
    auto& connection = connections_[id];
    connection = std::make_unique<Connection>(services_, std::move(socket), std::move(peer));
    ++services_.counters.connections_accepted;
    ++services_.counters.connections_open;
    tasks_.start(serve(*connection, std::move(ended)));
}

Task<void> ConnectionShard::serve(Connection& connection, std::move_only_function<void()> ended) {
    const auto id = connection.peer().connection_id;
    co_await connection.run();
    connections_.erase(id);
    --services_.counters.connections_open;
    ended();
    ended_.notify_all();
}

std::vector<std::uint64_t> ConnectionShard::ids() const {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, connection] : connections_) ids.push_back(id);
    return ids;
}

void ConnectionShard::post_each(std::vector<std::uint64_t> ids, void (Connection::*action)()) {
    if (ids.empty()) return;  // nothing is left behind on the loop when the last connection has ended
    services_.executor.post([this, ids = std::move(ids), action] {
        for (const auto id : ids) {
            const auto found = connections_.find(id);
            if (found != connections_.end()) (found->second.get()->*action)();
        }
    });
}

void ConnectionShard::tick(MonoTime now) {
    std::vector<std::uint64_t> idle;
    for (auto& [id, connection] : connections_) {
        const auto since = connection->idle_since();
        if (since && now - *since >= idle_max_) idle.push_back(id);
    }
    services_.counters.connections_idle_closed += idle.size();
    if (!idle.empty()) post_each(std::move(idle), &Connection::close);
}

Task<void> ConnectionShard::stop(MonoTime deadline) {
    post_each(ids(), &Connection::drain);
    while (!connections_.empty()) {
        if (co_await ended_.wait_until(deadline) == io::Wakeup::kDeadline) break;
    }
    post_each(ids(), &Connection::close);
    co_await tasks_.stop();
}

bool ConnectionCounts::add(const std::string& host) {
    if (total_ >= quota_.total_max) return false;
    const auto found = by_host_.find(host);
    if ((found == by_host_.end() ? 0 : found->second) >= quota_.per_address_max) return false;
    ++by_host_[host];
    ++total_;
    return true;
}

void ConnectionCounts::remove(const std::string& host) {
    const auto found = by_host_.find(host);
    CHECK(found != by_host_.end() && total_ > 0);
    --total_;
    if (--found->second == 0) by_host_.erase(found);
}

Listener::Listener(Environment environment, std::string name, std::unique_ptr<io::Acceptor> acceptor)
    : environment_(std::move(environment)), name_(std::move(name)), acceptor_(std::move(acceptor)) {}

Listener::~Listener() = default;

void Listener::start() { tasks_.start(accept_loop()); }

Task<void> Listener::stop() {
    stopping_ = true;
    acceptor_->close();
    co_await tasks_.stop();
}

Task<void> Listener::accept_loop() {
    while (!stopping_) {
        auto& shard = *environment_.shards[next_shard_++ % environment_.shards.size()];
        auto socket = co_await io::accept(*acceptor_, shard.network());
        if (socket) {
            take(shard, *std::move(socket));
        } else if (!stopping_) {
            LOG_WARNING("server", "cannot accept listener={} error=\"{}\"", name_, socket.error().to_string());
            co_await io::sleep_until(environment_.executor, environment_.executor.now().mono + kBusyPause);
        }
    }
}

void Listener::take(ConnectionShard& shard, std::unique_ptr<io::Socket> socket) {
    const auto host = socket->peer().host;
    const bool counted = environment_.counts.add(host);
    Peer peer{++environment_.next_connection_id, name_, host, {}, socket->sends_files()};
    auto* accepting = &environment_.executor;
    auto* counts = &environment_.counts;
    shard.executor().post(
        [&shard, socket = std::move(socket), peer = std::move(peer), counted, accepting, counts]() mutable {
            if (!counted) {
                ++shard.counters().connections_refused;
                return;  // the socket closes on its own core
            }
            const auto address = peer.host;
            shard.adopt(std::move(socket), std::move(peer),
                        [accepting, counts, address] { accepting->post([counts, address] { counts->remove(address); }); });
        });
}

}  // namespace moldau::server
