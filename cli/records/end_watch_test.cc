// When reading to the end has come to its end, whatever a group gives and takes meanwhile.

#include "cli/records/end_watch.h"

#include <gtest/gtest.h>

namespace moldau::cli {
namespace {

TEST(EndWatch, WaitsForEveryPartition) {
    EndWatch watch;
    watch.give({0, 1});
    watch.reach_end(0);
    EXPECT_FALSE(watch.is_all_read());
    watch.reach_end(1);
    EXPECT_TRUE(watch.is_all_read());
}

TEST(EndWatch, ForgetsAnEndThatMoved) {
    EndWatch watch;
    watch.give({0});
    watch.reach_end(0);
    watch.read(0);
    EXPECT_FALSE(watch.is_all_read());
}

TEST(EndWatch, KnowsNothingBeforeTheGroupGave) { EXPECT_FALSE(EndWatch{}.is_all_read()); }

TEST(EndWatch, DoesNotCountEndsOfPartitionsThatWereTaken) {
    EndWatch watch;
    watch.give({0, 1});
    watch.reach_end(0);
    watch.take({0, 1});
    EXPECT_FALSE(watch.is_all_read());
    watch.give({1, 2});
    watch.reach_end(1);
    EXPECT_FALSE(watch.is_all_read());
    watch.reach_end(2);
    EXPECT_TRUE(watch.is_all_read());
}

TEST(EndWatch, ReadsAgainWhatComesBack) {
    EndWatch watch;
    watch.give({0});
    watch.reach_end(0);
    watch.take({0});
    watch.give({0});
    EXPECT_FALSE(watch.is_all_read());
}

TEST(EndWatch, IgnoresALateEndOfATakenPartition) {
    EndWatch watch;
    watch.give({0, 1});
    watch.take({0});
    watch.give({});
    watch.reach_end(0);
    EXPECT_FALSE(watch.is_all_read());
    watch.reach_end(1);
    EXPECT_TRUE(watch.is_all_read());
}

TEST(EndWatch, IsDoneWhenTheGroupGivesNothing) {
    EndWatch watch;
    watch.give({});
    EXPECT_TRUE(watch.is_all_read());
}

}  // namespace
}  // namespace moldau::cli
