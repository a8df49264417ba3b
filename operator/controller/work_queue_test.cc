// The work queue: no clock but the one that a test moves.

#include "operator/controller/work_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace moldau::controller {
namespace {

using namespace std::chrono_literals;

struct QueueAtTime {
    MonoTime now{1h};
    WorkQueue queue{{.backoff_first = 100ms, .backoff_max = 1s, .bulk_every = 4}};

    static Key key(const std::string& name) { return Key{"shop", name}; }
    void add(const std::string& name, Priority priority = Priority::kLive) { queue.add(key(name), priority, now); }
    std::string take() {
        const auto taken = queue.take(now);
        return taken ? taken->key.name : "";
    }
    void done(const std::string& name) { queue.done(key(name), now); }
};

TEST(WorkQueue, GivesAKeyOnceHoweverOftenItWasAdded) {
    QueueAtTime at;
    at.add("a");
    at.add("b");
    at.add("a");

    EXPECT_EQ(at.take(), "a");
    EXPECT_EQ(at.take(), "b");
    EXPECT_EQ(at.take(), "");
    EXPECT_EQ(at.queue.counters().adds, 2u);
}

TEST(WorkQueue, NeverGivesAKeyThatIsBeingWorkedOn) {
    QueueAtTime at;
    at.add("a");
    EXPECT_EQ(at.take(), "a");
    at.add("a");
    at.add("a");
    EXPECT_EQ(at.take(), "");
    at.done("a");

    EXPECT_EQ(at.take(), "a");
    at.done("a");
    EXPECT_EQ(at.take(), "");
}

TEST(WorkQueue, LetsLiveChangesOvertakeTheFlood) {
    QueueAtTime at;
    at.add("old1", Priority::kBulk);
    at.add("old2", Priority::kBulk);
    at.add("edit", Priority::kLive);

    EXPECT_EQ(at.take(), "edit");
    EXPECT_EQ(at.take(), "old1");
}

TEST(WorkQueue, RaisesAWaitingKeyThatIsEdited) {
    QueueAtTime at;
    at.add("old1", Priority::kBulk);
    at.add("old2", Priority::kBulk);
    at.add("old2", Priority::kLive);

    EXPECT_EQ(at.take(), "old2");
    EXPECT_EQ(at.take(), "old1");
    EXPECT_EQ(at.take(), "");
}

TEST(WorkQueue, DoesNotLowerAWaitingKey) {
    QueueAtTime at;
    at.add("edit", Priority::kLive);
    at.add("old", Priority::kBulk);
    at.add("edit", Priority::kBulk);

    EXPECT_EQ(at.take(), "edit");
}

TEST(WorkQueue, GivesLiveKeysAloneWhenAsked) {
    QueueAtTime at;
    at.add("old", Priority::kBulk);
    at.add("edit", Priority::kLive);

    EXPECT_EQ(at.queue.take_live(at.now)->key.name, "edit");
    EXPECT_FALSE(at.queue.take_live(at.now));
    EXPECT_EQ(at.take(), "old");
}

TEST(WorkQueue, StarvesNobody) {
    QueueAtTime at;
    at.add("old", Priority::kBulk);
    std::vector<std::string> order;
    for (int turn = 0; turn < 4; ++turn) {
        at.add("edit" + std::to_string(turn));
        at.add("more" + std::to_string(turn));
        order.push_back(at.take());
    }

    EXPECT_EQ(order, (std::vector<std::string>{"edit0", "more0", "edit1", "old"}));
}

TEST(WorkQueue, DoublesTheDelayOfEachFailureUpToItsMaximum) {
    QueueAtTime at;
    std::vector<Millis> delays;
    for (int attempt = 0; attempt < 6; ++attempt) {
        delays.push_back(at.queue.add_with_backoff(at.key("a"), 0, at.now));
        at.now += 2s;
        EXPECT_EQ(at.take(), "a");
        at.done("a");
    }
    at.queue.forget(at.key("a"));
    delays.push_back(at.queue.add_with_backoff(at.key("a"), 0, at.now));

    EXPECT_EQ(delays, (std::vector<Millis>{100ms, 200ms, 400ms, 800ms, 1s, 1s, 100ms}));
    EXPECT_EQ(at.queue.counters().retries, 7u);
}

TEST(WorkQueue, TakesUpToAQuarterOffADelay) {
    QueueAtTime at;
    EXPECT_EQ(at.queue.add_with_backoff(at.key("a"), 0.99, at.now), 76ms);
}

TEST(WorkQueue, ReleasesADelayedKeyWhenItIsDue) {
    QueueAtTime at;
    at.queue.add_after(at.key("a"), 500ms, at.now);
    EXPECT_EQ(at.queue.next_due(), at.now + 500ms);
    at.now += 499ms;
    EXPECT_EQ(at.take(), "");
    at.now += 1ms;

    EXPECT_EQ(at.take(), "a");
    EXPECT_EQ(at.queue.next_due(), std::nullopt);
}

TEST(WorkQueue, KeepsTheEarlierOfTwoDelays) {
    QueueAtTime at;
    at.queue.add_after(at.key("a"), 500ms, at.now);
    at.queue.add_after(at.key("a"), 900ms, at.now);
    EXPECT_EQ(at.queue.next_due(), at.now + 500ms);
    at.queue.add_after(at.key("a"), 100ms, at.now);

    EXPECT_EQ(at.queue.next_due(), at.now + 100ms);
    EXPECT_EQ(at.queue.delayed(), 1u);
}

TEST(WorkQueue, ForgetsTheDelayOfAKeyThatChangesMeanwhile) {
    QueueAtTime at;
    at.queue.add_after(at.key("a"), 500ms, at.now);
    at.add("a");
    EXPECT_EQ(at.take(), "a");
    at.done("a");
    at.now += 1s;

    EXPECT_EQ(at.take(), "");
}

TEST(WorkQueue, KeepsADelayAskedForWhileTheKeyIsWorkedOn) {
    QueueAtTime at;
    at.add("a");
    EXPECT_EQ(at.take(), "a");
    at.queue.add_after(at.key("a"), 300ms, at.now);
    at.done("a");
    EXPECT_EQ(at.take(), "");
    at.now += 300ms;

    EXPECT_EQ(at.take(), "a");
}

TEST(WorkQueue, PrefersAChangeToADelayWhenTheWorkEnds) {
    QueueAtTime at;
    at.add("a");
    EXPECT_EQ(at.take(), "a");
    at.queue.add_with_backoff(at.key("a"), 0, at.now);
    at.add("a");
    at.done("a");

    EXPECT_EQ(at.take(), "a");
    EXPECT_EQ(at.queue.delayed(), 0u);
}

TEST(WorkQueue, SaysHowLongKeysWaitedAndWereWorkedOn) {
    QueueAtTime at;
    at.add("a", Priority::kBulk);
    at.now += 2s;
    at.add("a", Priority::kLive);
    const auto taken = at.queue.take(at.now);
    at.now += 3s;

    EXPECT_EQ(taken->waited, 2s);
    EXPECT_EQ(at.queue.unfinished(at.now).second, 3s);
    EXPECT_EQ(at.queue.done(at.key("a"), at.now), 3s);
    EXPECT_TRUE(at.queue.is_idle());
}

}  // namespace
}  // namespace moldau::controller
