// The epoch list, its file, and the note about cuts.

#include "log/leader_epochs.h"

#include <gtest/gtest.h>

#include "log/cut_marker.h"

namespace moldau::log {
namespace {

LeaderEpochs known() {
    LeaderEpochs epochs;
    epochs.assign(LeaderEpoch{1}, Offset{0});
    epochs.assign(LeaderEpoch{3}, Offset{10});
    epochs.assign(LeaderEpoch{5}, Offset{20});
    return epochs;
}

TEST(LeaderEpochs, WritesKafkasFile) { EXPECT_EQ(known().format(), "0\n3\n1 0\n3 10\n5 20\n"); }

TEST(LeaderEpochs, ReadsWhatItWrote) {
    const auto parsed = LeaderEpochs::parse(known().format());
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->entries(), known().entries());
    EXPECT_TRUE(LeaderEpochs::parse(LeaderEpochs{}.format())->entries().empty());
}

TEST(LeaderEpochs, RefusesWhatIsNoSuchFile) {
    for (const char* text :
         {"", "0", "0\n", "0\n1\n", "0\n1\n1\n", "0\n1\n1 x\n", "0\n1\n1 0", "0\n2\n1 0\n1 5\n", "0\n2\n1 5\n2 5\n",
          "0\n0\n1 0\n", "x\n0\n", "0\n-1\n", "0\n1\n-1 0\n", "0\n1\n1 -5\n", "0\n4294967295\n1 0\n"}) {
        const auto parsed = LeaderEpochs::parse(text);
        ASSERT_FALSE(parsed.has_value()) << text;
        EXPECT_EQ(parsed.error().code, Errc::kCorrupt) << text;
    }
    EXPECT_EQ(LeaderEpochs::parse("1\n0\n").error().code, Errc::kNewerFormat);
}

TEST(LeaderEpochs, SaysWhereAnEpochEnded) {
    const LeaderEpochs epochs = known();
    struct Row {
        std::int32_t asked, epoch;
        std::int64_t end;
    };
    for (const auto& row :
         {Row{0, -1, -1}, Row{1, 1, 10}, Row{2, 1, 10}, Row{3, 3, 20}, Row{4, 3, 20}, Row{5, 5, 33}, Row{9, 5, 33}}) {
        const EpochEnd end = epochs.end_of(LeaderEpoch{row.asked}, Offset{33});
        EXPECT_EQ(end.epoch, LeaderEpoch{row.epoch}) << row.asked;
        EXPECT_EQ(end.end, Offset{row.end}) << row.asked;
    }
    EXPECT_EQ(LeaderEpochs{}.end_of(LeaderEpoch{3}, Offset{5}).end, Offset{-1});
}

TEST(LeaderEpochs, KnowsTheEpochOfAnOffset) {
    const LeaderEpochs epochs = known();
    EXPECT_EQ(epochs.at(Offset{0}), LeaderEpoch{1});
    EXPECT_EQ(epochs.at(Offset{9}), LeaderEpoch{1});
    EXPECT_EQ(epochs.at(Offset{10}), LeaderEpoch{3});
    EXPECT_EQ(epochs.at(Offset{999}), LeaderEpoch{5});
    EXPECT_EQ(LeaderEpochs{}.at(Offset{0}), kNoLeaderEpoch);
}

TEST(LeaderEpochs, ChangesOnlyWhenAnEpochIsNew) {
    LeaderEpochs epochs = known();
    EXPECT_FALSE(epochs.assign(LeaderEpoch{5}, Offset{25}));
    EXPECT_FALSE(epochs.assign(kNoLeaderEpoch, Offset{25}));
    EXPECT_TRUE(epochs.assign(LeaderEpoch{6}, Offset{25}));
    EXPECT_EQ(epochs.latest(), LeaderEpoch{6});
}

TEST(LeaderEpochs, ForgetsWhatContradictsANewEpoch) {
    LeaderEpochs epochs = known();
    EXPECT_TRUE(epochs.assign(LeaderEpoch{7}, Offset{10}));
    EXPECT_EQ(epochs.format(), "0\n2\n1 0\n7 10\n");
}

TEST(LeaderEpochs, FollowsCuts) {
    LeaderEpochs epochs = known();
    EXPECT_FALSE(epochs.truncate_to(Offset{21}));
    EXPECT_TRUE(epochs.truncate_to(Offset{20}));
    EXPECT_EQ(epochs.latest(), LeaderEpoch{3});
    EXPECT_TRUE(epochs.advance_start(Offset{15}));
    EXPECT_EQ(epochs.format(), "0\n1\n3 15\n");
    EXPECT_FALSE(epochs.advance_start(Offset{15}));
}

TEST(CutMarker, ReadsWhatItWrote) {
    const CutMarker marker{.cut = Offset{5}, .start = Offset{-1}, .ceiling = Offset{5}, .old_end = Offset{90}};
    EXPECT_EQ(marker.format(), "0\n5 -1 5 90\n");
    EXPECT_EQ(CutMarker::parse(marker.format()).value(), marker);
}

TEST(CutMarker, RefusesWhatIsNoSuchFile) {
    for (const char* text : {"", "0\n", "0\n1 2 3\n", "0\n1 2 3 4", "0\n1 2 3 4\n ", "0\n1 2 3 -4\n", "0\na b c d\n"}) {
        EXPECT_EQ(CutMarker::parse(text).error().code, Errc::kCorrupt) << text;
    }
    EXPECT_EQ(CutMarker::parse("1\nwhatever").error().code, Errc::kNewerFormat);
}

}  // namespace
}  // namespace moldau::log
