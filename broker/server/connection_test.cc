// Connections against a peer that the test plays byte by byte: order, limits, admission and every way to end.

#include "server/connection.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/connection_testing.h"
#include "sim/loop.h"

namespace moldau::server {
namespace {

using testing::FakeDispatcher;
using testing::FakeSocket;
using testing::frame_of;
using testing::prefix_of;
using Texts = std::vector<std::string>;

struct Served {
    explicit Served(ConnectionLimits limits = {}, std::size_t memory_bytes = 1 << 20) : memory(memory_bytes) {
        auto owned = std::make_unique<FakeSocket>(loop);
        socket = owned.get();
        Peer peer;
        peer.host = "10.0.0.7";
        connection.emplace(ConnectionServices{loop, memory, dispatcher, counters, limits}, std::move(owned),
                           std::move(peer));
        spawn(connection->run(), [this] { ended = true; });
        loop.run_until_idle();
    }
    ~Served() {
        connection->close();
        for (const auto& text : Texts{names_held()}) dispatcher.finish(text);
        loop.run_until_idle();
        EXPECT_TRUE(ended);
        connection.reset();
        EXPECT_EQ(memory.used(), 0u);
    }
    Texts names_held() const {
        Texts names;
        for (const auto& [name, done] : dispatcher.held) names.push_back(name);
        return names;
    }
    void feed(const std::string& data) {
        socket->feed(data);
        loop.run_until_idle();
    }
    void request(const std::string& text) { feed(frame_of(text)); }
    void finish(const std::string& text) {
        dispatcher.finish(text);
        loop.run_until_idle();
    }
    void take_write() {
        socket->take_write();
        loop.run_until_idle();
    }

