// Accepting, counting, idling and stopping over the simulated network; the budget and the signal that connections use.

#include "server/listener.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "server/connection_testing.h"
#include "sim/loop.h"
#include "sim/network.h"

namespace moldau::server {
namespace {

using testing::FakeDispatcher;
using testing::frame_of;

// One client's end: what it received, and whether the server ended.
struct Client {
    Task<void> read_all() {
        std::array<std::uint8_t, 4096> part;
        while (true) {
            const auto count = co_await io::read_some(*socket, part);
            if (!count || *count == 0) break;
            received.append(reinterpret_cast<const char*>(part.data()), *count);
        }
        ended = true;
    }
    std::unique_ptr<io::Socket> socket;
    std::string received;
    bool ended = false;
};

struct Server {
    explicit Server(ConnectionQuota quota = {100, 100}, sim::NetworkOptions options = {})
        : internet(options), counts(quota) {
        auto acceptor = network.listen({"server", 9092});
        CHECK(acceptor.has_value());
        listener = std::make_unique<Listener>(Listener::Environment{loop, {&shard}, counts, next_id}, "PLAINTEXT",
                                              *std::move(acceptor));
        listener->start();
    }
    ~Server() {
        for (auto& client : clients) client->socket->close();
        sim::run(loop, listener->stop());
        sim::run(loop, shard.stop(loop.now().mono));
        loop.run_until_idle();
        EXPECT_EQ(counts.total(), 0u);
        EXPECT_EQ(counters.connections_open, 0u);
        listener.reset();
    }
    Client& connect(sim::Network& from) {
        auto socket = sim::run(loop, io::connect(from, {"server", 9092}));
        CHECK(socket.has_value());
        auto& client = *clients.emplace_back(std::make_unique<Client>());
        client.socket = *std::move(socket);
        spawn(client.read_all(), [] {});
        loop.run_until_idle();
        return client;
    }
    void send(Client& client, const std::string& data) {
        EXPECT_TRUE(sim::run(loop, io::write(*client.socket, bytes::ChunkList{bytes::View::copy_of(data)})));
        loop.run_until_idle();
    }
    void tick() {
        shard.tick(loop.now().mono);
        loop.run_until_idle();
    }

