// Retention and compaction of real logs on a simulated disk: what is kept, what goes, and what a crash at any operation
// leaves.

#include "store/cleaner.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "log/log_testing.h"
#include "log/segment_swap.h"
#include "sim/random.h"
#include "store/compaction_run.h"
#include "store/retention.h"
#include "wire/record_reader.h"

namespace moldau::store {
namespace {

using log::LogConfig;
using log::testing::kLogDir;

struct KeyValue {
    std::string key;
    std::optional<std::string> value;  // nullopt: a tombstone
};

struct Spec {
    std::vector<KeyValue> records;
    std::int64_t timestamp = 1'000;
    ProducerId producer = kNoProducerId;
    std::int32_t sequence = wire::kNoSequence;
    bool is_transactional = false;
    bytes::Codec codec = bytes::Codec::kNone;
};

bytes::Span span_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

wire::ValidatedBatch validated(const bytes::View& bytes) {
    wire::ValidatedBatch batch{.header = *wire::BatchHeader::parse(bytes.span()),
                               .header_bytes = {},
                               .records = bytes.slice(wire::kBatchHeaderBytes)};
    std::copy_n(bytes.data(), wire::kBatchHeaderBytes, batch.header_bytes.begin());
    return batch;
}

wire::BatchOptions options_of(const Spec& spec) {
    return {.codec = spec.codec,
            .producer_id = spec.producer,
            .producer_epoch = spec.producer == kNoProducerId ? wire::kNoProducerEpoch : ProducerEpoch{0},
            .base_sequence = spec.sequence,
            .is_transactional = spec.is_transactional};
}

wire::ValidatedBatch batch_of(const Spec& spec) {
    wire::BatchBuilder builder{options_of(spec)};
    for (const auto& record : spec.records) {
        builder.append({.timestamp = spec.timestamp,
                        .key = span_of(record.key),
                        .value = record.value ? std::optional{span_of(*record.value)} : std::nullopt});
    }
    bytes::Compressor compressor;
    return validated(*builder.build(compressor));
}

wire::ValidatedBatch marker_of(ProducerId producer, wire::ControlType type, std::int64_t timestamp) {
    wire::BatchBuilder builder{
        {.producer_id = producer, .producer_epoch = ProducerEpoch{0}, .is_transactional = true, .is_control = true}};
    wire::append_marker(builder, {.type = type, .coordinator_epoch = 3}, timestamp);
    return validated(*builder.build_plain());
}

class FixedRandom final : public io::Random {
public:
    void fill(std::span<std::uint8_t> bytes) override {
        for (auto& byte : bytes) byte = next_++;
    }

private:
    std::uint8_t next_ = 1;
};

LogConfig compacting() {
    return {.segment_bytes = 1'500,
            .index_interval_bytes = 200,
            .compacts = true,
            .delete_retention_ms = 1'000'000,
            .min_cleanable_dirty_ratio = 0,
            .hot_tail_bytes = 0};
}

// What a reader that keeps the last value of each key sees, and where.
struct View {
    std::map<std::string, std::pair<std::int64_t, std::optional<std::string>>> last;
    std::map<std::int64_t, std::pair<std::string, std::optional<std::string>>> records;  // by offset
};

// One life of a process with a log and a cleaner.
struct Life {
    explicit Life(sim::Disk& disk, std::uint64_t seed = 1) : process(disk, seed) {}

