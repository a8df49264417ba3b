// Simulated connections: order, pieces, windows, ends, cuts, resets; the same run from the same seed.

#include "sim/network.h"

#include <gtest/gtest.h>

#include <array>

#include "base/task_group.h"
#include "sim/loop.h"

namespace moldau::sim {
namespace {

bytes::ChunkList chunk(std::string_view text) { return bytes::ChunkList{bytes::View::copy_of(text)}; }

struct Pair {
    std::unique_ptr<io::Socket> client;
    std::unique_ptr<io::Socket> server;
};

Task<Pair> connect_pair(Network& client, Network& server) {
    auto acceptor = *server.listen({.host = "", .port = 9'092});
    Pair pair;
    TaskGroup group;
    auto connect_to = [](Network& from, io::Address address, Pair& into) -> Task<void> {
        into.client = *co_await io::connect(from, address);
    };
    group.start(connect_to(client, acceptor->local(), pair));
    pair.server = *co_await io::accept(*acceptor, server);
    co_await group.stop();
    co_return pair;
}

Task<std::string> read_all(io::Socket& socket, std::vector<std::size_t>& pieces) {
    std::array<std::uint8_t, 4'096> buffer;
    std::string text;
    for (;;) {
        const auto count = co_await io::read_some(socket, buffer);
        if (!count || *count == 0) co_return count ? text : text + "!" + std::string{errc_name(count.error().code)};
        pieces.push_back(*count);
        text.append(reinterpret_cast<const char*>(buffer.data()), *count);
    }
}

class NetworkTest : public testing::Test {
protected:
    explicit NetworkTest(NetworkOptions options = {.delay_min = Millis{1}, .delay_max = Millis{9}, .piece_bytes_max = 7})
        : internet_(options) {}
    Loop loop_;
    Internet internet_;
    Network a_{internet_, loop_, "a"};
    Network b_{internet_, loop_, "b"};
    std::vector<std::size_t> pieces_;
};

TEST_F(NetworkTest, CarriesBytesInOrderInPiecesAndThenTheEnd) {
    auto pair = run(loop_, connect_pair(a_, b_));
    const std::string text = "the quick brown fox jumps over the lazy dog";
    EXPECT_TRUE(run(loop_, io::write(*pair.client, chunk(text))));
    pair.client.reset();
    EXPECT_EQ(run(loop_, read_all(*pair.server, pieces_)), text);
    EXPECT_GT(pieces_.size(), 5u);
}

TEST_F(NetworkTest, TakesTime) {
    auto pair = run(loop_, connect_pair(a_, b_));
    const auto start = loop_.now().mono;
    run(loop_, io::write(*pair.client, chunk("x")));
    std::array<std::uint8_t, 1> buffer;
    EXPECT_EQ(run(loop_, io::read_some(*pair.server, buffer)), 1u);
    EXPECT_GE(loop_.now().mono - start, Millis{1});
}

TEST_F(NetworkTest, AWriteWaitsForASlowReader) {
    auto pair = run(loop_, connect_pair(a_, b_));
    bool written = false;
    pair.client->write(chunk(std::string(300 << 10, 'x')), [&](auto result) { written = result.has_value(); });
    loop_.advance(std::chrono::minutes{1});
    EXPECT_FALSE(written);
    std::vector<std::uint8_t> buffer(64 << 10);
    EXPECT_TRUE(run(loop_, io::read_some(*pair.server, buffer)));
    loop_.advance(std::chrono::minutes{1});
    EXPECT_TRUE(written);
}

TEST_F(NetworkTest, ACutHoldsBytesUntilItHeals) {
    auto pair = run(loop_, connect_pair(a_, b_));
    internet_.cut("b", "a");
    EXPECT_TRUE(run(loop_, io::write(*pair.client, chunk("abc"))));
    std::size_t got = 0;
    std::array<std::uint8_t, 16> buffer;
    pair.server->read_some(buffer, [&](auto result) { got = *result; });
    loop_.advance(std::chrono::hours{1});
    EXPECT_EQ(got, 0u);
    const auto refused = run(loop_, io::connect(a_, {"b", 9'092}));
    EXPECT_EQ(refused.error().context, "connect to b:9092: Connection timed out");
    internet_.heal("a", "b");
    loop_.run_until_idle();
    EXPECT_GT(got, 0u);
}

TEST_F(NetworkTest, AResetFailsBothSides) {
    auto pair = run(loop_, connect_pair(a_, b_));
    std::vector<std::string> ends;
    spawn(read_all(*pair.server, pieces_), [&](std::string text) { ends.push_back(text); });
    spawn(read_all(*pair.client, pieces_), [&](std::string text) { ends.push_back(text); });
    internet_.reset("a", "b");
    loop_.run_until_idle();
    EXPECT_EQ(ends, (std::vector<std::string>{"!kClosed", "!kClosed"}));
    EXPECT_EQ(run(loop_, io::write(*pair.client, chunk("x"))).error().code, Errc::kClosed);
}

TEST_F(NetworkTest, ADeadProcessRefusesAndResets) {
    auto pair = run(loop_, connect_pair(a_, b_));
    auto acceptor = *b_.listen({.host = "b", .port = 1});
    EXPECT_FALSE(b_.listen({.host = "b", .port = 1}));
    internet_.process_dies("b");
    EXPECT_EQ(run(loop_, read_all(*pair.client, pieces_)), "!kClosed");
    EXPECT_EQ(run(loop_, io::connect(a_, {"b", 1})).error().context, "connect to b:1: Connection refused");
    EXPECT_EQ(run(loop_, io::accept(*acceptor, b_)).error().code, Errc::kClosed);
    EXPECT_TRUE(b_.listen({.host = "b", .port = 1}));
}

TEST_F(NetworkTest, ClosingEndsWhatIsUnderWay) {
    auto pair = run(loop_, connect_pair(a_, b_));
    std::string end;
    spawn(read_all(*pair.client, pieces_), [&](std::string text) { end = text; });
    pair.client->close();
    EXPECT_EQ(end, "");
    loop_.run_until_idle();
    EXPECT_EQ(end, "!kClosed");
    EXPECT_EQ(run(loop_, io::write(*pair.server, chunk("x"))).error().code, Errc::kClosed);
}

std::vector<std::size_t> seeded_run(std::uint64_t seed) {
    Loop loop;
    Internet internet{{.seed = seed, .delay_max = Millis{9}, .piece_bytes_max = 100}};
    Network a{internet, loop, "a"};
    Network b{internet, loop, "b"};
    auto pair = run(loop, connect_pair(a, b));
    run(loop, io::write(*pair.client, chunk(std::string(5'000, 'x'))));
    pair.client.reset();
    std::vector<std::size_t> pieces;
    run(loop, read_all(*pair.server, pieces));
    return pieces;
}

TEST(Internet, TheSameSeedGivesTheSameRun) {
    EXPECT_EQ(seeded_run(5), seeded_run(5));
    EXPECT_NE(seeded_run(5), seeded_run(6));
}

}  // namespace
}  // namespace moldau::sim