    sim::Loop loop;
    sim::Internet internet;
    sim::Network network{internet, loop, "server"};
    sim::Network home{internet, loop, "client"};
    sim::Network other{internet, loop, "other"};
    MemoryBudget memory{1 << 20};
    FakeDispatcher dispatcher;
    ServerCounters counters;
    ConnectionShard shard{{loop, memory, dispatcher, counters, {}}, network, std::chrono::minutes{10}};
    ConnectionCounts counts;
    std::uint64_t next_id = 0;
    std::unique_ptr<Listener> listener;
    std::vector<std::unique_ptr<Client>> clients;
};

TEST(Listener, ServesConnectionsOverANetworkThatCutsBytesAnywhere) {
    Server server{{100, 100}, {.seed = 5, .delay_max = std::chrono::milliseconds{3}, .piece_bytes_max = 3}};
    auto& first = server.connect(server.home);
    auto& second = server.connect(server.other);
    server.send(first, frame_of("one") + frame_of("two"));
    server.send(second, frame_of("three"));
    server.loop.advance(std::chrono::seconds{1});

    EXPECT_EQ(first.received, frame_of("one") + frame_of("two"));
    EXPECT_EQ(second.received, frame_of("three"));
    EXPECT_EQ(server.counters.connections_open, 2u);
}

TEST(Listener, RefusesConnectionsOverTheLimitOfAnAddress) {
    Server server{{.total_max = 3, .per_address_max = 1}};
    auto& first = server.connect(server.home);
    auto& refused = server.connect(server.home);
    auto& second = server.connect(server.other);

    EXPECT_FALSE(first.ended);
    EXPECT_TRUE(refused.ended);
    EXPECT_FALSE(second.ended);
    EXPECT_EQ(server.counters.connections_refused, 1u);
}

TEST(Listener, CountsOneLessWhenAConnectionEnds) {
    Server server{{.total_max = 1, .per_address_max = 1}};
    server.connect(server.home).socket->close();
    server.loop.run_until_idle();

    EXPECT_FALSE(server.connect(server.home).ended);
}

TEST(ConnectionShard, ClosesWhatWasSilentForTooLong) {
    Server server;
    auto& idle = server.connect(server.home);
    auto& busy = server.connect(server.home);
    server.send(busy, frame_of("hold 1"));
    server.loop.advance(std::chrono::minutes{9});
    server.tick();
    EXPECT_FALSE(idle.ended);

    server.loop.advance(std::chrono::minutes{1});
    server.tick();

    EXPECT_TRUE(idle.ended);
    EXPECT_FALSE(busy.ended);
    EXPECT_EQ(server.counters.connections_idle_closed, 1u);
    server.dispatcher.finish("hold 1");
}

TEST(ConnectionShard, StoppingLetsRequestsUnderWayFinish) {
    Server server;
    auto& client = server.connect(server.home);
    server.send(client, frame_of("hold 1") + frame_of("poll 2"));
    bool stopped = false;
    spawn(server.shard.stop(server.loop.now().mono + std::chrono::seconds{4}), [&] { stopped = true; });
    server.loop.run_until_idle();
    EXPECT_FALSE(stopped);

    server.dispatcher.finish("hold 1");
    server.loop.run_until_idle();

    EXPECT_TRUE(stopped);
    EXPECT_EQ(client.received, frame_of("hold 1") + frame_of("poll 2"));
}

TEST(ConnectionShard, StoppingClosesAtTheDeadlineWhoeverIsNotDone) {
    Server server;
    auto& client = server.connect(server.home);
    server.send(client, frame_of("hold 1"));
    bool stopped = false;
    spawn(server.shard.stop(server.loop.now().mono + std::chrono::seconds{4}), [&] { stopped = true; });
    server.loop.advance(std::chrono::seconds{4});
    EXPECT_TRUE(client.ended);
    EXPECT_FALSE(stopped);  // the handler still uses what stop() guards

    server.dispatcher.finish("hold 1");
    server.loop.run_until_idle();

    EXPECT_TRUE(stopped);
}

TEST(ConnectionCounts, KeepsNothingOfAddressesThatItRefused) {
    ConnectionCounts counts{{.total_max = 2, .per_address_max = 0}};
    EXPECT_FALSE(counts.add("10.0.0.1"));
    EXPECT_EQ(counts.total(), 0u);
}

TEST(ConnectionCounts, JudgesNewConnectionsByTheNewQuota) {
    ConnectionCounts counts{{.total_max = 2, .per_address_max = 2}};
    ASSERT_TRUE(counts.add("a"));
    ASSERT_TRUE(counts.add("b"));

    counts.set_quota({.total_max = 1, .per_address_max = 2});
    EXPECT_EQ(counts.total(), 2u);
    counts.remove("b");
    EXPECT_FALSE(counts.add("c"));
    counts.set_quota({.total_max = 3, .per_address_max = 1});
    EXPECT_FALSE(counts.add("a"));
    EXPECT_TRUE(counts.add("c"));
}

TEST(MemoryBudget, GrantsInTheOrderOfAsking) {
    sim::Loop loop;
    MemoryBudget budget{100};
    std::optional<MemoryGrant> held = sim::run(loop, budget.acquire(80));
    std::vector<int> order;
    std::vector<MemoryGrant> grants;
    const auto ask = [&](int name, std::size_t bytes) {
        spawn(budget.acquire(bytes), [&order, &grants, name](MemoryGrant grant) {
            order.push_back(name);
            grants.push_back(std::move(grant));
        });
    };
    ask(1, 50);
    ask(2, 10);  // would fit, but waits its turn
    EXPECT_TRUE(order.empty());
    EXPECT_EQ(budget.waiting(), 2u);

    held.reset();

    EXPECT_EQ(order, (std::vector<int>{1, 2}));
    EXPECT_EQ(budget.used(), 60u);
    grants.clear();
}

TEST(MemoryBudget, GrantsMoreThanAllOfItToOneAlone) {
    sim::Loop loop;
    MemoryBudget budget{100};
    std::optional<MemoryGrant> large = sim::run(loop, budget.acquire(500));
    EXPECT_EQ(large->bytes(), 500u);
    std::optional<MemoryGrant> next;
    spawn(budget.acquire(1), [&](MemoryGrant grant) { next = std::move(grant); });
    EXPECT_FALSE(next.has_value());

    large.reset();

    EXPECT_TRUE(next.has_value());
}

TEST(MemoryGrant, GivesBackOnceHoweverItIsMoved) {
    sim::Loop loop;
    MemoryBudget budget{100};
    {
        auto first = sim::run(loop, budget.acquire(30));
        auto second = sim::run(loop, budget.acquire(20));
        MemoryGrant moved = std::move(first);
        EXPECT_EQ(first.bytes(), 0u);
        moved = std::move(second);
        EXPECT_LE(budget.used(), 50u);
    }
    EXPECT_EQ(budget.used(), 0u);
}

TEST(AbortSignal, CallsEachSubscriberOnceAndLateOnesAtOnce) {
    AbortSignal signal;
    int calls = 0;
    const auto kept = signal.subscribe([&] { ++calls; });
    const auto taken_back = signal.subscribe([&] { calls += 100; });
    EXPECT_TRUE(kept.has_value());
    signal.unsubscribe(*taken_back);

    signal.fire();
    signal.fire();
    EXPECT_EQ(calls, 1);

    EXPECT_FALSE(signal.subscribe([&] { ++calls; }).has_value());
    EXPECT_EQ(calls, 2);
    signal.unsubscribe(*kept);  // harmless once fired
}

}  // namespace
}  // namespace moldau::server
