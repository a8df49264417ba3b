// The rules of idempotent producers, as tables, and their snapshot's bytes.

#include "producers/producer_states.h"

#include <gtest/gtest.h>

#include <limits>

#include "producers/producer_snapshot.h"

namespace moldau::producers {
namespace {

constexpr std::size_t kMany = 1000;
constexpr std::int32_t kLargest = std::numeric_limits<std::int32_t>::max();

struct Spec {
    std::int32_t sequence = 0;
    std::int32_t records = 1;
    std::int16_t epoch = 0;
    std::int64_t id = 7;
    std::int64_t base = 0;
};

wire::BatchHeader header(const Spec& spec) {
    wire::BatchHeader header;
    header.base_offset = Offset{spec.base};
    header.last_offset_delta = spec.records - 1;
    header.record_count = spec.records;
    header.producer_id = ProducerId{spec.id};
    header.producer_epoch = ProducerEpoch{spec.epoch};
    header.base_sequence = spec.sequence;
    header.max_timestamp = 100 + spec.base;
    return header;
}

class ProducerStatesTest : public ::testing::Test {
protected:
    ProducerStates states_;
    std::int64_t end_ = 0;

    void append(Spec spec) {
        spec.base = end_;
        end_ += spec.records;
        states_.append(header(spec), 1000);
    }
    Errc verdict(const Spec& spec) const {
        const auto checked = states_.check(header(spec), kMany);
        return checked ? Errc::kNone : checked.error().code;
    }
    std::optional<StoredRange> repeat(const Spec& spec) const {
        return states_.check(header(spec), kMany).value_or(std::nullopt);
    }
};

TEST_F(ProducerStatesTest, LetsBatchesWithoutProducerPass) {
    wire::BatchHeader plain;
    EXPECT_EQ(states_.check(plain, 0).value(), std::nullopt);
    states_.append(plain, 1);
    EXPECT_EQ(states_.count(), 0u);
}

TEST_F(ProducerStatesTest, AcceptsAnySequenceFromAnUnknownProducer) { EXPECT_EQ(verdict({.sequence = 17}), Errc::kNone); }

TEST_F(ProducerStatesTest, AcceptsOnlyTheNextSequence) {
    append({.sequence = 0, .records = 3});
    EXPECT_EQ(verdict({.sequence = 3}), Errc::kNone);
    EXPECT_EQ(verdict({.sequence = 4}), Errc::kOutOfOrderSequenceNumber);
    EXPECT_EQ(verdict({.sequence = 2}), Errc::kOutOfOrderSequenceNumber);
    EXPECT_EQ(verdict({.sequence = 0, .records = 2}), Errc::kOutOfOrderSequenceNumber);
}

TEST_F(ProducerStatesTest, AnswersRepeatsOfTheLastFiveBatches) {
    for (std::int32_t index = 0; index < 7; ++index) append({.sequence = index * 2, .records = 2});
    for (std::int32_t index = 0; index < 7; ++index) {
        const Spec spec{.sequence = index * 2, .records = 2};
        if (index < 2) {
            EXPECT_EQ(verdict(spec), Errc::kOutOfOrderSequenceNumber);
        } else {
            EXPECT_EQ(repeat(spec), (StoredRange{Offset{index * 2}, Offset{index * 2 + 2}, 100 + index * 2}));
        }
    }
}

TEST_F(ProducerStatesTest, FencesOlderEpochs) {
    append({.epoch = 3});
    EXPECT_EQ(verdict({.sequence = 1, .epoch = 2}), Errc::kInvalidProducerEpoch);
}

TEST_F(ProducerStatesTest, BeginsANewEpochAtZero) {
    append({.sequence = 0, .records = 5});
    EXPECT_EQ(verdict({.sequence = 5, .epoch = 1}), Errc::kOutOfOrderSequenceNumber);
    EXPECT_EQ(verdict({.sequence = 0, .epoch = 1}), Errc::kNone);
    append({.sequence = 0, .epoch = 1});
    EXPECT_EQ(repeat({.sequence = 0, .records = 5, .epoch = 1}), std::nullopt);
    EXPECT_EQ(verdict({.sequence = 1, .epoch = 1}), Errc::kNone);
}

TEST_F(ProducerStatesTest, WrapsSequencesAround) {
    append({.sequence = kLargest - 1, .records = 2});
    EXPECT_EQ(verdict({.sequence = 0}), Errc::kNone);
    append({.sequence = 0});
    ProducerStates across;
    across.append(header({.sequence = kLargest, .records = 3}), 1);
    EXPECT_EQ(across.check(header({.sequence = 2}), kMany).value(), std::nullopt);
    EXPECT_TRUE(across.check(header({.sequence = kLargest, .records = 3}), kMany).value().has_value());
    EXPECT_EQ(add_to_sequence(kLargest, 1), 0);
    EXPECT_EQ(add_to_sequence(1, -3), kLargest - 1);
}

TEST_F(ProducerStatesTest, RefusesNewProducersAtTheLimitOnly) {
    append({.id = 1});
    append({.id = 2});
    EXPECT_EQ(states_.check(header({.id = 3}), 2).error().code, Errc::kBusy);
    EXPECT_TRUE(is_retriable(kafka_errc(Errc::kBusy)));
    EXPECT_TRUE(states_.check(header({.sequence = 1, .id = 2}), 2).has_value());
}

TEST_F(ProducerStatesTest, ForgetsTheSilent) {
    states_.append(header({.id = 1}), 1000);
    states_.append(header({.id = 2}), 2000);
    states_.expire(from_timestamp(3000), Millis{1500});
    EXPECT_EQ(states_.count(), 1u);
    EXPECT_EQ(states_.entries()[0].id, ProducerId{2});
}

class Transactions : public ProducerStatesTest {
protected:
    static wire::BatchHeader transactional(const Spec& spec) {
        auto made = header(spec);
        made.attributes.set(wire::BatchAttributes::kTransactionalBit);
        return made;
    }
    void data(std::int64_t id, std::int64_t base) { states_.append(transactional({.id = id, .base = base}), 1000); }
    std::optional<AbortedTransaction> end(std::int64_t id, std::int64_t base, wire::ControlType type) {
        auto marker = transactional({.sequence = -1, .id = id, .base = base});
        marker.attributes.set(wire::BatchAttributes::kControlBit);
        return states_.append(marker, 2000, wire::EndTransactionMarker{type, 5});
    }
    std::optional<AbortedTransaction> commit(std::int64_t id, std::int64_t base) {
        return end(id, base, wire::ControlType::kCommit);
    }
    std::optional<AbortedTransaction> abort(std::int64_t id, std::int64_t base) {
        return end(id, base, wire::ControlType::kAbort);
    }
    std::int64_t unstable(std::int64_t high_watermark) const {
        return states_.first_unstable(Offset{high_watermark}).value_or(Offset{-1}).value;
    }
};

TEST_F(Transactions, KeepTheirProducerWhileTheyAreOpen) {
    data(1, 40);
    states_.expire(from_timestamp(100'000), Millis{1});
    ASSERT_EQ(states_.count(), 1u);
    EXPECT_EQ(states_.entries()[0].transaction_first_offset, Offset{40});
    commit(1, 41);
    EXPECT_EQ(states_.entries()[0].transaction_first_offset, Offset{-1});
    EXPECT_EQ(states_.entries()[0].coordinator_epoch, 5);
    states_.expire(from_timestamp(100'000), Millis{1});
    EXPECT_EQ(states_.count(), 0u);
}

TEST_F(Transactions, AreUnstableUntilTheirMarkerIsReplicated) {
    data(1, 10);
    data(2, 20);
    commit(2, 30);
    EXPECT_EQ(unstable(25), 10);
    commit(1, 40);
    EXPECT_EQ(unstable(40), 10);  // the marker of 1 is at 40, not below
    EXPECT_EQ(unstable(41), -1);
    data(3, 50);
    commit(3, 60);
    EXPECT_EQ(unstable(41), 50);
    states_.forget_completed(Offset{41});
    EXPECT_EQ(unstable(41), 50);
    states_.forget_completed(Offset{61});
    EXPECT_EQ(unstable(41), -1);
}

TEST_F(Transactions, TellWhatTheyAbortAndWhoIsStillOpen) {
    data(1, 10);
    data(2, 20);
    EXPECT_EQ(abort(2, 30), (AbortedTransaction{ProducerId{2}, Offset{20}, Offset{30}, Offset{10}}));
    EXPECT_EQ(abort(1, 40), (AbortedTransaction{ProducerId{1}, Offset{10}, Offset{40}, Offset{41}}));
    EXPECT_EQ(abort(2, 50), std::nullopt);  // nothing since
    data(2, 60);
    EXPECT_EQ(commit(2, 70), std::nullopt);
}

TEST_F(Transactions, StayOpenThroughControlBatchesThatAreNoMarkers) {
    data(1, 10);
    auto other = transactional({.sequence = -1, .id = 1, .base = 20});
    other.attributes.set(wire::BatchAttributes::kControlBit);
    states_.append(other, 2000);
    EXPECT_EQ(unstable(100), 10);
}

TEST_F(Transactions, ComeBackFromSnapshots) {
    data(1, 10);
    data(2, 20);
    commit(1, 30);
    ProducerStates restored;
    restored.restore(states_.entries());
    EXPECT_EQ(restored.first_unstable(Offset{100}), Offset{20});
    EXPECT_EQ(restored.entries(), states_.entries());
}

TEST_F(Transactions, AllowNothingOfTheirProducerOutside) {
    data(1, 10);
    EXPECT_EQ(verdict({.sequence = 1, .id = 1}), Errc::kInvalidTxnState);
    EXPECT_TRUE(states_.check(transactional({.sequence = 1, .id = 1}), kMany).has_value());
    commit(1, 20);
    EXPECT_EQ(verdict({.sequence = 1, .id = 1}), Errc::kNone);
}

TEST(MarkerIn, ReadsMarkersAndNothingElse) {
    const auto marker_of = [](wire::ControlType type, bool is_control) {
        wire::BatchBuilder builder{{.producer_id = ProducerId{1}, .is_transactional = true, .is_control = is_control}};
        wire::append_marker(builder, {type, 9}, 1);
        const auto batch = *builder.build_plain();
        return marker_in(*wire::BatchHeader::parse(batch.span()), batch.slice(wire::kBatchHeaderBytes).span());
    };
    const auto abort = marker_of(wire::ControlType::kAbort, true);
    ASSERT_TRUE(abort.has_value());
    EXPECT_EQ(abort->type, wire::ControlType::kAbort);
    EXPECT_EQ(abort->coordinator_epoch, 9);
    EXPECT_FALSE(marker_of(wire::ControlType::kCommit, false).has_value());
    EXPECT_FALSE(marker_of(wire::ControlType::kLeaderChange, true).has_value());
    auto emptied = header({.id = 1});
    emptied.attributes.set(wire::BatchAttributes::kControlBit);
    emptied.record_count = 0;
    EXPECT_FALSE(marker_in(emptied, {}).has_value());
}

TEST_F(ProducerStatesTest, FillsTheWindowInFrontOfASnapshot) {
    for (std::int32_t index = 0; index < 7; ++index) append({.sequence = index});
    ProducerStates restored;
    restored.restore(states_.entries());
    EXPECT_FALSE(restored.check(header({.sequence = 5}), kMany).has_value());
    for (std::int32_t index = 0; index < 7; ++index) restored.prepend(header({.sequence = index, .base = index}));
    for (std::int32_t index = 2; index < 7; ++index) {
        const auto checked = restored.check(header({.sequence = index}), kMany);
        ASSERT_TRUE(checked.has_value()) << index;
        EXPECT_EQ((*checked)->base, Offset{index});
    }
    EXPECT_FALSE(restored.check(header({.sequence = 1}), kMany).has_value());
    EXPECT_EQ(restored.check(header({.sequence = 7}), kMany).value(), std::nullopt);
}

TEST_F(ProducerStatesTest, SurvivesASnapshot) {
    append({.sequence = 4, .records = 3, .epoch = 2, .id = 9});
    append({.sequence = 0, .id = 8});
    const auto decoded = decode_producer_snapshot(encode_producer_snapshot(states_.entries()).span());
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, states_.entries());
    ProducerStates restored;
    restored.restore(*decoded);
    EXPECT_EQ(restored.entries(), states_.entries());
    EXPECT_EQ(restored.check(header({.sequence = 7, .epoch = 2, .id = 9}), kMany).value(), std::nullopt);
}

TEST(ProducerSnapshot, HasKafkasBytes) {
    const ProducerEntry entry{.id = ProducerId{0x0102030405060708},
                              .epoch = ProducerEpoch{0x090a},
                              .last_sequence = 0x0b0c0d0e,
                              .last_offset = Offset{0x1112131415161718},
                              .offset_delta = 2,
                              .timestamp = 0x2122232425262728,
                              .coordinator_epoch = -1,
                              .transaction_first_offset = Offset{-1}};
    const bytes::View file = encode_producer_snapshot({entry});
    // CRC-32C of the last 50 bytes, computed apart.
    const std::vector<std::uint8_t> expected{
        0x00, 0x01, 0x00, 0x00, 0x00, 0x00,                          // version, crc
        0x00, 0x00, 0x00, 0x01,                                      // count
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,  // producer id, epoch
        0x0b, 0x0c, 0x0d, 0x0e,                                      // last sequence
        0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,              // last offset
        0x00, 0x00, 0x00, 0x02,                                      // offset delta
        0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,              // timestamp
        0xff, 0xff, 0xff, 0xff,                                      // coordinator epoch
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};             // first offset of the transaction
    ASSERT_EQ(file.size(), expected.size());
    const std::uint32_t crc = 0xe9acc70;
    std::vector<std::uint8_t> golden = expected;
    for (int index = 0; index < 4; ++index)
        golden[static_cast<std::size_t>(2 + index)] = static_cast<std::uint8_t>(crc >> (24 - 8 * index));
    EXPECT_TRUE(std::ranges::equal(file.span(), golden));
}

TEST(ProducerSnapshot, NoticesEveryFlippedBitAndEveryCut) {
    const bytes::View file = encode_producer_snapshot({{.id = ProducerId{1}, .epoch = ProducerEpoch{0}}});
    for (std::size_t at = 0; at < file.size() * 8; ++at) {
        std::vector<std::uint8_t> damaged{file.span().begin(), file.span().end()};
        damaged[at / 8] = static_cast<std::uint8_t>(damaged[at / 8] ^ (1u << (at % 8)));
        EXPECT_FALSE(decode_producer_snapshot(damaged).has_value()) << at;
    }
    for (std::size_t length = 0; length < file.size(); ++length) {
        EXPECT_FALSE(decode_producer_snapshot(file.slice(0, length).span()).has_value()) << length;
    }
}

TEST(ProducerSnapshot, RefusesANewerVersion) {
    bytes::View file = encode_producer_snapshot({});
    std::vector<std::uint8_t> newer{file.span().begin(), file.span().end()};
    newer[1] = 2;
    EXPECT_EQ(decode_producer_snapshot(newer).error().code, Errc::kNewerFormat);
}

}  // namespace
}  // namespace moldau::producers
