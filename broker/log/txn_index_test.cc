// Aborted transactions: the index by itself, in a log through restarts, and against a partition that Kafka wrote.

#include "log/txn_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "log/log_testing.h"
#include "log/segment.h"
#include "producers/producer_snapshot.h"
#include "wire/record_reader.h"

namespace moldau::log::testing {
namespace {

constexpr Offset kFar{1'000'000};

AbortedTransaction aborted(std::int64_t first, std::int64_t last, std::int64_t last_stable) {
    return {ProducerId{7}, Offset{first}, Offset{last}, Offset{last_stable}};
}

std::vector<std::int64_t> markers_of(const std::vector<AbortedTransaction>& all) {
    std::vector<std::int64_t> markers;
    for (const auto& each : all) markers.push_back(each.last.value);
    return markers;
}

class TxnIndexTest : public ::testing::Test {
protected:
    static constexpr const char* kPath = "/data/00000000000000000000.txnindex";

    sim::Disk disk_;
    sim::Loop loop_{{.seed = 1}};
    sim::FileSystem files_{disk_, loop_};
    TxnIndex index_{kPath};

    void SetUp() override { disk_.put("/data/other", ""); }
    // Transaction n has the records [10n, 10n + 9) and its marker at 10n + 9.
    void append(std::int64_t count) {
        for (std::int64_t number = index_.entries(), end = number + count; number < end; ++number) {
            index_.append(aborted(number * 10, number * 10 + 9, number * 10 + 10));
        }
    }
    std::vector<std::int64_t> search(TxnIndex& index, std::int64_t from, std::int64_t end) {
        auto found = sim::run(loop_, index.search(files_, {Offset{from}, Offset{end}}));
        return found ? markers_of(found->found) : std::vector<std::int64_t>{-1};
    }
    bool adopt(TxnIndex& index, Offset base = Offset{0}, Offset end = kFar) {
        return *sim::run(loop_, index.adopt(files_, base, end));
    }
    void finish(TxnIndex& index) { ASSERT_TRUE(sim::run(loop_, index.finish(files_)).has_value()); }
};

TEST_F(TxnIndexTest, FindsThoseThatTouchTheRange) {
    append(5);
    EXPECT_EQ(search(index_, 0, 50), (std::vector<std::int64_t>{9, 19, 29, 39, 49}));
    EXPECT_EQ(search(index_, 15, 25), (std::vector<std::int64_t>{19, 29}));
    EXPECT_EQ(search(index_, 19, 20), (std::vector<std::int64_t>{19}));
    EXPECT_EQ(search(index_, 10, 20), (std::vector<std::int64_t>{19}));
    EXPECT_EQ(search(index_, 50, 60), (std::vector<std::int64_t>{}));
}

TEST_F(TxnIndexTest, KnowsWhenNoLaterOneCanMatter) {
    AbortedSearch search{Offset{0}, Offset{10}};
    search.take(aborted(0, 5, 3));  // one that began at 3 is open still
    EXPECT_FALSE(search.is_complete);
    search.take(aborted(3, 30, 31));
    EXPECT_TRUE(search.is_complete);
    EXPECT_EQ(markers_of(search.found), (std::vector<std::int64_t>{5, 30}));
}

TEST_F(TxnIndexTest, ReadsFromTheFileWhatIsNotInMemory) {
    for (int round = 0; round < 30; ++round) {
        append(100);
        ASSERT_TRUE(sim::run(loop_, index_.write_tail(files_)).has_value());
    }
    AbortedSearch newest{Offset{29'980}, Offset{30'000}};
    EXPECT_TRUE(index_.search_now(newest));
    EXPECT_EQ(markers_of(newest.found), (std::vector<std::int64_t>{29'989, 29'999}));
    AbortedSearch oldest{Offset{0}, Offset{10}};
    EXPECT_FALSE(index_.search_now(oldest));
    EXPECT_EQ(search(index_, 12'345, 12'365), (std::vector<std::int64_t>{12'349, 12'359, 12'369}));
    EXPECT_EQ(search(index_, 0, 1).front(), 9);
    EXPECT_EQ(search(index_, 0, 30'000).size(), 3'000u);
}

TEST_F(TxnIndexTest, ReadsBackWhatItFinished) {
    append(2'000);
    finish(index_);
    TxnIndex again{kPath};
    ASSERT_TRUE(adopt(again));
    EXPECT_EQ(again.entries(), 2'000u);
    EXPECT_FALSE(again.is_unfinished());
    EXPECT_EQ(search(again, 500, 510), (std::vector<std::int64_t>{509}));
}

TEST_F(TxnIndexTest, MakesNoFileWithoutEntries) {
    finish(index_);
    EXPECT_FALSE(disk_.exists(kPath));
}

TEST_F(TxnIndexTest, IsOnTheDiskWithItsNameOnceFinished) {
    append(3);
    finish(index_);
    disk_.power_fails();
    EXPECT_EQ(disk_.content(kPath).size(), 3 * kAbortedBytes);
}

TEST_F(TxnIndexTest, ForgetsWhatIsCutInMemoryAndInTheFile) {
    append(2'000);
    finish(index_);
    TxnIndex again{kPath};
    ASSERT_TRUE(adopt(again));
    for (const std::int64_t end : {19'995, 5'009, 5'000, 0}) {
        ASSERT_TRUE(sim::run(loop_, again.truncate_to(files_, Offset{end})).has_value());
        EXPECT_EQ(again.entries(), static_cast<std::uint32_t>(end / 10)) << end;
        EXPECT_EQ(search(again, 0, 20'000).size(), static_cast<std::size_t>(end / 10)) << end;
        finish(again);
        EXPECT_EQ(disk_.content(kPath).size(), static_cast<std::size_t>(end / 10) * kAbortedBytes);
    }
}

TEST_F(TxnIndexTest, LeavesOutWhatLiesBeyondTheSegment) {
    append(5);
    finish(index_);
    TxnIndex again{kPath};
    ASSERT_TRUE(adopt(again, Offset{0}, Offset{29}));
    EXPECT_EQ(again.entries(), 2u);
    EXPECT_TRUE(again.is_unfinished());
}

TEST_F(TxnIndexTest, RefusesDamage) {
    append(3);
    finish(index_);
    const std::string good = disk_.content(kPath);
    const auto is_sound = [&](std::string content) {
        disk_.put(kPath, content);
        TxnIndex again{kPath};
        return adopt(again);
    };
    EXPECT_TRUE(is_sound(good));
    EXPECT_FALSE(is_sound(good.substr(0, good.size() - 1)));
    EXPECT_FALSE(is_sound(good.substr(kAbortedBytes) + good.substr(0, kAbortedBytes)));  // not ascending
    for (const std::size_t at : {std::size_t{0}, std::size_t{2}, std::size_t{10}, std::size_t{18}, std::size_t{26}}) {
        std::string bad = good;
        bad[kAbortedBytes + at] = static_cast<char>(0xff);
        EXPECT_FALSE(is_sound(bad)) << at;
    }
    disk_.put(kPath, good);
    TxnIndex of_later_segment{kPath};
    EXPECT_FALSE(adopt(of_later_segment, Offset{10}));
}

TEST_F(TxnIndexTest, LeavesNewerFormatsAlone) {
    append(1);
    finish(index_);
    std::string newer = disk_.content(kPath);
    newer[1] = 1;
    disk_.put(kPath, newer);
    TxnIndex again{kPath};
    const auto adopted = sim::run(loop_, again.adopt(files_, Offset{0}, kFar));
    ASSERT_FALSE(adopted.has_value());
    EXPECT_EQ(adopted.error().code, Errc::kNewerFormat);
}

// A log that transactions are written to.
class TransactionLog : public ::testing::Test {
protected:
    std::optional<sim::Disk> disk_{std::in_place};
    LogConfig config_;
    std::map<std::int64_t, std::int32_t> sequences_;

    void data(Process& process, std::int64_t producer, int records = 1) {
        auto& sequence = sequences_[producer];
        wire::BatchBuilder builder{{.producer_id = ProducerId{producer},
                                    .producer_epoch = ProducerEpoch{0},
                                    .base_sequence = sequence,
                                    .is_transactional = true}};
        for (int index = 0; index < records; ++index) builder.append({.timestamp = 1'000});
        sequence += records;
        append(process, builder);
    }
    void marker(Process& process, std::int64_t producer, wire::ControlType type) {
        wire::BatchBuilder builder{{.producer_id = ProducerId{producer},
                                    .producer_epoch = ProducerEpoch{0},
                                    .is_transactional = true,
                                    .is_control = true}};
        wire::append_marker(builder, {type, 3}, 1'000);
        append(process, builder);
    }
    void abort(Process& process, std::int64_t producer) { marker(process, producer, wire::ControlType::kAbort); }
    void commit(Process& process, std::int64_t producer) { marker(process, producer, wire::ControlType::kCommit); }
    void append(Process& process, const wire::BatchBuilder& builder) {
        const bytes::View bytes = *builder.build_plain();
        wire::ValidatedBatch batch{.header = *wire::BatchHeader::parse(bytes.span()),
                                   .header_bytes = {},
                                   .records = bytes.slice(wire::kBatchHeaderBytes)};
        std::copy_n(bytes.data(), wire::kBatchHeaderBytes, batch.header_bytes.begin());
        ASSERT_TRUE(process.log->append(batch, LeaderEpoch{0}, process.loop.now()).has_value());
    }
    static Offset stable(Process& process) { return process.log->last_stable_offset(process.log->end_offset()); }
    // The markers of all that any read of the range tells of.
    static std::vector<std::int64_t> aborted_in(Process& process, Offset from, Offset end) {
        std::set<std::int64_t> markers;
        while (from < end) {
            auto range = sim::run(process.loop, process.log->read({.from = from,
                                                                   .end = end,
                                                                   .first_batch = ReadOptions::FirstBatch::kAlways,
                                                                   .aborted = ReadOptions::Aborted::kListed}));
            CHECK(range.has_value() && range->end > from);
            for (const auto& aborted : range->aborted) markers.insert(aborted.last.value);
            from = range->end;
        }
        return {markers.begin(), markers.end()};
    }
    // Three segments; the transaction of 1 reaches through them, that of 4 is open.
    void write_some(Process& process) {
        data(process, 1);   // 0
        data(process, 2);   // 1
        abort(process, 2);  // 2
        data(process, 3);   // 3
        roll(process);
        commit(process, 3);  // 4
        data(process, 2);    // 5
        roll(process);
        abort(process, 2);  // 6
        abort(process, 1);  // 7
        data(process, 4);   // 8
    }
    void roll(Process& process) {
        process.settle();
        LogConfig small = config_;
        small.segment_bytes = 200;
        process.log->reconfigure(small);
        data(process, 9);
        commit(process, 9);
        process.settle();
        process.log->reconfigure(config_);
    }
};

TEST_F(TransactionLog, IsStableUpToTheFirstOpenTransaction) {
    Process process{*disk_};
    process.open();
    EXPECT_EQ(stable(process), Offset{0});
    data(process, 1);
    data(process, 2);
    EXPECT_EQ(stable(process), Offset{0});
    commit(process, 1);
    EXPECT_EQ(stable(process), Offset{1});
    abort(process, 2);
    EXPECT_EQ(stable(process), Offset{4});
    static_cast<void>(process.close());
}

TEST_F(TransactionLog, CountsAMarkerOnlyBelowTheHighWatermark) {
    Process process{*disk_};
    process.open();
    data(process, 1);    // 0
    data(process, 2);    // 1
    commit(process, 2);  // 2
    commit(process, 1);  // 3
    EXPECT_EQ(process.log->last_stable_offset(Offset{4}), Offset{4});
    EXPECT_EQ(process.log->last_stable_offset(Offset{3}), Offset{0});
    process.log->high_watermark_moved(Offset{3});
    EXPECT_EQ(process.log->last_stable_offset(Offset{3}), Offset{0});
    process.log->high_watermark_moved(Offset{4});
    EXPECT_EQ(process.log->last_stable_offset(Offset{4}), Offset{4});
    static_cast<void>(process.close());
}

TEST_F(TransactionLog, ListsWhatWasAbortedInARange) {
    Process process{*disk_};
    process.open();
    data(process, 1);   // 0
    data(process, 2);   // 1
    abort(process, 2);  // 2
    data(process, 3);   // 3
    commit(process, 3);
    abort(process, 1);  // 5
    EXPECT_EQ(aborted_in(process, Offset{0}, Offset{6}), (std::vector<std::int64_t>{2, 5}));
    EXPECT_EQ(aborted_in(process, Offset{3}, Offset{6}), (std::vector<std::int64_t>{5}));
    EXPECT_EQ(aborted_in(process, Offset{0}, Offset{1}), (std::vector<std::int64_t>{5}));
    static_cast<void>(process.close());
}

TEST_F(TransactionLog, RefusesRecordsOutsideOfAnOpenTransaction) {
    Process process{*disk_};
    process.open();
    data(process, 1);
    const auto stray = process.append({.producer = ProducerId{1}, .sequence = 1});
    ASSERT_FALSE(stray.has_value());
    EXPECT_EQ(stray.error().code, Errc::kInvalidTxnState);
    static_cast<void>(process.close());
}

TEST_F(TransactionLog, KnowsTheSameAfterAnyEnd) {
    enum class End { kClean, kKilled, kPower };
    for (const auto end : {End::kClean, End::kKilled, End::kPower}) {
        disk_.emplace();
        disk_->put("/data/other", "");
        sequences_.clear();
        Process before{*disk_};
        before.open(config_);
        write_some(before);
        before.settle();
        ASSERT_TRUE(sim::run(before.loop, before.log->flush()).has_value());
        const auto stable_before = stable(before);
        const auto all_before = aborted_in(before, Offset{0}, before.log->end_offset());
        ASSERT_EQ(all_before.size(), 3u);
        if (end == End::kClean) {
            ASSERT_TRUE(before.close().has_value());
        } else {
            before.die(end == End::kPower);
        }
        Process after{*disk_};
        after.open(config_, end == End::kClean    ? Shutdown::kClean
                            : end == End::kKilled ? Shutdown::kProcessDied
                                                  : Shutdown::kPowerLost);
        EXPECT_EQ(stable(after), stable_before);
        EXPECT_EQ(aborted_in(after, Offset{0}, after.log->end_offset()), all_before);
        ASSERT_TRUE(after.close().has_value());
    }
}

TEST_F(TransactionLog, ForgetsWhatIsCut) {
    Process process{*disk_};
    process.open(config_);
    write_some(process);
    const Offset end = process.log->end_offset();
    ASSERT_EQ(aborted_in(process, Offset{0}, end).size(), 3u);
    ASSERT_TRUE(sim::run(process.loop, process.log->truncate_to(Offset{4})).has_value());
    EXPECT_EQ(aborted_in(process, Offset{0}, Offset{4}), (std::vector<std::int64_t>{2}));
    EXPECT_EQ(stable(process), Offset{0});
    abort(process, 1);
    EXPECT_EQ(aborted_in(process, Offset{0}, Offset{5}), (std::vector<std::int64_t>{2, 4}));
    ASSERT_TRUE(process.close().has_value());
}

// What Apache Kafka 4.4 wrote: testdata/README.md.
class KafkaPartition : public ::testing::Test {
protected:
    std::optional<sim::Disk> disk_{std::in_place};
    std::map<std::string, std::string> kafka_;

    void SetUp() override {
        for (const auto& entry :
             std::filesystem::directory_iterator(MOLDAU_SOURCE_DIR "/broker/log/testdata/kafka-transactions")) {
            std::ifstream file(entry.path(), std::ios::binary);
            std::ostringstream content;
            content << file.rdbuf();
            kafka_[entry.path().filename()] = content.str();
        }
        ASSERT_FALSE(kafka_.empty());
    }
    void place(const std::set<std::string>& without = {}) {
        for (const auto& [name, content] : kafka_) {
            const auto suffix = name.substr(std::min(name.find('.'), name.size()));
            if (name == "partition.metadata" || name == "read-committed.txt" || without.contains(suffix)) continue;
            disk_->put(std::string{kLogDir} + '/' + name, content);
        }
    }
    // As the consumer of Kafka saw it: the last stable offset and "offset value" lines.
    std::vector<std::string> expected() const {
        std::istringstream lines(kafka_.at("read-committed.txt"));
        std::vector<std::string> all;
        for (std::string line; std::getline(lines, line);) all.push_back(line);
        return all;
    }
    // What a client makes of one answer.
    static void consume(const ReadRange& range, Offset from, std::vector<std::string>& seen) {
        auto coming = range.aborted;
        std::ranges::sort(coming, {}, &AbortedTransaction::first);
        std::set<ProducerId> dropped;
        for (const auto& batch : split(range.batches)) {
            const auto header = *wire::BatchHeader::parse(batch.span());
            while (!coming.empty() && coming.front().first <= header.last_offset()) {
                dropped.insert(coming.front().producer);
                coming.erase(coming.begin());
            }
            const auto marker = producers::marker_in(header, batch.slice(wire::kBatchHeaderBytes).span());
            if (marker && marker->type == wire::ControlType::kAbort) dropped.erase(header.producer_id);
            const bool is_dropped = header.attributes.is_transactional() && dropped.contains(header.producer_id);
            if (header.attributes.is_control() || is_dropped) continue;
            wire::RecordReader reader{batch.slice(wire::kBatchHeaderBytes).span(), header.record_count};
            while (auto record = *reader.next()) {
                const Offset offset = header.base_offset + record->offset_delta;
                const auto value = *record->value;
                if (offset >= from)
                    seen.push_back(std::to_string(offset.value) + ' ' + std::string(value.begin(), value.end()));
            }
        }
    }
    static std::vector<std::string> read_committed(Process& process, std::size_t bytes_max) {
        const Offset end = process.log->last_stable_offset(process.log->end_offset());
        std::vector<std::string> seen{"last-stable-offset " + std::to_string(end.value)};
        for (Offset from{0}; from < end;) {
            auto range = sim::run(process.loop, process.log->read({.from = from,
                                                                   .end = end,
                                                                   .bytes_max = bytes_max,
                                                                   .first_batch = ReadOptions::FirstBatch::kAlways,
                                                                   .aborted = ReadOptions::Aborted::kListed}));
            CHECK(range.has_value() && range->end > from);
            consume(*range, from, seen);
            from = range->end;
        }
        return seen;
    }
    void expect_kafkas_files() {
        for (const auto& [name, content] : kafka_) {
            if (name.ends_with(kTxnIndexSuffix))
                EXPECT_EQ(disk_->content(std::string{kLogDir} + '/' + name), content) << name;
        }
    }
    std::vector<producers::ProducerEntry> kafkas_producers() const {
        std::string newest;
        for (const auto& [name, bytes] : kafka_) {
            if (name.ends_with(kSnapshotSuffix)) newest = bytes;
        }
        return without_times(*producers::decode_producer_snapshot(bytes::View::copy_of(newest).span()));
    }
    // Kafka's are the records', ours when they were appended.
    static std::vector<producers::ProducerEntry> without_times(std::vector<producers::ProducerEntry> entries) {
        for (auto& entry : entries) entry.timestamp = 0;
        return entries;
    }
};

TEST_F(KafkaPartition, ShowsWhatKafkaShowed) {
    place();
    Process process{*disk_};
    process.open();
    for (const std::size_t bytes_max : {std::size_t{1}, std::size_t{300}, std::size_t{1} << 20}) {
        EXPECT_EQ(read_committed(process, bytes_max), expected()) << bytes_max;
    }
    EXPECT_EQ(without_times(process.log->producers()), kafkas_producers());
    ASSERT_TRUE(process.close().has_value());
    expect_kafkas_files();
}

TEST_F(KafkaPartition, FindsEverythingAgainInTheBatches) {
    const std::set<std::string> rebuilt{".txnindex", ".snapshot", ".index", ".timeindex"};
    for (const auto shutdown : {Shutdown::kClean, Shutdown::kProcessDied, Shutdown::kPowerLost}) {
        disk_.emplace();
        place(rebuilt);
        Process process{*disk_};
        process.open({}, shutdown);
        EXPECT_EQ(read_committed(process, 300), expected());
        EXPECT_EQ(without_times(process.log->producers()), kafkas_producers());
        ASSERT_TRUE(process.close().has_value());
        expect_kafkas_files();
    }
}

TEST_F(KafkaPartition, BuildsADamagedIndexAnew) {
    for (const auto& [name, content] : kafka_) {
        if (!name.ends_with(kTxnIndexSuffix)) continue;
        disk_.emplace();
        place();
        disk_->put(std::string{kLogDir} + '/' + name, content.substr(0, content.size() - 1));
        Process process{*disk_};
        process.open();
        EXPECT_EQ(process.log->recovery().indexes_rebuilt, 1u) << name;
        EXPECT_EQ(read_committed(process, 300), expected()) << name;
        ASSERT_TRUE(process.close().has_value());
        expect_kafkas_files();
    }
}

}  // namespace
}  // namespace moldau::log::testing