    void open(LogConfig config = compacting(), log::Shutdown shutdown = log::Shutdown::kClean) {
        process.open(config, shutdown);
        start();
    }
    void start() {
        CleanerOptions options;
        options.dedupe_bytes = dedupe_bytes;
        cleaner = std::make_unique<Cleaner>(
            Cleaner::Environment{
                .executor = process.loop,
                .files = process.files,
                .random = random,
                .high_watermark = [this](const log::Log& log) { return high_watermark.value_or(log.written_end()); },
                .save_log_start = [this](const log::Log&) { return saved(log_starts_saved); },
                .save_cleaned = [this](const log::Log&) { return saved(cleaned_saved); }},
            options);
        cleaner->add(*process.log, cleaned_to);
    }
    Task<void> saved(int& count) {
        ++count;
        co_return;
    }
    void append(wire::ValidatedBatch batch) {
        const auto range = process.log->append(std::move(batch), LeaderEpoch{0}, process.loop.now());
        ASSERT_TRUE(range.has_value()) << range.error().to_string();
    }
    void put(const std::string& key, std::optional<std::string> value, std::int64_t timestamp = 1'000) {
        append(batch_of({.records = {{key, std::move(value)}}, .timestamp = timestamp}));
    }
    void settle() {
        process.settle();
        ASSERT_TRUE(sim::run(process.loop, process.log->flush()).has_value());
    }
    bool clean() {
        settle();
        const bool cleaned = sim::run(process.loop, cleaner->clean_one());
        process.settle();
        return cleaned;
    }
    void close() {
        if (cleaner) run(cleaner->stop());
        cleaner.reset();
        ASSERT_TRUE(process.close().has_value());
        process.log.reset();
    }
    void run(Task<void> task) {
        bool done = false;
        spawn(std::move(task), [&done] { done = true; });
        process.settle();
        CHECK(done);
    }
    void cleaner_dies() {
        if (!cleaner) return;
        run(cleaner->stop());
    }

