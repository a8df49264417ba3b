// Order, time, cancellation and posts from other threads.

#include "operator/loop/loop.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "operator/loop/manual_loop.h"
#include "operator/loop/real_loop.h"
#include "operator/loop/signal.h"

namespace moldau::loop {
namespace {

TEST(ManualLoop, RunsPostedWorkInOrderAndNeverInside) {
    ManualLoop loop;
    std::string order;
    loop.post([&] {
        loop.post([&] { order += 'c'; });
        order += 'a';
    });
    loop.post([&] { order += 'b'; });
    EXPECT_EQ(order, "");

    loop.run_ready();

    EXPECT_EQ(order, "abc");
}

TEST(ManualLoop, RunsTimersInTheOrderOfTheirTimes) {
    ManualLoop loop;
    std::string order;
    loop.call_after(Millis{20}, [&] { order += 'c'; });
    loop.call_after(Millis{10}, [&] { order += 'a'; });
    loop.call_after(Millis{10}, [&] { order += 'b'; });

    loop.advance(Millis{10});
    EXPECT_EQ(order, "ab");
    loop.advance(Millis{10});

    EXPECT_EQ(order, "abc");
}

TEST(ManualLoop, SeesTheTimeOfEachTimerWhileItRuns) {
    ManualLoop loop;
    const auto start = loop.now();
    std::vector<Millis> seen;
    loop.call_after(Millis{5}, [&] {
        seen.push_back(std::chrono::floor<Millis>(loop.mono_now() - start.mono));
        loop.call_after(Millis{5}, [&] { seen.push_back(std::chrono::floor<Millis>(loop.mono_now() - start.mono)); });
    });

    loop.advance(Millis{50});

    EXPECT_EQ(seen, (std::vector<Millis>{Millis{5}, Millis{10}}));
    EXPECT_EQ(loop.wall_now() - start.wall, Millis{50});
}

TEST(ManualLoop, ForgetsACancelledTimer) {
    ManualLoop loop;
    bool ran = false;
    const auto timer = loop.call_after(Millis{1}, [&] { ran = true; });
    loop.cancel_timer(timer);
    loop.cancel_timer(timer);

    loop.advance(Millis{10});

    EXPECT_FALSE(ran);
    EXPECT_EQ(loop.timer_count(), 0U);
}

TEST(Sleep, EndsAtItsDeadline) {
    ManualLoop loop;
    bool woke = false;
    spawn(loop.sleep_for(Millis{100}), [&] { woke = true; });
    loop.advance(Millis{99});
    EXPECT_FALSE(woke);

    loop.advance(Millis{1});

    EXPECT_TRUE(woke);
}

TEST(Sleep, IsCutShortByCancelAndLeavesNoTimer) {
    ManualLoop loop;
    Cancel cancel;
    Result<void> result;
    spawn(loop.sleep_for(Millis{100}, cancel), [&](Result<void> value) { result = std::move(value); });

    cancel.request();
    loop.run_ready();

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::kCancelled);
    EXPECT_EQ(loop.timer_count(), 0U);
}

TEST(Signal, KeepsARaiseThatCameBeforeTheWait) {
    ManualLoop loop;
    Cancel cancel;
    Signal signal(loop);
    signal.raise();
    signal.raise();
    int woken = 0;
    spawn(signal.wait(cancel), [&](const Result<void>&) { ++woken; });
    EXPECT_EQ(woken, 1);

    spawn(signal.wait(cancel), [&](const Result<void>&) { ++woken; });
    loop.run_ready();
    EXPECT_EQ(woken, 1);

    signal.raise();
    loop.run_ready();
    EXPECT_EQ(woken, 2);
}

TEST(Signal, TellsWhetherTheDeadlineOrTheSignalCame) {
    ManualLoop loop;
    Cancel cancel;
    Signal signal(loop);
    Result<void> late;
    spawn(signal.wait_until(loop.mono_now() + Millis{5}, cancel), [&](Result<void> value) { late = std::move(value); });
    loop.advance(Millis{5});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::kTimedOut);

    bool in_time = false;
    spawn(signal.wait_until(loop.mono_now() + Millis{5}, cancel),
          [&](const Result<void>& value) { in_time = value.has_value(); });
    signal.raise();
    loop.advance(Millis{5});

    EXPECT_TRUE(in_time);
}

TEST(Cancel, RunsItsCallbacksOnceAndForgetsThoseGone) {
    Cancel cancel;
    int ran = 0;
    auto kept = cancel.on_request([&] { ++ran; });
    {
        auto gone = cancel.on_request([&] { ran += 10; });
    }

    cancel.request();
    cancel.request();

    EXPECT_TRUE(cancel.requested());
    EXPECT_EQ(ran, 1);
}

TEST(RealLoop, RunsWorkPostedFromManyThreadsInTheOrderOfEach) {
    constexpr int kThreads = 4;
    constexpr int kPosts = 2'000;
    RealLoop loop;
    std::vector<int> next(kThreads, 0);
    int out_of_order = 0;
    int left = kThreads * kPosts;
    const auto take = [&](std::size_t thread, int number) {
        if (next[thread]++ != number) ++out_of_order;
        if (--left == 0) loop.stop();
    };
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int number = 0; number < kPosts; ++number) loop.post([&, thread, number] { take(thread, number); });
        });
    }

    loop.run();

    EXPECT_EQ(left, 0);
    EXPECT_EQ(out_of_order, 0);
}

TEST(RealLoop, RunsTimersWhileWorkKeepsPostingWork) {
    RealLoop loop;
    bool stopped = false;
    std::function<void()> again = [&] {
        if (!stopped) loop.post([&] { again(); });
    };
    loop.post([&] { again(); });
    loop.call_after(Millis{2}, [&] {
        stopped = true;
        loop.stop();
    });

    loop.run();

    EXPECT_TRUE(stopped);
}

TEST(RealLoop, DropsWhatWasNeverRun) {
    auto kept = std::make_shared<int>(1);
    {
        RealLoop loop;
        loop.post([kept] {});
        loop.call_after(Millis{1}, [kept] {});
    }
    EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace moldau::loop
