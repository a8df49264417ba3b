// Acknowledgements wait for their offset, and for no longer than they said.

#include "replica/ack_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace moldau::replica {
namespace {

constexpr MonoTime at(int seconds) { return MonoTime{} + std::chrono::seconds(seconds); }

struct Recorder {
    std::string log;
    AckQueue::Done note(std::string name) {
        return [this, name](Result<void> result) { log += name + (result ? "+ " : "- "); };
    }
};

TEST(AckQueue, ReleasesWhatTheEndCoversInOrder) {
    AckQueue queue;
    Recorder recorder;
    queue.push(Offset{5}, at(9), recorder.note("a"));
    queue.push(Offset{8}, at(9), recorder.note("b"));
    queue.push(Offset{6}, at(9), recorder.note("duplicate"));
    queue.release(Offset{6});
    EXPECT_EQ(recorder.log, "a+ duplicate+ ");
    queue.release(Offset{8});
    EXPECT_EQ(recorder.log, "a+ duplicate+ b+ ");
    EXPECT_TRUE(queue.empty());
}

TEST(AckQueue, ExpiresOnlyThoseWhoseTimeIsUp) {
    AckQueue queue;
    Recorder recorder;
    queue.push(Offset{5}, at(1), recorder.note("a"));
    queue.push(Offset{6}, at(3), recorder.note("b"));
    queue.expire(at(2));
    EXPECT_EQ(recorder.log, "a- ");
    queue.release(Offset{6});
    EXPECT_EQ(recorder.log, "a- b+ ");
}

TEST(AckQueue, TellsEverybodyOfAFailure) {
    AckQueue queue;
    Recorder recorder;
    queue.push(Offset{5}, at(1), recorder.note("a"));
    queue.push(Offset{6}, at(1), recorder.note("b"));
    queue.fail_all({Errc::kIo, "disk"});
    EXPECT_EQ(recorder.log, "a- b- ");
}

}  // namespace
}  // namespace moldau::replica