    log::testing::Process process;
    FixedRandom random;
    std::optional<Offset> high_watermark;
    Offset cleaned_to{0};
    std::size_t dedupe_bytes = 1 << 20;
    int log_starts_saved = 0;
    int cleaned_saved = 0;
    std::unique_ptr<Cleaner> cleaner;
};

std::string text_of(bytes::Span span) { return {reinterpret_cast<const char*>(span.data()), span.size()}; }

// Of committed records only, by walking all batches.
View view_of(log::testing::Process& process) {
    View view;
    struct Pending {
        std::int64_t offset;
        std::string key;
        std::optional<std::string> value;
    };
    std::map<std::int64_t, std::vector<Pending>> open;
    const auto take = [&](const Pending& record) {
        view.records[record.offset] = {record.key, record.value};
        auto& last = view.last[record.key];
        if (record.offset >= last.first) last = {record.offset, record.value};
    };
    bytes::Decompressor decompressor;
    for (const auto& batch : process.read_all(process.log->log_start_offset())) {
        const auto header = *wire::BatchHeader::parse(batch.span());
        EXPECT_TRUE((wire::BatchSpan{header, batch.span()}.has_valid_crc()));
        const auto inflated = *wire::inflate_records(batch, header, decompressor, 1 << 20);
        wire::RecordReader reader{inflated.span(), header.record_count};
        while (const auto record = *reader.next()) {
            if (header.attributes.is_control()) {
                const auto ended = std::exchange(open[header.producer_id.value], {});
                if (*wire::control_type(*record) == wire::ControlType::kCommit) std::ranges::for_each(ended, take);
                continue;
            }
            Pending found{(header.base_offset + record->offset_delta).value, text_of(*record->key), std::nullopt};
            if (record->value) found.value = text_of(*record->value);
            if (header.attributes.is_transactional()) {
                open[header.producer_id.value].push_back(found);
            } else {
                take(found);
            }
        }
    }
    for (const auto& [producer, records] : open) EXPECT_TRUE(records.empty());
    std::erase_if(view.last, [](const auto& item) { return !item.second.second; });
    return view;
}

TEST(Cleaner, KeepsTheLastRecordOfEachKeyAtItsOffset) {
    sim::Disk disk;
    Life life{disk};
    life.open();
    for (int index = 0; index < 100; ++index) life.put("k" + std::to_string(index % 7), std::to_string(index));
    life.settle();
    const View before = view_of(life.process);
    const auto segments = life.process.log->stats().segments;
    const Offset end = life.process.log->end_offset();
    ASSERT_GT(segments, 4u);

    EXPECT_TRUE(life.clean());

    const View after = view_of(life.process);
    EXPECT_EQ(after.last, before.last);
    EXPECT_LT(after.records.size(), 40u);
    for (const auto& [offset, record] : after.records) EXPECT_EQ(before.records.at(offset), record);
    EXPECT_EQ(life.process.log->end_offset(), end);
    EXPECT_EQ(life.cleaned_saved, 1);
    EXPECT_FALSE(life.clean());  // nothing new
    for (int index = 0; index < 20; ++index) life.put("k" + std::to_string(index % 7), "again");
    EXPECT_TRUE(life.clean());  // now what is small is one segment
    EXPECT_LT(life.process.log->stats().segments, segments);
    EXPECT_GT(life.cleaner->stats().bytes_read, life.cleaner->stats().bytes_kept);
    life.close();

    Life again{disk, 2};
    again.open();
    EXPECT_EQ(view_of(again.process).last.at("k6").second, "again");
    EXPECT_EQ(again.process.log->end_offset(), end + 20);
    again.close();
}

TEST(Cleaner, LeavesWhatIsNotBelowTheHighWatermark) {
    sim::Disk disk;
    Life life{disk};
    life.open();
    for (int index = 0; index < 60; ++index) life.put("k", std::to_string(index));
    life.high_watermark = Offset{0};
    EXPECT_FALSE(life.clean());
    EXPECT_EQ(view_of(life.process).records.size(), 60u);
    life.close();
}

TEST(Cleaner, DropsTombstonesOnceTheirHorizonHasPassed) {
    sim::Disk disk;
    Life life{disk};
    auto config = compacting();
    config.delete_retention_ms = 5'000;
    life.open(config);
    life.put("gone", "1");
    life.put("gone", std::nullopt);
    const auto fill = [&] {
        for (int index = 0; index < 40; ++index) life.put("k", std::to_string(index));
    };
    fill();
    EXPECT_TRUE(life.clean());
    EXPECT_TRUE(view_of(life.process).records.contains(1));  // the tombstone, with its horizon
    fill();
    EXPECT_TRUE(life.clean());
    EXPECT_TRUE(view_of(life.process).records.contains(1));
    life.process.loop.advance(Millis{6'000});
    fill();
    EXPECT_TRUE(life.clean());
    EXPECT_FALSE(view_of(life.process).records.contains(1));
    life.close();
}

TEST(Cleaner, ReadsByTimestampAcrossGaps) {
    sim::Disk disk;
    Life life{disk};
    life.open();
    for (int index = 0; index < 80; ++index)
        life.put(index % 10 == 0 ? "k" + std::to_string(index) : "same", "v", 1'000 + index * 10);
    EXPECT_TRUE(life.clean());
    auto& log = *life.process.log;
    for (const int index : {0, 10, 20, 30}) {
        const auto found = sim::run(life.process.loop, log.find_timestamp(1'000 + index * 10 - 5, log.end_offset()));
        ASSERT_TRUE(found.has_value() && found->has_value());
        EXPECT_EQ((*found)->offset, Offset{index});
    }
    const auto largest = sim::run(life.process.loop, log.find_max_timestamp(log.end_offset()));
    ASSERT_TRUE(largest.has_value() && largest->has_value());
    EXPECT_EQ((*largest)->offset, Offset{79});
    life.close();
}

TEST(Cleaner, CleansUpToWhereItsKeysFit) {
    sim::Disk disk;
    Life life{disk};
    life.dedupe_bytes = 24 * 40;  // thirty keys
    life.open();
    for (int index = 0; index < 150; ++index) life.put("k" + std::to_string(index % 50), std::to_string(index));
    const View before = [&] {
        life.settle();
        return view_of(life.process);
    }();
    for (int run = 0; run < 12 && life.clean(); ++run) EXPECT_EQ(view_of(life.process).last, before.last);
    EXPECT_GT(life.cleaner->stats().runs, 1u);
    EXPECT_LT(view_of(life.process).records.size(), 150u);
    life.close();
}

TEST(Cleaner, LeavesALogWithDamagedBytesAlone) {
    sim::Disk disk;
    Life life{disk};
    life.open();
    for (int index = 0; index < 60; ++index) life.put("k", std::to_string(index));
    life.settle();
    const auto segments = life.process.log->segments();
    disk.flip_bit(segments[1]->path(), 100);
    EXPECT_FALSE(life.clean());
    EXPECT_EQ(life.cleaner->stats().uncleanable_logs, 1u);
    EXPECT_FALSE(life.clean());
    EXPECT_EQ(life.cleaner->stats().uncleanable_logs, 1u);
    EXPECT_EQ(life.process.log->stats().segments, segments.size());
    for (const auto& name : disk.names(kLogDir)) EXPECT_FALSE(name.ends_with(".cleaned")) << name;
    life.close();
}

TEST(Cleaner, DropsRecordsOfAbortedTransactionsAndKeepsWhatTheyDidNotReplace) {
    sim::Disk disk;
    Life life{disk};
    life.open();
    life.put("a", "old");
    const ProducerId producer{9};
    life.append(batch_of({.records = {{"a", "aborted"}}, .producer = producer, .sequence = 0, .is_transactional = true}));
    for (int index = 0; index < 40; ++index) life.put("k", std::to_string(index));
    life.append(marker_of(producer, wire::ControlType::kAbort, 1'000));  // beyond what is cleaned
    life.settle();
    const View before = view_of(life.process);
    const auto producers = life.process.log->producers();
    EXPECT_TRUE(life.clean());
    EXPECT_EQ(view_of(life.process).last, before.last);
    EXPECT_EQ(before.last.at("a").second, "old");
    bool has_empty = false;
    for (const auto& batch : life.process.read_all(Offset{0})) {
        const auto header = *wire::BatchHeader::parse(batch.span());
        if (header.producer_id == producer && !header.attributes.is_control()) {
            EXPECT_EQ(header.record_count, 0);
            has_empty = true;
        }
    }
    EXPECT_TRUE(has_empty);
    life.close();
    for (const auto& name : disk.names(kLogDir)) {
        if (name.ends_with(".snapshot")) disk.put(std::string{kLogDir} + '/' + name, "lost");
    }
    Life again{disk, 2};
    again.open();
    auto found = again.process.log->producers();
    ASSERT_EQ(found.size(), 1u);
    found[0].timestamp = producers[0].timestamp;
    EXPECT_EQ(found, producers);
    EXPECT_EQ(again.process.log->last_stable_offset(again.process.log->end_offset()), again.process.log->end_offset());
    again.close();
}

TEST(Cleaner, IsNotUndoneByTheWriteAheadLog) {
    constexpr const char* kWalDir = "/data/.moldau-wal";
    sim::Disk disk;
    disk.put("/data/.lock", "");
    Life life{disk};
    const wal::WalOptions options{.dir = kWalDir, .file_bytes = 64 << 10, .prewrite_step_bytes = 16 << 10};
    auto lane = sim::run(life.process.loop, wal::WriteAheadLog::open({life.process.loop, life.process.files}, options));
    life.process.wal = *std::move(lane);
    life.open();
    for (int index = 0; index < 80; ++index) life.put("k" + std::to_string(index % 5), std::to_string(index));
    life.put("k0", std::nullopt);
    EXPECT_TRUE(life.clean());
    const auto kept = view_of(life.process).records;
    const Offset end = life.process.log->end_offset();
    EXPECT_LT(kept.size(), 40u);
    disk.power_fails();
    disk.unwind_the_dead();
    life.process.settle();
    life.cleaner_dies();
    life.cleaner.reset();
    life.process.die(true);

    Life again{disk, 2};  // without a recovery point: all is walked, with all that the write-ahead log has
    auto replay = sim::run(again.process.loop, wal::WalReplay::load(again.process.files, kWalDir));
    again.process.replay.emplace(*std::move(replay));
    EXPECT_FALSE(again.process.replay->empty());
    again.open(compacting(), log::Shutdown::kPowerLost);
    EXPECT_EQ(again.process.log->end_offset(), end);
    EXPECT_EQ(view_of(again.process).records, kept);
    again.close();
    for (const auto& name : disk.names(kLogDir)) EXPECT_EQ(name.find(".damaged"), std::string::npos) << name;
}

// Random logs with everything in them.
class Writer {
public:
    explicit Writer(std::uint64_t seed) : random_(seed) {}
    void write(Life& life, int batches) {
        for (int count = 0; count < batches; ++count) {
            const auto producer = static_cast<std::int64_t>(random_() % 4);
            if (producer == 0) {
                life.append(batch_of({.records = records(), .codec = codec()}));
            } else if (producer == 3) {
                transact(life, ProducerId{producer});
            } else {
                const auto batch = records();
                life.append(batch_of(
                    {.records = batch,
                     .producer = ProducerId{producer},
                     .sequence = std::exchange(sequences_[producer], sequences_[producer] + static_cast<int>(batch.size())),
                     .codec = codec()}));
            }
        }
    }
    void end_transaction(Life& life) {
        if (!std::exchange(open_, false)) return;
        const auto type = random_() % 2 == 0 ? wire::ControlType::kAbort : wire::ControlType::kCommit;
        life.append(marker_of(ProducerId{3}, type, 1'000));
    }

private:
    std::vector<KeyValue> records() {
        std::vector<KeyValue> records(1 + random_() % 5);
        for (auto& record : records) {
            record.key = "k" + std::to_string(random_() % 25);
            if (random_() % 6 != 0) record.value = std::to_string(random_());
        }
        return records;
    }
    bytes::Codec codec() { return static_cast<bytes::Codec>(random_() % bytes::kCodecCount); }
    void transact(Life& life, ProducerId producer) {
        if (open_ && random_() % 3 == 0) return end_transaction(life);
        const auto batch = records();
        open_ = true;
        life.append(batch_of({.records = batch,
                              .producer = producer,
                              .sequence = std::exchange(sequences_[3], sequences_[3] + static_cast<int>(batch.size())),
                              .is_transactional = true,
                              .codec = codec()}));
    }

    std::mt19937_64 random_;
    std::map<std::int64_t, int> sequences_;
    bool open_ = false;
};

std::vector<producers::ProducerEntry> without_times(std::vector<producers::ProducerEntry> entries) {
    for (auto& entry : entries) entry.timestamp = 0;
    return entries;
}

TEST(Cleaner, GivesReadersAndProducersWhatTheyHadWhateverTheLog) {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        SCOPED_TRACE(seed);
        sim::Disk disk{{.seed = seed}};
        Life life{disk, seed};
        auto config = compacting();
        config.delete_retention_ms = seed % 2 == 0 ? 0 : 3'000;
        life.open(config);
        Writer writer{seed};
        View seen;
        for (int round = 0; round < 6; ++round) {
            writer.write(life, 60);
            writer.end_transaction(life);
            life.settle();
            const View before = view_of(life.process);
            const Offset end = life.process.log->end_offset();
            for (int run = 0; run < 3; ++run) life.clean();
            const View after = view_of(life.process);
            EXPECT_EQ(after.last, before.last);
            for (const auto& [offset, record] : after.records) ASSERT_EQ(before.records.at(offset), record);
            EXPECT_EQ(life.process.log->end_offset(), end);
            life.process.loop.advance(Millis{1'500});
            seen = after;
        }
        EXPECT_GT(life.cleaner->stats().runs, 2u);
        const auto producers = without_times(life.process.log->producers());
        const Offset end = life.process.log->end_offset();
        life.close();
        for (const auto& name : disk.names(kLogDir)) {
            if (name.ends_with(".snapshot")) disk.put(std::string{kLogDir} + '/' + name, "lost");
        }
        Life again{disk, seed};
        again.open(config, seed % 3 == 0 ? log::Shutdown::kPowerLost : log::Shutdown::kClean);
        EXPECT_EQ(without_times(again.process.log->producers()), producers);
        EXPECT_EQ(again.process.log->end_offset(), end);
        EXPECT_EQ(again.process.log->last_stable_offset(end), end);
        EXPECT_EQ(view_of(again.process).records, seen.records);
        again.close();
        if (HasFatalFailure()) return;
    }
}

void crash(sim::Disk& disk, log::testing::Process& process, bool power) {
    disk.crash_after_operation(0);
    if (power) {
        disk.power_fails();
    } else {
        disk.process_dies();
    }
    disk.unwind_the_dead();
    process.settle();
}

// Compacts until so many operations later the process ends; says whether it got that far.
bool clean_until(Life& life, std::uint64_t last, bool power) {
    sim::Disk& disk = life.process.disk;
    disk.crash_after_operation(disk.operations() + last);
    bool cleaned = false;
    spawn(life.cleaner->clean_one(), [&cleaned](bool done) { cleaned = done; });
    life.process.settle();
    life.process.loop.advance(Millis{20});
    const bool crashed = disk.is_crashed();
    crash(disk, life.process, power);
    life.cleaner_dies();
    life.cleaner.reset();
    static_cast<void>(life.process.close());
    life.process.log.reset();
    return crashed;
}

void open_until(sim::Disk& disk, std::uint64_t last, log::Shutdown shutdown) {
    Life life{disk, last + 1};
    disk.crash_after_operation(disk.operations() + 1 + last % 23);
    auto opened = sim::try_run(life.process.loop,
                               log::Log::open(log::testing::identity(), compacting(), life.process.environment(shutdown)));
    crash(disk, life.process, shutdown == log::Shutdown::kPowerLost);
    if (opened && opened->has_value()) static_cast<void>(sim::run(life.process.loop, (**opened)->close()));
}

class CleanerCrash : public ::testing::TestWithParam<bool> {};

TEST_P(CleanerCrash, LosesNothingWhateverOperationIsTheLast) {
    const bool power = GetParam();
    for (std::uint64_t last = 1;; ++last) {
        SCOPED_TRACE(last);
        sim::Disk disk{{.seed = last}};
        disk.put("/data/.lock", "");  // the data directory is there, on the disk
        auto config = compacting();
        config.delete_retention_ms = 0;
        config.file_delete_delay = Millis{last % 3 == 0 ? 10 : 0};
        Life life{disk, last};
        life.open(config);
        Writer writer{7};
        writer.write(life, 50);
        writer.end_transaction(life);
        life.clean();
        writer.write(life, 25);  // small segments become one
        writer.end_transaction(life);
        life.settle();
        const auto segments = life.process.log->stats().segments;
        const View before = view_of(life.process);
        const auto producers = without_times(life.process.log->producers());
        const Offset end = life.process.log->end_offset();
        const bool crashed = clean_until(life, last, power);
        const auto shutdown = power ? log::Shutdown::kPowerLost : log::Shutdown::kProcessDied;
        open_until(disk, last, shutdown);  // the next start may crash, too

        Life again{disk, last + 2};
        again.open(config, shutdown);
        EXPECT_FALSE(again.process.log->recovery().damage.has_value()) << *again.process.log->recovery().damage;
        EXPECT_EQ(again.process.log->end_offset(), end);
        EXPECT_EQ(view_of(again.process).last, before.last);
        EXPECT_EQ(without_times(again.process.log->producers()), producers);
        while (again.clean()) {
        }
        EXPECT_EQ(view_of(again.process).last, before.last);
        EXPECT_EQ(again.process.log->end_offset(), end);
        const auto again_segments = again.process.log->stats().segments;
        again.close();
        for (const auto& name : disk.names(kLogDir)) {
            EXPECT_FALSE(name.ends_with(".swap") || name.ends_with(".cleaned")) << name;
            EXPECT_EQ(name.find(".damaged"), std::string::npos) << name;
        }
        if (HasFailure()) return;
        if (!crashed) {
            EXPECT_GT(last, 20u);
            EXPECT_LT(again_segments + 1, segments);
            return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Deaths, CleanerCrash, ::testing::Bool(), [](const auto& info) {
    return info.param ? std::string{"PowerFails"} : std::string{"ProcessDies"};
});

// --- retention

TEST(Retention, JudgesByAgeAndBySize) {
    const RetentionLimits old{.now = 1'000, .retention_ms = 100, .high_watermark = Offset{50}};
    EXPECT_TRUE(is_too_old({.end = Offset{50}, .bytes = 1, .newest = 899}, old));
    EXPECT_FALSE(is_too_old({.end = Offset{50}, .bytes = 1, .newest = 900}, old));
    EXPECT_FALSE(is_too_old({.end = Offset{51}, .bytes = 1, .newest = 1}, old));
    EXPECT_FALSE(is_too_old({.end = Offset{50}, .bytes = 0, .newest = 1}, old));
    const std::vector<SegmentAge> segments{{Offset{10}, 100, -1}, {Offset{20}, 100, -1}, {Offset{30}, 50, -1}};
    const auto too_many = [&](std::int64_t bytes, std::int64_t high_watermark) {
        return count_too_many(segments, {.retention_bytes = bytes, .high_watermark = Offset{high_watermark}});
    };
    EXPECT_EQ(too_many(-1, 30), 0u);
    EXPECT_EQ(too_many(151, 30), 0u);
    EXPECT_EQ(too_many(150, 30), 1u);
    EXPECT_EQ(too_many(50, 30), 2u);
    EXPECT_EQ(too_many(0, 30), 3u);
    EXPECT_EQ(too_many(0, 15), 1u);
}

LogConfig deleting() { return {.segment_bytes = 1'000, .deletes = true, .hot_tail_bytes = 0}; }

void check_retention(Life& life) {
    life.settle();
    life.run(life.cleaner->check_retention());
    life.process.settle();
}

TEST(Retention, DeletesOldSegmentsAndEvenTheActiveOne) {
    sim::Disk disk;
    Life life{disk};
    auto config = deleting();
    config.retention_ms = 10'000;
    config.file_delete_delay = Millis{500};
    life.open(config);
    const std::int64_t now = to_timestamp(life.process.loop.now().wall);
    for (int index = 0; index < 30; ++index) life.put("k", std::string(50, 'v'), now + index);
    check_retention(life);
    EXPECT_EQ(life.process.log->log_start_offset(), Offset{0});
    EXPECT_EQ(life.log_starts_saved, 0);

    life.process.loop.advance(Millis{11'000});
    life.put("k", "new", now + 11'000);
    check_retention(life);
    const Offset start = life.process.log->log_start_offset();
    EXPECT_GT(start, Offset{15});
    EXPECT_EQ(life.log_starts_saved, 1);
    EXPECT_GT(life.cleaner->stats().segments_deleted, 1u);
    bool has_deleted = false;
    for (const auto& name : disk.names(kLogDir)) has_deleted = has_deleted || name.ends_with(".log.deleted");
    EXPECT_TRUE(has_deleted);
    life.process.loop.advance(Millis{501});
    for (const auto& name : disk.names(kLogDir)) EXPECT_FALSE(name.ends_with(".deleted")) << name;

    life.process.loop.advance(Millis{30'000});
    check_retention(life);
    EXPECT_EQ(life.process.log->log_start_offset(), Offset{31});
    EXPECT_EQ(life.process.log->end_offset(), Offset{31});
    life.put("k", "again", now + 50'000);
    EXPECT_EQ(life.process.log->end_offset(), Offset{32});
    life.close();
}

TEST(Retention, DeletesBySizeOnlyBelowTheHighWatermark) {
    sim::Disk disk;
    Life life{disk};
    auto config = deleting();
    config.retention_bytes = 1'500;
    life.open(config);
    for (int index = 0; index < 40; ++index) life.put("k", std::string(50, 'v'));
    life.high_watermark = Offset{8};
    check_retention(life);
    EXPECT_LE(life.process.log->log_start_offset(), Offset{8});
    life.high_watermark.reset();
    check_retention(life);
    EXPECT_LT(life.process.log->stats().bytes, 2'500u);
    EXPECT_GE(life.process.log->stats().bytes, 1'500u);
    life.close();
}

TEST(Retention, LeavesLogsOfAnotherPolicyAlone) {
    sim::Disk disk;
    Life life{disk};
    auto config = deleting();
    config.deletes = false;
    config.retention_ms = 1;
    config.retention_bytes = 0;
    life.open(config);
    for (int index = 0; index < 40; ++index) life.put("k", std::string(50, 'v'));
    check_retention(life);
    EXPECT_EQ(life.process.log->log_start_offset(), Offset{0});
    life.close();
}

}  // namespace
}  // namespace moldau::store
