// A scripted life of a log that crashes after every single operation, in both durability modes, by process death and by
// power loss, and again while recovering: what was acknowledged is there afterwards, verbatim, in order, and nothing else
// is.

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "log/log_testing.h"
#include "producers/producer_states.h"

namespace moldau::log {
namespace {

using namespace testing;

constexpr const char* kWalDir = "/data/.moldau-wal";
constexpr ProducerId kProducer{5};

enum class Mode { kSyncedWithWal, kSyncedAlone, kReplicated };
enum class Crash { kProcessDies, kPowerFails };

struct Known {
    std::vector<bytes::View> appended;  // what was given to the log, as it would be stored
    Offset acknowledged{0};
    Offset recovery_point{0};
    Offset high_watermark{0};
};

LogConfig config_of(Mode mode) {
    return {.segment_bytes = 3000,
            .index_interval_bytes = 200,
            .durability = mode == Mode::kReplicated ? Durability::kReplicated : Durability::kSynced,
            .hot_tail_bytes = 500};
}

int records_of(std::size_t index) { return 1 + static_cast<int>(index % 3); }

// Every second batch is the producer's.
std::int32_t sequence_of(std::size_t index) {
    std::int32_t sequence = 0;
    for (std::size_t before = 0; before < index; before += 2) sequence += records_of(before);
    return sequence;
}

BatchSpec spec_of(std::size_t index) {
    const bool idempotent = index % 2 == 0;
    return {.records = records_of(index),
            .value_bytes = index % 5 == 4 ? 600u : 50u,
            .timestamp = 1000 + static_cast<std::int64_t>(index) * 10,
            .producer = idempotent ? kProducer : kNoProducerId,
            .sequence = sequence_of(index),
            .fill = static_cast<char>('a' + index % 26)};
}

class Life {
public:
    Life(sim::Disk& disk, std::uint64_t seed, Mode mode) : process_(disk, seed), mode_(mode) {}

    // False when the disk stopped answering.
    bool open(const Known& known, Shutdown shutdown) {
        process_.recovery_point = known.recovery_point;
        process_.high_watermark = known.high_watermark;
        if (mode_ == Mode::kSyncedWithWal) {
            auto replay = sim::try_run(process_.loop, wal::WalReplay::load(process_.files, kWalDir));
            if (!replay) return false;
            CHECK(replay->has_value());
            process_.replay.emplace(**std::move(replay));
        }
        if (!open_wal()) return false;
        auto opened = sim::try_run(process_.loop, Log::open(identity(), config_of(mode_), environment(shutdown)));
        if (!opened) return false;
        EXPECT_TRUE(opened->has_value()) << opened->error().to_string();
        if (!opened->has_value()) return false;
        process_.log = **std::move(opened);
        return true;
    }
    bool discard_replay() {
        if (!process_.replay) return true;
        const auto discarded = sim::try_run(process_.loop, process_.replay->discard_loaded(process_.files));
        return discarded && discarded->has_value();
    }

    void append(Known& known, std::size_t count) {
        for (std::size_t step = 0; step < count; ++step) {
            BatchSpec spec = spec_of(known.appended.size());
            const auto range = process_.append(spec, LeaderEpoch{static_cast<std::int32_t>(known.appended.size() / 7)});
            if (!range) return;
            spec.base = range->base;
            spec.leader_epoch = LeaderEpoch{static_cast<std::int32_t>(known.appended.size() / 7)};
            known.appended.push_back(batch_bytes(spec));
            if (step % 3 != 1) pass_time(known);
            if (step == count / 2) checkpoint(known);
        }
        pass_time(known);
    }
    // In small steps: what is acknowledged between two operations counts, too.
    void pass_time(Known& known) {
        for (int step = 0; step < 10; ++step) {
            process_.loop.advance(std::chrono::microseconds{150});
            note(known);
        }
    }
    void checkpoint(Known& known) {
        const auto flushed = sim::try_run(process_.loop, process_.log->flush());
        if (!flushed || !flushed->has_value()) return;
        known.recovery_point = process_.log->recovery_point();
        known.high_watermark = process_.log->committed_end();
        note(known);
    }
    void note(Known& known) const { known.acknowledged = std::max(known.acknowledged, process_.log->committed_end()); }
    void die(Crash crash) { process_.die(crash == Crash::kPowerFails); }

