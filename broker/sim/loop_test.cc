// Virtual time: order, timers, tasks that cannot finish, and the same run from the same seed.

#include "sim/loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace moldau::sim {
namespace {

TEST(Loop, RunsPostsThenTheEndOfTheTurn) {
    Loop loop;
    std::string order;
    loop.at_end_of_turn([&] { order += 'c'; });
    loop.post([&] {
        order += 'a';
        loop.post([&] { order += 'd'; });
    });
    loop.post([&] { order += 'b'; });
    loop.run_until_idle();
    EXPECT_EQ(order, "abcd");
}

TEST(Loop, MovesTimeOnlyWhenToldAndStopsAtEveryTimer) {
    Loop loop;
    const auto start = loop.now();
    std::vector<MonoTime> fired;
    for (const int tick : {30, 10, 20}) loop.schedule(start.mono + Millis{tick}, [&] { fired.push_back(loop.now().mono); });
    loop.run_until_idle();
    EXPECT_TRUE(fired.empty());
    loop.advance(Millis{25});
    EXPECT_EQ(fired, (std::vector{start.mono + Millis{10}, start.mono + Millis{20}}));
    EXPECT_EQ(loop.now().mono, start.mono + Millis{25});
    EXPECT_EQ(loop.now().wall, start.wall + Millis{25});
}

TEST(Loop, RunsATaskThroughItsSleeps) {
    Loop loop;
    auto sleep = [](io::Executor& executor) -> Task<MonoTime> {
        co_await io::sleep_until(executor, executor.now().mono + std::chrono::minutes{5});
        co_return executor.now().mono;
    };
    const auto start = loop.now().mono;
    EXPECT_EQ(run(loop, sleep(loop)), start + std::chrono::minutes{5});
}

Task<int> wait_for_ever() {
    co_return co_await completion<int>([](auto done) { static_cast<void>(done); });
}

// The task that never ends is let go of, on purpose.
TEST(LoopDeathTest, RunFailsLoudlyWhenTheTaskCannotFinish) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(
        {
            Loop loop;
            run(loop, wait_for_ever());
        },
        "waits for something that never comes");
}

TEST(Loop, TryRunGivesUpAndALateEndDoesNoHarm) {
    Loop loop;
    std::move_only_function<void(int)> later;
    auto wait = [](std::move_only_function<void(int)>& slot) -> Task<int> {
        co_return co_await completion<int>([&](auto done) { slot = std::move(done); });
    };
    EXPECT_EQ(try_run(loop, wait(later)), std::nullopt);
    later(1);
}

std::string shuffled_run(std::uint64_t seed) {
    Loop loop{{.seed = seed, .order = Order::kShuffled}};
    std::string order;
    for (char name = 'a'; name <= 'h'; ++name) {
        loop.post([&order, name] { order += name; });
        loop.schedule(loop.now().mono, [&order, name] { order += static_cast<char>(name - 'a' + 'A'); });
    }
    loop.run_until_idle();
    return order;
}

TEST(Loop, ShufflesTimersWithPostsButKeepsPostsInOrder) {
    EXPECT_EQ(shuffled_run(7), shuffled_run(7));
    EXPECT_NE(shuffled_run(7), shuffled_run(8));
    std::string posts = shuffled_run(7);
    std::erase_if(posts, [](char name) { return name < 'a'; });
    EXPECT_EQ(posts, "abcdefgh");
}

}  // namespace
}  // namespace moldau::sim
