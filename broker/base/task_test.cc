// Tasks, completions and groups.

#include "base/task.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/task_group.h"

namespace moldau {
namespace {

using Callback = std::move_only_function<void(int)>;

Task<int> wait_for(Callback& slot) {
    const int value = co_await completion<int>([&](auto done) { slot = std::move(done); });
    co_return value + 1;
}

TEST(Task, RunsOnlyWhenAwaited) {
    bool ran = false;
    auto make = [](bool& flag) -> Task<void> {
        flag = true;
        co_return;
    };
    auto task = make(ran);
    EXPECT_FALSE(ran);
    spawn(std::move(task), [] {});
    EXPECT_TRUE(ran);
}

TEST(Task, ResumesItsAwaiterWhenTheCompletionComes) {
    Callback slot;
    int result = 0;
    spawn(wait_for(slot), [&](int value) { result = value; });
    EXPECT_EQ(result, 0);
    slot(41);
    EXPECT_EQ(result, 42);
}

TEST(Task, GoesOnWithoutSuspendingWhenCompletedAtOnce) {
    auto immediate = []() -> Task<int> { co_return co_await completion<int>([](auto done) { done(7); }); };
    int result = 0;
    spawn(immediate(), [&](int value) { result = value; });
    EXPECT_EQ(result, 7);
}

TEST(TaskGroup, StopWaitsForTheLastTaskAndRefusesNewOnes) {
    TaskGroup group;
    Callback slot;
    auto waiter = [](Callback& place) -> Task<void> { co_await wait_for(place); };
    ASSERT_TRUE(group.start(waiter(slot)));
    bool stopped = false;
    spawn(group.stop(), [&] { stopped = true; });
    EXPECT_FALSE(stopped);
    EXPECT_FALSE(group.start(waiter(slot)));
    slot(0);
    EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace moldau