    Process process_;

private:
    bool open_wal() {
        if (mode_ != Mode::kSyncedWithWal || process_.wal) return true;
        wal::WalOptions options{.dir = kWalDir, .file_bytes = 64 << 10, .prewrite_step_bytes = 16 << 10};
        auto lane = sim::try_run(process_.loop, wal::WriteAheadLog::open({process_.loop, process_.files}, options));
        if (!lane) return false;
        CHECK(lane->has_value());
        process_.wal = **std::move(lane);
        return true;
    }
    LogEnvironment environment(Shutdown shutdown) { return process_.environment(shutdown); }
    Mode mode_;
};

Shutdown shutdown_after(Crash crash) { return crash == Crash::kPowerFails ? Shutdown::kPowerLost : Shutdown::kProcessDied; }

// Everything acknowledged, in order, verbatim; beyond it at most what was appended.
void expect_kept(const Known& known, Process& process) {
    const auto kept = process.read_all(process.log->log_start_offset());
    ASSERT_LE(kept.size(), known.appended.size());
    for (std::size_t index = 0; index < kept.size(); ++index) ASSERT_EQ(kept[index], known.appended[index]) << index;
    ASSERT_GE(process.log->end_offset(), known.acknowledged);
    // The producer's state is that of the batches.
    producers::ProducerStates expected;
    for (const auto& batch : kept) expected.append(*wire::BatchHeader::parse(batch.span()), 0);
    for (const auto& batch : kept) {
        const auto header = *wire::BatchHeader::parse(batch.span());
        const auto repeat = expected.check(header, 10);
        if (!repeat || !*repeat) continue;
        wire::ValidatedBatch again{.header = header, .header_bytes = {}, .records = batch.slice(wire::kBatchHeaderBytes)};
        std::copy_n(batch.data(), wire::kBatchHeaderBytes, again.header_bytes.begin());
        const auto range = process.log->append(again, process.log->latest_epoch(), process.loop.now());
        ASSERT_TRUE(range.has_value() && range->duplicate);
        ASSERT_EQ(range->base, (*repeat)->base);
    }
}

class LogCrash : public ::testing::TestWithParam<std::tuple<Mode, Crash>> {
protected:
    Mode mode() const { return std::get<0>(GetParam()); }
    Crash crash() const { return std::get<1>(GetParam()); }
    // A power loss may take what `replicated` has not synced; `acknowledged` then promises only what a sync covered.
    bool counts(const Known&) const { return mode() != Mode::kReplicated || crash() == Crash::kProcessDies; }
};

TEST_P(LogCrash, KeepsWhatItAcknowledgedWhateverOperationIsTheLast) {
    for (std::uint64_t last = 1;; ++last) {
        SCOPED_TRACE(last);
        constexpr sim::LatencyRange kSome{Nanos{0}, std::chrono::microseconds{300}};
        sim::Disk disk{{.seed = last * 977, .write_latency = kSome, .sync_latency = kSome, .other_latency = kSome}};
        disk.put("/data/.lock", "");  // the data directory is there, on the disk
        Known known;
        disk.crash_after_operation(last);
        Life first{disk, last, mode()};
        if (first.open(known, Shutdown::kClean)) first.append(known, 24);
        const bool crashed = disk.is_crashed();
        disk.crash_after_operation(0);
        first.die(crash());

        Life second{disk, last + 1, mode()};
        disk.crash_after_operation(disk.operations() + 1 + last % 37);  // recovery, too, may crash
        if (!counts(known)) known.acknowledged = known.recovery_point;
        const bool opened = second.open(known, shutdown_after(crash()));
        disk.crash_after_operation(0);
        if (opened && !disk.is_crashed()) expect_kept(known, second.process_);
        second.die(crash());
        if (HasFatalFailure()) return;

        Life third{disk, last + 2, mode()};
        ASSERT_TRUE(third.open(known, shutdown_after(crash())));
        expect_kept(known, third.process_);
        ASSERT_TRUE(third.discard_replay());
        if (HasFatalFailure()) return;
        known.appended.resize(third.process_.read_all(Offset{0}).size());
        const std::size_t before = known.appended.size();
        third.append(known, 5);
        EXPECT_EQ(known.appended.size(), before + 5);
        expect_kept(known, third.process_);
        ASSERT_TRUE(third.process_.close().has_value());
        third.process_.log.reset();
        third.die(crash());
        if (!crashed) {
            EXPECT_GT(last, 50u);
            return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Modes, LogCrash,
                         ::testing::Combine(::testing::Values(Mode::kSyncedWithWal, Mode::kSyncedAlone, Mode::kReplicated),
                                            ::testing::Values(Crash::kProcessDies, Crash::kPowerFails)));

}  // namespace
}  // namespace moldau::log
