// A simulated disk fills, empties, fails and goes away under the watch.

#include "store/disk_watch.h"

#include <gtest/gtest.h>

#include "sim/disk.h"
#include "sim/loop.h"

namespace moldau::store {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kCapacity = 100'000;
constexpr const char* kReserve = "/data/.moldau-reserve";
constexpr const char* kFiller = "/elsewhere/filler";

Uuid some_id() {
    Uuid id;
    id.bytes[3] = 9;
    return id;
}

class DiskWatchTest : public ::testing::Test {
protected:
    DiskWatchTest() {
        disk_.put("/data/meta.properties", "directory.id=" + some_id().to_string() + "\n");
        watch_.on_failure([this](std::size_t dir) -> Task<void> {
            failed_.push_back(dir);
            co_return;
        });
    }
    void look() { sim::run(loop_, watch_.look()); }
    // Others use all but `bytes` of the disk.
    void leave(std::uint64_t bytes) {
        disk_.put(kFiller, "");
        const auto free = sim::run(loop_, io::space(files_, "/data"))->free_bytes;
        ASSERT_GE(free, bytes);
        disk_.put(kFiller, std::string(free - bytes, 'x'));
    }

    sim::Disk disk_{{.capacity_bytes = kCapacity}};
    sim::Loop loop_;
    sim::FileSystem files_{disk_, loop_};
    std::shared_ptr<DirHealth> health_ = std::make_shared<DirHealth>("/data", some_id());
    DiskWatch watch_{{loop_, files_}, {.dirs = {health_}, .free_bytes_min = 10'000, .reserve_bytes = 5'000}};
    std::vector<std::size_t> failed_;
};

TEST_F(DiskWatchTest, MakesTheReserveAndKnowsTheSpace) {
    look();
    EXPECT_EQ(disk_.content(kReserve).size(), 5'000u);
    EXPECT_TRUE(health_->admit());
    EXPECT_EQ(health_->state().total_bytes, kCapacity);
    EXPECT_GT(health_->state().free_bytes, 80'000u);
}

TEST_F(DiskWatchTest, RefusesProducersWhileSomeIsLeft) {
    look();
    leave(9'000);
    look();
    const auto refused = health_->admit();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kKafkaStorageError);
    EXPECT_NE(refused.error().context.find("9000 bytes free"), std::string::npos) << refused.error().context;
    EXPECT_TRUE(health_->online());
    EXPECT_TRUE(disk_.exists(kReserve));
}

TEST_F(DiskWatchTest, GivesTheReserveUpAndMakesItAgain) {
    look();
    leave(0);
    look();
    EXPECT_FALSE(disk_.exists(kReserve));
    EXPECT_FALSE(health_->admit());
    look();
    EXPECT_EQ(health_->state().free_bytes, 5'000u) << "for metadata, offsets and cleaning";
    disk_.put(kFiller, "");
    look();
    look();
    EXPECT_TRUE(health_->admit());
    EXPECT_EQ(disk_.content(kReserve).size(), 5'000u);
}

TEST_F(DiskWatchTest, FindsTheReserveOfAnEarlierRun) {
    disk_.put(kReserve, std::string(5'000, '\0'));
    leave(100);
    look();
    EXPECT_FALSE(disk_.exists(kReserve));
}

TEST_F(DiskWatchTest, BelievesALogThatMetTheFullDisk) {
    look();
    health_->met_full_disk();
    EXPECT_FALSE(health_->admit()) << "at once";
    look();
    EXPECT_FALSE(health_->admit());
    EXPECT_FALSE(disk_.exists(kReserve));
    look();
    look();
    look();
    EXPECT_TRUE(health_->admit());
    EXPECT_TRUE(disk_.exists(kReserve));
}

TEST_F(DiskWatchTest, SeesThatTheDirectoryIsGone) {
    look();
    sim::run(loop_, io::rename(files_, "/data/meta.properties", "/data/gone")).value();
    look();
    look();
    ASSERT_FALSE(health_->online());
    EXPECT_EQ(health_->admit().error().code, Errc::kKafkaStorageError);
    EXPECT_TRUE(health_->state().failure);
    EXPECT_EQ(failed_, std::vector<std::size_t>{0}) << "told once";
}

TEST_F(DiskWatchTest, SeesThatItIsAnotherDirectory) {
    disk_.put("/data/meta.properties", "directory.id=" + Uuid{}.to_string() + "\n");
    look();
    EXPECT_FALSE(health_->online());
}

TEST_F(DiskWatchTest, TakesAnErrorForAFailure) {
    disk_.fail_nth(sim::OpKind::kSpace, 1, sim::Fault::kIo);
    look();
    EXPECT_FALSE(health_->online());
}

TEST_F(DiskWatchTest, DoesNotTakeAFullDiskForAFailure) {
    disk_.fail_all(sim::OpKind::kAllocate, sim::Fault::kDiskFull);
    look();
    EXPECT_TRUE(health_->online());
    EXPECT_FALSE(disk_.exists(kReserve));
}

TEST_F(DiskWatchTest, TellsOfWhatOthersFoundAndLooksOn) {
    watch_.start();
    loop_.advance(3s);
    EXPECT_TRUE(failed_.empty());
    EXPECT_TRUE(health_->fail({Errc::kIo, "sync /data/t-0"}));
    EXPECT_FALSE(health_->fail({Errc::kIo, "the first counts"}));
    loop_.advance(2s);
    EXPECT_EQ(failed_.size(), 1u);
    EXPECT_EQ(health_->state().failure->context, "sync /data/t-0");
    sim::run(loop_, watch_.stop());
}

}  // namespace
}  // namespace moldau::store
