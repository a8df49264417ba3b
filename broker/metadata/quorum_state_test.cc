// The quorum-state file.

#include "metadata/quorum_state.h"

#include <gtest/gtest.h>

#include "metadata/test_images.h"
#include "sim/disk.h"
#include "sim/loop.h"

namespace moldau::metadata {
namespace {

const QuorumState kState{{raft::Term{3}, raft::VoterId{BrokerId{1}, Uuid::parse("MNopN3qtRsu1-6YLEzP0Vg").value()}},
                         BrokerId{1}};

TEST(QuorumState, HasKafkasMembers) {
    EXPECT_EQ(format_quorum_state(kState),
              R"({"leaderId":1,"leaderEpoch":3,"votedId":1,"votedDirectoryId":"MNopN3qtRsu1-6YLEzP0Vg","data_version":1})");
}

TEST(QuorumState, ComesBackAsItWas) {
    EXPECT_EQ(parse_quorum_state(format_quorum_state(kState)).value(), kState);
    EXPECT_EQ(parse_quorum_state(format_quorum_state(QuorumState{})).value(), QuorumState{});
}

TEST(QuorumState, TornTextIsNoticed) {
    const auto text = format_quorum_state(kState);
    for (std::size_t length = 0; length < text.size(); ++length) {
        EXPECT_EQ(parse_quorum_state(text.substr(0, length)).error().code, Errc::kCorrupt) << length;
    }
}

TEST(QuorumState, RefusesForeignAndNewerText) {
    const auto code = [](std::string_view text) { return parse_quorum_state(text).error().code; };

    EXPECT_EQ(code("[]"), Errc::kCorrupt);
    EXPECT_EQ(code(R"({"data_version":1})"), Errc::kCorrupt);
    EXPECT_EQ(
        code(R"({"leaderId":1,"leaderEpoch":-3,"votedId":1,"votedDirectoryId":"MNopN3qtRsu1-6YLEzP0Vg","data_version":1})"),
        Errc::kCorrupt);
    EXPECT_EQ(
        code(R"({"leaderId":1,"leaderEpoch":3,"votedId":1,"votedDirectoryId":"MNopN3qtRsu1-6YLEzP0Vg","data_version":0})"),
        Errc::kCorrupt);
    EXPECT_EQ(code(R"({"data_version":2,"new":true})"), Errc::kNewerFormat);
}

TEST(QuorumState, IsNeverTornByACrash) {
    for (std::uint64_t crash = 1;; ++crash) {
        sim::Disk disk{{.seed = crash}};
        disk.put("/q/quorum-state", format_quorum_state(QuorumState{}));
        bool stored = false;
        bool crashed = false;
        {
            sim::Loop loop;
            sim::FileSystem files{disk, loop};
            disk.crash_after_operation(disk.operations() + crash);
            const auto result = sim::try_run(loop, write_quorum_state(files, "/q", kState));
            stored = result && *result;
            crashed = disk.is_crashed();
            disk.power_fails();
            disk.unwind_the_dead();
            loop.run_until_idle();
        }
        sim::Loop loop;
        sim::FileSystem files{disk, loop};
        const auto read = sim::run(loop, read_quorum_state(files, "/q"));
        ASSERT_TRUE(read && *read);
        EXPECT_TRUE(**read == kState || (!stored && **read == QuorumState{})) << crash;
        if (!crashed) break;
    }
}

}  // namespace
}  // namespace moldau::metadata
