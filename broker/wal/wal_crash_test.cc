// A scripted run of a lane that crashes after every single operation: what was acknowledged is replayed, nothing else is.
//
// The claim, exactly: operations are queued in an order; a crash leaves a prefix of that order at least as long as what was
// acknowledged, less a prefix that was recycled at the caller's word.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "sim/disk.h"
#include "sim/loop.h"
#include "wal/write_ahead_log.h"

namespace moldau::wal {
namespace {

constexpr const char* kDir = "/data/.moldau-wal";
constexpr int kPartitions = 3;

WalPartition partition(int number) { return {TopicId{}, PartitionIndex{number}}; }

struct Step {
    int partition = 0;
    bool is_truncation = false;
    std::int64_t base = 0;
    std::int64_t end = 0;
    std::string text;
};

struct Trace {
    std::vector<Step> queued;
    std::size_t acknowledged = 0;
    std::size_t recyclable = 0;  // this prefix may be gone
    bool failed = false;
};

using State = std::map<int, std::vector<std::string>>;

// What a replay of steps [from, to) holds.
State state_of(const Trace& run, std::size_t from, std::size_t to) {
    std::map<int, std::vector<const Step*>> kept;
    for (std::size_t index = from; index < to; ++index) {
        const auto& step = run.queued[index];
        auto& list = kept[step.partition];
        while (!list.empty() && list.back()->end > (step.is_truncation ? step.end : step.base)) list.pop_back();
        if (!step.is_truncation) list.push_back(&step);
    }
    State state;
    for (const auto& [number, list] : kept) {
        for (const auto* step : list) state[number].push_back(std::to_string(step->base) + ':' + step->text);
    }
    return state;
}

State state_of(const WalReplay& replay) {
    State state;
    for (int number = 0; number < kPartitions; ++number) {
        for (const auto& entry : replay.entries(partition(number))) {
            state[number].push_back(std::to_string(entry.base.value) + ':' + std::string{entry.batch.text()});
        }
    }
    return state;
}

bool is_explained(const Trace& run, const State& found) {
    for (std::size_t to = run.acknowledged; to <= run.queued.size(); ++to) {
        for (std::size_t from = 0; from <= std::min(run.recyclable, to); ++from) {
            if (state_of(run, from, to) == found) return true;
        }
    }
    return false;
}

void queue(WriteAheadLog& wal, Trace& run, Step step) {
    const auto number = run.queued.size() + 1;
    auto done = [&run, number](Result<void> result) {
        if (!result) run.failed = true;
        if (!result) return;
        EXPECT_EQ(run.acknowledged + 1, number);
        EXPECT_FALSE(run.failed) << "acknowledged after a failure";
        run.acknowledged = number;
    };
    run.queued.push_back(step);
    const auto result = step.is_truncation ? wal.truncated(partition(step.partition), Offset{step.end}, std::move(done))
                                           : wal.append(partition(step.partition), Offset{step.base}, Offset{step.end},
                                                        bytes::ChunkList{bytes::View::copy_of(step.text)}, std::move(done));
    if (!result) run.queued.pop_back();
    if (!result) run.failed = true;
}

// The steps that the oldest file may hold: up to the last one that its contents name, and truncations right behind.
std::size_t covered_by(const Trace& run, const WriteAheadLog::Contents& contents) {
    std::size_t covered = run.recyclable;
    for (std::size_t index = 0; index < run.queued.size(); ++index) {
        const auto& step = run.queued[index];
        const auto found = contents.find(partition(step.partition));
        const bool is_last = !step.is_truncation && found != contents.end() && found->second == Offset{step.end};
        if (is_last) covered = std::max(covered, index + 1);
        if (step.is_truncation && covered == index) ++covered;
    }
    return covered;
}

Task<bool> script(sim::Loop& loop, sim::FileSystem& files, Trace& run, std::uint64_t seed) {
    auto opened = co_await WriteAheadLog::open(
        {loop, files}, {.dir = kDir, .file_bytes = 24 << 10, .prewrite_step_bytes = 16 << 10, .files_max = 3});
    if (!opened) co_return false;
    auto& wal = **opened;
    sim::Random random{seed};
    std::array<std::int64_t, kPartitions> next{};
    for (int round = 0; round < 24; ++round) {
        const auto count = random.between(1, 4);
        for (std::uint64_t index = 0; index < count; ++index) {
            const auto number = static_cast<int>(random.below(kPartitions));
            auto& end = next[static_cast<std::size_t>(number)];
            if (end > 1 && random.chance(15)) {
                end -= static_cast<std::int64_t>(random.between(1, 2));
                queue(wal, run, {.partition = number, .is_truncation = true, .base = end, .end = end, .text = {}});
                continue;
            }
            std::string text(random.between(1, 6000), static_cast<char>('a' + round));
            text += std::to_string(run.queued.size());
            queue(wal, run,
                  {.partition = number, .is_truncation = false, .base = end, .end = end + 1, .text = std::move(text)});
            ++end;
        }
        // Every other round goes on without waiting.
        const auto wanted = run.queued.size();
        while (round % 2 == 0 && run.acknowledged < wanted && !run.failed) {
            co_await io::sleep_until(loop, loop.now().mono + Millis{1});
            if (!wal.needs_checkpoint()) continue;
            run.recyclable = covered_by(run, wal.oldest_contents());
            if (!co_await wal.recycle_oldest()) co_return false;
        }
        if (run.failed) co_return false;
    }
    co_return (co_await wal.close()).has_value();
}

enum class Death { kProcess, kPower };

void crash_everywhere(Death death, sim::Loss loss, std::uint64_t seed) {
    std::uint64_t crash = 1;
    std::size_t replayed = 0;
    for (bool crashed = true; crashed; ++crash) {
        sim::Disk disk{{.seed = seed * 10'000 + crash,
                        .loss = loss,
                        .write_latency = {Nanos{0}, Millis{2}},
                        .sync_latency = {Nanos{0}, Millis{3}}}};
        disk.put("/data/meta.properties", "");
        disk.crash_after_operation(crash);
        Trace run;
        Trace at_crash;
        {
            sim::Loop loop;
            sim::FileSystem files{disk, loop};
            const auto ended = sim::try_run(loop, script(loop, files, run, seed), std::chrono::seconds{5});
            crashed = disk.is_crashed();
            ASSERT_TRUE(crashed || ended.value_or(false)) << crash;
            at_crash = run;
            death == Death::kPower ? disk.power_fails() : disk.process_dies();
            disk.unwind_the_dead();
            loop.advance(std::chrono::seconds{1});
        }
        sim::Loop loop;
        sim::FileSystem files{disk, loop};
        const auto replay = sim::run(loop, WalReplay::load(files, kDir));
        ASSERT_TRUE(replay) << replay.error().to_string();
        EXPECT_TRUE(replay->damage().empty()) << replay->damage().front();
        const auto found = state_of(*replay);
        ASSERT_TRUE(is_explained(at_crash, found))
            << "crash " << crash << " seed " << seed << " acknowledged " << at_crash.acknowledged;
        for (const auto& [number, list] : found) replayed += list.size();
    }
    EXPECT_GT(crash, 60u) << "the script does enough to be worth it";
    EXPECT_GT(replayed, 100u);
}

TEST(WalCrash, KeepsAcknowledgedEntriesWhenTheProcessDiesAfterAnyOperation) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) crash_everywhere(Death::kProcess, sim::Loss::kSubset, seed);
}

