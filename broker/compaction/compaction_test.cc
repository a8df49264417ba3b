// The rules of compaction, one by one; whole logs are in store/cleaner_test.cc.

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "compaction/batch_cleaner.h"
#include "compaction/cleanable.h"
#include "compaction/key_offsets.h"
#include "compaction/transactions.h"
#include "wire/batch_builder.h"
#include "wire/record_reader.h"

namespace moldau::compaction {
namespace {

bytes::Span span_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// --- keys

// The first vectors of the authors' reference for 128 bits: key 00..0f, messages of 0, 1 and 15 ascending bytes.
TEST(KeyHash, IsSipHash) {
    constexpr HashSeed kSeed{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    std::string message;
    const auto of = [&](std::size_t length) {
        message.clear();
        for (std::size_t index = 0; index < length; ++index) message += static_cast<char>(index);
        return hash_key(span_of(message), kSeed);
    };
    EXPECT_EQ(of(0), (KeyHash{0xe6a825ba047f81a3, 0x930255c71472f66d}));
    EXPECT_EQ(of(1), (KeyHash{0x44af996bd8c187da, 0x45fc229b11597634}));
    EXPECT_NE(of(8), of(9));
    EXPECT_NE(of(16), of(15));
}

TEST(KeyOffsets, RemembersTheLastOffsetOfEachKeyUntilItIsFull) {
    KeyOffsets keys{{.bytes_max = 24 * 40, .keys_wanted = 1'000}, {1, 2}};
    ASSERT_EQ(keys.keys_max(), 30u);
    for (int index = 0; index < 30; ++index) EXPECT_TRUE(keys.put(span_of("k" + std::to_string(index)), Offset{index}));
    EXPECT_FALSE(keys.put(span_of("one more"), Offset{30}));
    EXPECT_TRUE(keys.put(span_of("k7"), Offset{31}));
    EXPECT_EQ(keys.find(span_of("k7")), Offset{31});
    EXPECT_EQ(keys.find(span_of("k0")), Offset{0});
    EXPECT_EQ(keys.find(span_of("one more")), std::nullopt);
    EXPECT_EQ(keys.count(), 30u);
}

TEST(KeyOffsets, TakesNoMoreMemoryThanItsKeysNeed) {
    EXPECT_LT((KeyOffsets{{.bytes_max = 128 << 20, .keys_wanted = 1'000}, {}}.memory_bytes()), 40'000u);
    EXPECT_GE((KeyOffsets{{.bytes_max = 128 << 20, .keys_wanted = 1'000}, {}}.keys_max()), 999u);
    EXPECT_LE((KeyOffsets{{.bytes_max = 1 << 20, .keys_wanted = std::size_t{1} << 40}, {}}.memory_bytes()), 1u << 20);
}

// --- what is cleaned

std::vector<SegmentFacts> four_segments() {
    return {{Offset{0}, Offset{10}, 100, 8, 1'000, 1'900},
            {Offset{10}, Offset{20}, 100, 8, 2'000, 2'900},
            {Offset{20}, Offset{30}, 100, 8, 3'000, 3'900},
            {Offset{30}, Offset{40}, 100, 8, 4'000, 4'900}};
}

CleanableOptions options() {
    return {.cleaned_to = Offset{20},
            .limit = Offset{40},
            .now = 10'000,
            .min_lag_ms = 0,
            .max_lag_ms = 1'000'000,
            .min_dirty_ratio = 0.5};
}

TEST(Cleanable, WeighsWhatIsNewAgainstWhatIsClean) {
    const auto segments = four_segments();
    auto found = find_cleanable(segments, options());
    EXPECT_EQ(found.dirty_from, Offset{20});
    EXPECT_EQ(found.end, Offset{40});
    EXPECT_EQ(found.dirty_ratio(), 0.5);
    EXPECT_FALSE(found.is_due);  // more than the ratio is asked for
    auto less = options();
    less.min_dirty_ratio = 0.4;
    EXPECT_TRUE(find_cleanable(segments, less).is_due);
    less.cleaned_to = Offset{40};
    EXPECT_FALSE(find_cleanable(segments, less).is_due);
    less.cleaned_to = Offset{90};  // of a log that was cut since
    EXPECT_EQ(find_cleanable(segments, less).dirty_from, Offset{0});
    EXPECT_FALSE(find_cleanable({}, options()).is_due);
}

TEST(Cleanable, StopsAtTheLimitAndAtYoungRecords) {
    const auto segments = four_segments();
    auto limited = options();
    limited.limit = Offset{39};
    EXPECT_EQ(find_cleanable(segments, limited).end, Offset{30});
    auto young = options();
    young.min_lag_ms = 6'101;  // the third segment's newest record is 6,100 old
    EXPECT_EQ(find_cleanable(segments, young).end, Offset{20});
    young.min_lag_ms = 6'100;
    EXPECT_EQ(find_cleanable(segments, young).end, Offset{30});
}

TEST(Cleanable, IsDueWhenARecordWaitsTooLong) {
    auto waiting = options();
    waiting.max_lag_ms = 7'000;  // the oldest new record is from 3,000
    EXPECT_FALSE(find_cleanable(four_segments(), waiting).is_due);
    waiting.max_lag_ms = 6'999;
    EXPECT_TRUE(find_cleanable(four_segments(), waiting).is_due);
}

TEST(Cleanable, GroupsNeighboursThatFitIntoOneSegment) {
    const auto groups = [](Offset end, GroupLimits limits) { return group_segments(four_segments(), end, limits); };
    EXPECT_EQ(groups(Offset{40}, {.bytes_max = 250, .index_bytes_max = 100}), (std::vector<std::size_t>{2, 2}));
    EXPECT_EQ(groups(Offset{30}, {.bytes_max = 250, .index_bytes_max = 100}), (std::vector<std::size_t>{2, 1}));
    EXPECT_EQ(groups(Offset{40}, {.bytes_max = 50, .index_bytes_max = 100}), (std::vector<std::size_t>{1, 1, 1, 1}));
    EXPECT_EQ(groups(Offset{40}, {.bytes_max = 900, .index_bytes_max = 24}), (std::vector<std::size_t>{3, 1}));
    EXPECT_EQ(groups(Offset{40}, {.bytes_max = 900, .index_bytes_max = 100, .offsets_max = 25}),
              (std::vector<std::size_t>{2, 2}));
}

// --- batches

struct RecordSpec {
    std::string key;
    std::optional<std::string> value;
    std::int64_t timestamp = 100;
};

bytes::View batch_of(wire::BatchOptions how, const std::vector<RecordSpec>& records) {
    wire::BatchBuilder builder{how};
    for (const auto& record : records) {
        builder.append({.timestamp = record.timestamp,
                        .key = record.key.empty() ? std::nullopt : std::optional{span_of(record.key)},
                        .value = record.value ? std::optional{span_of(*record.value)} : std::nullopt});
    }
    bytes::Compressor compressor;
    return *builder.build(compressor);
}

bytes::View marker(Offset base, wire::ControlType type) {
    wire::BatchBuilder builder{{.base_offset = base,
                                .producer_id = ProducerId{5},
                                .producer_epoch = ProducerEpoch{0},
                                .is_transactional = true,
                                .is_control = true}};
    wire::append_marker(builder, {.type = type, .coordinator_epoch = 1}, 100);
    return *builder.build_plain();
}

wire::BatchHeader header_of(const bytes::View& batch) { return *wire::BatchHeader::parse(batch.span()); }

class BatchCleanerTest : public ::testing::Test {
protected:
    // The keys of all these are known, then they go by in their order.
    std::vector<std::optional<bytes::View>> clean_all(const std::vector<bytes::View>& batches) {
        TransactionOutcomes outcomes;
        for (const auto& batch : batches) EXPECT_TRUE(outcomes.add(header_of(batch), batch).has_value());
        KeyOffsets latest{{.bytes_max = 1 << 16, .keys_wanted = 100}, {}};
        for (const auto& batch : batches) {
            if (header_of(batch).base_offset >= end_ || outcomes.is_aborted(header_of(batch))) continue;
            EXPECT_TRUE(*BatchCleaner::note_keys(latest, batch, codecs_.decompressor));
        }
        const CleaningRules rules{.latest = latest,
                                  .outcomes = outcomes,
                                  .producers = producers_,
                                  .end = end_,
                                  .now = now_,
                                  .delete_retention_ms = 50};
        BatchCleaner cleaner{rules, codecs_};
        std::vector<std::optional<bytes::View>> left;
        for (std::size_t index = 0; index < batches.size(); ++index) {
            const bool last = keep_last_ && index + 1 == batches.size();
            auto cleaned = cleaner.clean(batches[index], last ? BatchPlace::kLastOfSegment : BatchPlace::kInner);
            EXPECT_TRUE(cleaned.has_value()) << cleaned.error().to_string();
            left.push_back(*cleaned);
        }
        stats_ = cleaner.stats();
        return left;
    }
    std::vector<RecordSpec> records_of(const bytes::View& batch) {
        const auto header = header_of(batch);
        const auto inflated = *wire::inflate_records(batch, header, codecs_.decompressor, 1 << 20);
        wire::RecordReader reader{inflated.span(), header.record_count};
        std::vector<RecordSpec> records;
        while (const auto record = *reader.next()) {
            RecordSpec spec{std::string{record->key->begin(), record->key->end()}, std::nullopt,
                            wire::record_timestamp(header, *record)};
            if (record->value) spec.value = std::string{record->value->begin(), record->value->end()};
            offsets_.push_back(header.base_offset + record->offset_delta);
            records.push_back(std::move(spec));
        }
        return records;
    }

    bytes::Codecs codecs_;
    LiveProducers producers_;
    Offset end_{1'000};
    std::int64_t now_ = 10'000;
    bool keep_last_ = false;
    CleaningStats stats_;
    std::vector<Offset> offsets_;
};

TEST_F(BatchCleanerTest, KeepsABatchOfWhichAllStaysVerbatim) {
    const auto batch = batch_of({.base_offset = Offset{10}}, {{"a", "1"}, {"b", "2"}});
    EXPECT_EQ(clean_all({batch})[0]->data(), batch.data());
}

TEST_F(BatchCleanerTest, RewritesWithOffsetsSequencesEpochTimesAndCodecOfTheOriginal) {
    for (int codec = 0; codec < bytes::kCodecCount; ++codec) {
        const wire::BatchOptions how{.base_offset = Offset{10},
                                     .leader_epoch = LeaderEpoch{4},
                                     .codec = static_cast<bytes::Codec>(codec),
                                     .producer_id = ProducerId{5},
                                     .producer_epoch = ProducerEpoch{2},
                                     .base_sequence = 70};
        const auto batch = batch_of(how, {{"a", "1", 100}, {"b", "2", 105}, {"a", "3", 103}, {"c", "4", 109}});
        const auto newer = batch_of({.base_offset = Offset{20}}, {{"c", "5"}});
        const auto left = clean_all({batch, newer});
        const auto before = header_of(batch);
        const auto after = header_of(*left[0]);
        EXPECT_EQ(after.base_offset, before.base_offset);
        EXPECT_EQ(after.last_offset_delta, 3);
        EXPECT_EQ(after.leader_epoch, LeaderEpoch{4});
        EXPECT_EQ(after.attributes, before.attributes);
        EXPECT_EQ(after.last_sequence(), 73);
        EXPECT_EQ(after.record_count, 2);
        EXPECT_EQ(after.max_timestamp, 105);
        offsets_.clear();
        const auto records = records_of(*left[0]);
        EXPECT_EQ(offsets_, (std::vector{Offset{11}, Offset{12}}));
        EXPECT_EQ(records[0].timestamp, 105);
        EXPECT_EQ(records[1].value, "3");
    }
}

TEST_F(BatchCleanerTest, KeepsTheTimeOfLogAppendTime) {
    const auto batch =
        batch_of({.base_offset = Offset{0}, .log_append_time = 777}, {{"a", "1"}, {"b", std::nullopt}, {"a", "2"}});
    const auto left = clean_all({batch});
    EXPECT_EQ(header_of(*left[0]).max_timestamp, 777);
    for (const auto& record : records_of(*left[0])) EXPECT_EQ(record.timestamp, 777);
}

TEST_F(BatchCleanerTest, DropsWhatIsSupersededAndWhatHasNoKey) {
    const auto left = clean_all(
        {batch_of({.base_offset = Offset{0}}, {{"a", "1"}, {"", "2"}}), batch_of({.base_offset = Offset{2}}, {{"a", "3"}})});
    EXPECT_FALSE(left[0].has_value());
    EXPECT_TRUE(left[1].has_value());
    EXPECT_EQ(stats_.records_without_key, 1u);
    EXPECT_EQ(stats_.records_kept, 1u);
}

TEST_F(BatchCleanerTest, TouchesNothingAtOrBeyondTheEnd) {
    end_ = Offset{1};
    const auto straddling = batch_of({.base_offset = Offset{0}}, {{"a", "1"}, {"a", "2"}, {"", "3"}});
    const auto beyond = batch_of({.base_offset = Offset{3}}, {{"a", "4"}, {"a", "5"}});
    const auto left = clean_all({straddling, beyond});
    EXPECT_EQ(left[1]->data(), beyond.data());
    EXPECT_EQ(header_of(*left[0]).record_count, 2);
}

TEST_F(BatchCleanerTest, GivesTombstonesAHorizonAndDropsThemAfterIt) {
    const auto batch = batch_of({.base_offset = Offset{0}}, {{"a", "1", 100}, {"a", std::nullopt, 140}, {"b", "2", 90}});
    const auto marked = *clean_all({batch})[0];
    EXPECT_TRUE(header_of(marked).attributes.has_delete_horizon());
    EXPECT_EQ(header_of(marked).base_timestamp, 10'050);
    EXPECT_EQ(header_of(marked).max_timestamp, 140);
    EXPECT_EQ(records_of(marked)[0].timestamp, 140);
    now_ = 10'049;
    EXPECT_EQ(clean_all({marked})[0]->data(), marked.data());
    now_ = 10'050;
    const auto without = *clean_all({marked})[0];
    ASSERT_EQ(header_of(without).record_count, 1);
    EXPECT_EQ(records_of(without)[0].timestamp, 90);
}

TEST_F(BatchCleanerTest, KeepsTheLastBatchOfALiveProducerWithoutItsRecords) {
    const wire::BatchOptions how{.base_offset = Offset{0},
                                 .codec = bytes::Codec::kLz4,
                                 .producer_id = ProducerId{5},
                                 .producer_epoch = ProducerEpoch{2},
                                 .base_sequence = 7};
    const auto batch = batch_of(how, {{"a", "1"}, {"a", "2"}});
    const auto newer = batch_of({.base_offset = Offset{2}}, {{"a", "3"}});
    EXPECT_FALSE(clean_all({batch, newer})[0].has_value());
    producers_[ProducerId{5}] = {Offset{1}, Offset{1}};
    const auto empty = *clean_all({batch, newer})[0];
    EXPECT_EQ(empty.size(), wire::kBatchHeaderBytes);
    EXPECT_EQ(header_of(empty).record_count, 0);
    EXPECT_EQ(header_of(empty).last_sequence(), 8);
    EXPECT_EQ(header_of(empty).last_offset(), Offset{1});
    EXPECT_EQ(header_of(empty).attributes.codec(), bytes::Codec::kNone);
    EXPECT_EQ(clean_all({empty, newer})[0]->data(), empty.data());
    producers_.clear();
    EXPECT_FALSE(clean_all({empty, newer})[0].has_value());
}

TEST_F(BatchCleanerTest, KeepsWhatARepeatIsRecognisedBy) {
    std::vector<bytes::View> batches;
    for (std::int32_t number = 0; number < 4; ++number) {
        batches.push_back(batch_of({.base_offset = Offset{number},
                                    .producer_id = ProducerId{5},
                                    .producer_epoch = ProducerEpoch{2},
                                    .base_sequence = number},
                                   {{"a", "old"}}));
    }
    batches.push_back(batch_of({.base_offset = Offset{4}}, {{"a", "new"}}));
    producers_[ProducerId{5}] = {.oldest = Offset{1}, .newest = Offset{3}};
    const auto cleaned = clean_all(batches);
    EXPECT_FALSE(cleaned[0].has_value());
    for (std::size_t index = 1; index < 4; ++index) {
        ASSERT_TRUE(cleaned[index].has_value()) << index;
        EXPECT_EQ(header_of(*cleaned[index]).record_count, 0);
        EXPECT_EQ(header_of(*cleaned[index]).base_sequence, static_cast<std::int32_t>(index));
    }
}

TEST_F(BatchCleanerTest, KeepsTheLastBatchOfASegment) {
    keep_last_ = true;
    const auto left =
        clean_all({batch_of({.base_offset = Offset{0}}, {{"a", "1"}}), batch_of({.base_offset = Offset{1}}, {{"", "2"}})});
    EXPECT_EQ(header_of(*left[1]).record_count, 0);
    EXPECT_EQ(header_of(*left[1]).next_offset(), Offset{2});
}

TEST_F(BatchCleanerTest, DropsAbortedRecordsAndThenTheirMarker) {
    const wire::BatchOptions how{.base_offset = Offset{1},
                                 .producer_id = ProducerId{5},
                                 .producer_epoch = ProducerEpoch{0},
                                 .base_sequence = 0,
                                 .is_transactional = true};
    const auto old = batch_of({.base_offset = Offset{0}}, {{"a", "old"}});
    const auto aborted = batch_of(how, {{"a", "aborted"}});
    const auto left = clean_all({old, aborted, marker(Offset{2}, wire::ControlType::kAbort)});
    EXPECT_TRUE(left[0].has_value());
    EXPECT_FALSE(left[1].has_value());
    ASSERT_TRUE(left[2].has_value());
    EXPECT_EQ(header_of(*left[2]).base_timestamp, 10'050);  // owed to readers until then
    EXPECT_TRUE(header_of(*left[2]).attributes.is_control());
    now_ = 10'049;
    EXPECT_TRUE(clean_all({old, *left[2]})[1].has_value());
    now_ = 10'050;
    EXPECT_FALSE(clean_all({old, *left[2]})[1].has_value());
    producers_[ProducerId{5}] = {};  // the marker is all that tells of it
    EXPECT_TRUE(clean_all({old, *left[2]})[1].has_value());
}

TEST_F(BatchCleanerTest, KeepsACommitMarkerWhileItsTransactionHasABatch) {
    const wire::BatchOptions how{.base_offset = Offset{0},
                                 .producer_id = ProducerId{5},
                                 .producer_epoch = ProducerEpoch{0},
                                 .base_sequence = 0,
                                 .is_transactional = true};
    const auto data = batch_of(how, {{"a", "1"}});
    const auto commit = marker(Offset{1}, wire::ControlType::kCommit);
    EXPECT_EQ(clean_all({data, commit})[1]->data(), commit.data());
    const auto newer = batch_of({.base_offset = Offset{2}}, {{"a", "2"}});
    EXPECT_TRUE(header_of(*clean_all({data, commit, newer})[1]).attributes.has_delete_horizon());
}

TEST_F(BatchCleanerTest, RefusesDamagedBatches) {
    const auto good = batch_of({.base_offset = Offset{0}}, {{"a", "1"}, {"b", "2"}});
    const KeyOffsets latest{{.bytes_max = 1 << 12, .keys_wanted = 10}, {}};
    const TransactionOutcomes outcomes;
    const CleaningRules rules{.latest = latest, .outcomes = outcomes, .producers = producers_, .end = Offset{100}};
    for (std::size_t at = wire::batch_field::kCrc; at < good.size(); ++at) {
        std::vector<std::uint8_t> bytes{good.span().begin(), good.span().end()};
        bytes[at] ^= 4;
        BatchCleaner cleaner{rules, codecs_};
        EXPECT_FALSE(cleaner.clean(bytes::View::copy_of(bytes::Span{bytes}), BatchPlace::kInner).has_value()) << at;
    }
}

TEST(TransactionOutcomes, KnowsWhichBatchesWereAborted) {
    TransactionOutcomes outcomes;
    const auto data = [](std::int64_t base, std::int64_t producer) {
        return batch_of({.base_offset = Offset{base},
                         .producer_id = ProducerId{producer},
                         .producer_epoch = ProducerEpoch{0},
                         .base_sequence = 0,
                         .is_transactional = true},
                        {{"a", "1"}});
    };
    const auto add = [&](const bytes::View& batch) { EXPECT_TRUE(outcomes.add(header_of(batch), batch).has_value()); };
    add(data(0, 5));
    add(data(1, 6));
    EXPECT_TRUE(outcomes.has_open_before(Offset{1}));
    EXPECT_FALSE(outcomes.has_open_before(Offset{0}));
    add(marker(Offset{2}, wire::ControlType::kAbort));
    add(data(3, 5));
    add(marker(Offset{4}, wire::ControlType::kCommit));
    add(marker(Offset{5}, wire::ControlType::kAbort));  // of nothing
    EXPECT_TRUE(outcomes.is_aborted(header_of(data(0, 5))));
    EXPECT_FALSE(outcomes.is_aborted(header_of(data(1, 6))));
    EXPECT_FALSE(outcomes.is_aborted(header_of(data(3, 5))));
    EXPECT_EQ(outcomes.aborted_count(), 1u);
    EXPECT_TRUE(outcomes.has_open_before(Offset{2}));
}

}  // namespace
}  // namespace moldau::compaction