    sim::Loop loop;
    MemoryBudget memory;
    FakeDispatcher dispatcher;
    ServerCounters counters;
    FakeSocket* socket = nullptr;
    std::optional<Connection> connection;
    bool ended = false;
};

TEST(Connection, AnswersPipelinedRequestsInTheOrderOfTheirArrival) {
    Served served;
    served.feed(frame_of("hold 1") + frame_of("hold 2") + frame_of("3"));
    EXPECT_EQ(served.dispatcher.started, (Texts{"hold 1", "hold 2", "3"}));

    served.finish("hold 2");
    EXPECT_EQ(served.socket->sent, "");
    served.finish("hold 1");

    EXPECT_EQ(served.socket->sent, frame_of("hold 1") + frame_of("hold 2") + frame_of("3"));
    EXPECT_EQ(served.socket->writes, 1);
    EXPECT_EQ(served.counters.bytes_out, served.socket->sent.size());
}

TEST(Connection, LetsARequestThatMustRunAloneWaitForTheOthersAndHoldThemUp) {
    Served served;
    served.feed(frame_of("hold 1") + frame_of("!hold 2") + frame_of("3"));
    EXPECT_EQ(served.dispatcher.started, (Texts{"hold 1"}));

    served.finish("hold 1");
    EXPECT_EQ(served.dispatcher.started, (Texts{"hold 1", "!hold 2"}));
    served.finish("!hold 2");

    EXPECT_EQ(served.dispatcher.started, (Texts{"hold 1", "!hold 2", "3"}));
    EXPECT_EQ(served.socket->sent, frame_of("hold 1") + frame_of("!hold 2") + frame_of("3"));
}

TEST(Connection, StartsNoMoreRequestsThanThePipelineHolds) {
    Served served{{.pipeline_max = 2}};
    served.feed(frame_of("hold 1") + frame_of("hold 2") + frame_of("3"));
    EXPECT_EQ(served.dispatcher.started.size(), 2u);

    served.finish("hold 1");

    EXPECT_EQ(served.dispatcher.started.size(), 3u);
}

TEST(Connection, ReadsFramesHoweverTheyAreCut) {
    Served served;
    const std::string large(50'000, 'x');
    const std::string stream = frame_of("first") + frame_of(large) + frame_of("last");
    for (const char byte : stream.substr(0, 20)) served.feed(std::string(1, byte));
    served.feed(stream.substr(20));

    EXPECT_EQ(served.socket->sent, stream);
    EXPECT_EQ(served.counters.requests, 3u);
    EXPECT_EQ(served.counters.bytes_in, stream.size());
}

TEST(Connection, KeepsThePlaceInItsBufferOverManySmallFrames) {
    Served served;
    std::string stream;
    for (int number = 0; number < 5'000; ++number) stream += frame_of("request " + std::to_string(number));
    served.feed(stream);

    EXPECT_EQ(served.socket->sent, stream);
}

class BadLength : public ::testing::TestWithParam<std::int32_t> {};

TEST_P(BadLength, ClosesTheConnection) {
    Served served{{.frame_bytes_max = 1'000}};
    served.feed(frame_of("good") + prefix_of(GetParam()) + "xxxx");

    EXPECT_TRUE(served.ended);
    EXPECT_TRUE(served.socket->closed);
    EXPECT_EQ(served.socket->sent, frame_of("good"));
    EXPECT_EQ(served.counters.connections_failed, 1u);
}

INSTANTIATE_TEST_SUITE_P(Connection, BadLength, ::testing::Values(0, -1, INT32_MIN, 1'001, INT32_MAX));

TEST(Connection, TakesAFrameOfTheLargestSize) {
    Served served{{.frame_bytes_max = 1'000}};
    served.request(std::string(1'000, 'x'));

    EXPECT_EQ(served.dispatcher.started.size(), 1u);
    EXPECT_FALSE(served.ended);
}

TEST(Connection, ClosesWhenARequestBreaksTheProtocol) {
    Served served;
    served.feed(frame_of("good") + frame_of("bad") + frame_of("late"));

    EXPECT_TRUE(served.ended);
    EXPECT_EQ(served.counters.connections_failed, 1u);
    EXPECT_EQ(served.socket->sent, frame_of("good"));
}

TEST(Connection, SendsNothingForARequestThatWantsNoAnswer) {
    Served served;
    served.feed(frame_of("none 1") + frame_of("none 2"));
    EXPECT_EQ(served.socket->writes, 0);
    EXPECT_TRUE(served.connection->idle_since().has_value());

    served.request("after");

    EXPECT_EQ(served.socket->sent, frame_of("after"));
}

TEST(Connection, AnswersAPeerThatHasEndedItsSideFirst) {
    Served served;
    served.feed(frame_of("hold 1") + frame_of("2"));
    served.socket->end_input();
    served.loop.run_until_idle();
    EXPECT_FALSE(served.ended);

    served.finish("hold 1");

    EXPECT_EQ(served.socket->sent, frame_of("hold 1") + frame_of("2"));
    EXPECT_TRUE(served.ended);
}

TEST(Connection, FinishesAnAnswerThatIsBeingWrittenWhenThePeerEnds) {
    Served served;
    served.socket->is_slow = true;
    served.request("1");
    ASSERT_TRUE(served.socket->is_writing());
    served.socket->end_input();
    served.loop.run_until_idle();
    EXPECT_FALSE(served.socket->closed);

    served.take_write();

    EXPECT_TRUE(served.ended);
}

TEST(Connection, CountsAsIdleWhileThePeerDoesNotReadItsAnswers) {
    Served served;
    served.socket->is_slow = true;
    served.feed(frame_of("1") + frame_of("hold 2"));
    ASSERT_TRUE(served.socket->is_writing());
    EXPECT_TRUE(served.connection->idle_since().has_value());

    served.take_write();

    EXPECT_FALSE(served.connection->idle_since().has_value());
    served.finish("hold 2");
    served.take_write();
}

TEST(Connection, EndsWhenThePeerEndsInTheMiddleOfAFrame) {
    Served served;
    served.feed(frame_of("a frame that never ends").substr(0, 9));
    EXPECT_GT(served.memory.used(), 0u);
    served.socket->end_input();
    served.loop.run_until_idle();

    EXPECT_TRUE(served.ended);
    EXPECT_TRUE(served.dispatcher.started.empty());
    EXPECT_EQ(served.memory.used(), 0u);
}

TEST(Connection, DrainingLetsLongWaitsAnswerAndEnds) {
    Served served;
    served.feed(frame_of("poll 1") + frame_of("hold 2"));
    served.connection->drain();
    served.loop.run_until_idle();
    EXPECT_EQ(served.socket->sent, frame_of("poll 1"));
    EXPECT_FALSE(served.ended);

    served.finish("hold 2");

    EXPECT_EQ(served.socket->sent, frame_of("poll 1") + frame_of("hold 2"));
    EXPECT_TRUE(served.ended);
}

TEST(Connection, DrainingWaitsForAnAnswerThatIsBeingWritten) {
    Served served;
    served.socket->is_slow = true;
    served.request("1");
    served.connection->drain();
    served.loop.run_until_idle();
    EXPECT_FALSE(served.socket->closed);

    served.take_write();

    EXPECT_TRUE(served.ended);
}

TEST(Connection, DrainingAnIdleOneEndsItAtOnce) {
    Served served;
    served.connection->drain();
    served.loop.run_until_idle();

    EXPECT_TRUE(served.ended);
}

TEST(Connection, EndsOnlyWhenItsRequestsHaveEndedEvenWhenClosed) {
    Served served;
    served.feed(frame_of("hold 1") + frame_of("poll 2"));
    served.connection->close();
    served.loop.run_until_idle();
    EXPECT_TRUE(served.socket->closed);
    EXPECT_FALSE(served.ended);

    served.finish("hold 1");

    EXPECT_TRUE(served.ended);
    EXPECT_EQ(served.socket->sent, "");
}

TEST(Connection, ClosingTwiceAndDrainingAfterwardsIsHarmless) {
    Served served;
    served.request("poll 1");
    served.connection->close();
    served.connection->close();
    served.connection->drain();
    served.loop.run_until_idle();

    EXPECT_TRUE(served.ended);
}

TEST(Connection, DoesNotReadABodyBeforeItsMemoryIsGranted) {
    Served served{{}, 100};
    auto other = sim::run(served.loop, served.memory.acquire(60));
    served.feed(prefix_of(80));
    EXPECT_EQ(served.memory.waiting(), 1u);
    served.feed(std::string(80, 'x'));
    EXPECT_TRUE(served.dispatcher.started.empty());

    other = MemoryGrant{};
    served.loop.run_until_idle();

    EXPECT_EQ(served.dispatcher.started.size(), 1u);
    EXPECT_EQ(served.memory.used(), 0u);
}

TEST(Connection, HoldsAndReturnsTheMemoryOfItsRequests) {
    Served served;
    served.request("hold 12345");
    EXPECT_EQ(served.memory.used(), 10u);
    served.finish("hold 12345");

    EXPECT_EQ(served.memory.used(), 0u);
}

TEST(Connection, ClosedWhileItWaitsForMemoryEndsOnceThatIsGranted) {
    Served served{{}, 100};
    std::optional<MemoryGrant> other = sim::run(served.loop, served.memory.acquire(60));
    served.feed(prefix_of(80));
    served.connection->close();
    served.loop.run_until_idle();
    EXPECT_FALSE(served.ended);

    other.reset();
    served.loop.run_until_idle();

    EXPECT_TRUE(served.ended);
}

TEST(Connection, IsIdleSinceItLastReadUnlessRequestsAreUnderWay) {
    Served served;
    const auto start = served.loop.now().mono;
    served.loop.advance(std::chrono::seconds{5});
    EXPECT_EQ(served.connection->idle_since(), start);
    served.request("hold 1");
    EXPECT_EQ(served.connection->idle_since(), std::nullopt);

    served.finish("hold 1");

    EXPECT_EQ(served.connection->idle_since(), start + std::chrono::seconds{5});
}

TEST(Connection, StopsServingWhenThePeerTakesNoAnswers) {
    Served served{{.pipeline_max = 2}};
    served.socket->is_slow = true;
    for (int count = 0; count < 10; ++count) served.request("x");
    EXPECT_LE(served.dispatcher.started.size(), 4u);

    served.socket->is_slow = false;
    served.take_write();

    EXPECT_EQ(served.dispatcher.started.size(), 10u);
}

}  // namespace
}  // namespace moldau::server