TEST(WalCrash, KeepsAcknowledgedEntriesWhenThePowerFailsAfterAnyOperation) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) crash_everywhere(Death::kPower, sim::Loss::kSubset, seed);
}

TEST(WalCrash, KeepsAcknowledgedEntriesWhenAllThatWasNotSyncedIsLost) {
    for (std::uint64_t seed = 1; seed <= 2; ++seed) crash_everywhere(Death::kPower, sim::Loss::kAll, seed);
}

// Every operation fails once: either the caller is told, or everything is there.
TEST(WalCrash, AcknowledgesNothingThatAFailedOperationLost) {
    for (std::uint64_t operation = 1;; ++operation) {
        sim::Disk disk{{.seed = operation, .loss = sim::Loss::kAll}};
        disk.put("/data/meta.properties", "");
        disk.fail_operation(operation, operation % 3 == 0 ? sim::Fault::kShortIo : sim::Fault::kIo);
        Trace run;
        sim::Loop loop;
        sim::FileSystem files{disk, loop};
        const auto ended = sim::try_run(loop, script(loop, files, run, 5), std::chrono::seconds{5});
        ASSERT_TRUE(ended.has_value()) << operation;
        const bool reached = disk.operations() >= operation;
        const auto at_end = run;
        disk.heal();
        disk.power_fails();
        sim::FileSystem after{disk, loop};
        const auto replay = sim::run(loop, WalReplay::load(after, kDir));
        ASSERT_TRUE(replay);
        ASSERT_TRUE(is_explained(at_end, state_of(*replay))) << operation;
        if (!reached) break;
    }
}

}  // namespace
}  // namespace moldau::wal
