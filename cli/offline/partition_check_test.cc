// Each kind of damage, found where it is.

#include "cli/offline/partition_check.h"

#include <gmock/gmock.h>

#include "bytes/endian.h"
#include "cli/offline/offline_testing.h"
#include "log/txn_index.h"
#include "producers/producer_snapshot.h"

namespace moldau::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string index_entry(std::int32_t relative, std::int32_t position) {
    std::string entry(8, '\0');
    bytes::store_be(reinterpret_cast<std::uint8_t*>(entry.data()), relative);
    bytes::store_be(reinterpret_cast<std::uint8_t*>(entry.data()) + 4, position);
    return entry;
}

std::string time_entry(std::int64_t timestamp, std::int32_t relative) {
    std::string entry(12, '\0');
    bytes::store_be(reinterpret_cast<std::uint8_t*>(entry.data()), timestamp);
    bytes::store_be(reinterpret_cast<std::uint8_t*>(entry.data()) + 8, relative);
    return entry;
}

class PartitionCheckTest : public FolderTest {
protected:
    // Batches 0-2, 3-4 and 5-5, with timestamps 1000 + offset.
    void SetUp() override {
        FolderTest::SetUp();
        folder_ = path("orders-0");
        partition(folder_, test_id(9));
        first_ = batch_bytes(Offset{0}, 3);
        second_ = batch_bytes(Offset{3}, 2);
        write_file(segment(folder_, Offset{0}), first_ + second_ + batch_bytes(Offset{5}, 1));
    }
    std::vector<std::string> faults() const { return check_partition(folder_).faults; }
    std::int32_t second_position() const { return static_cast<std::int32_t>(first_.size()); }

    std::string folder_;
    std::string first_;
    std::string second_;
};

TEST_F(PartitionCheckTest, CountsWhatIsWhole) {
    write_file(segment(folder_, Offset{0}, ".index"), index_entry(4, second_position()));
    write_file(segment(folder_, Offset{0}, ".timeindex"), time_entry(1004, 4) + time_entry(1005, 5));
    const auto check = check_partition(folder_);
    EXPECT_THAT(check.faults, IsEmpty());
    EXPECT_EQ(check.batches, 3u);
    EXPECT_EQ(check.records, 6);
    EXPECT_EQ(check.end, Offset{6});
    EXPECT_EQ(check.gaps, 0u);
}

TEST_F(PartitionCheckTest, CountsGapsBetweenAndInsideSegments) {
    write_file(segment(folder_, Offset{0}), first_ + batch_bytes(Offset{10}, 1));
    write_file(segment(folder_, Offset{20}), batch_bytes(Offset{20}, 1));
    const auto check = check_partition(folder_);
    EXPECT_THAT(check.faults, IsEmpty());
    EXPECT_EQ(check.gaps, 2u);
}

TEST_F(PartitionCheckTest, FindsWrongChecksumsAndGoesOn) {
    auto bad = first_;
    bad.back() = static_cast<char>(bad.back() ^ 1);
    write_file(segment(folder_, Offset{0}), bad + second_);
    const auto check = check_partition(folder_);
    EXPECT_THAT(check.faults, ElementsAre(AllOf(HasSubstr(".log at 0: "), HasSubstr("offset 0 fails its checksum"))));
    EXPECT_EQ(check.end, Offset{5});
}

TEST_F(PartitionCheckTest, FindsTornEndsAndOffsetsThatGoBack) {
    write_file(segment(folder_, Offset{0}), first_ + second_.substr(0, 40));
    EXPECT_THAT(faults(),
                ElementsAre(AllOf(HasSubstr("at " + std::to_string(first_.size())), HasSubstr("whole up to offset 3"))));
    write_file(segment(folder_, Offset{0}), second_ + first_);
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("offset 0 after 5")));
}

TEST_F(PartitionCheckTest, FindsIndexesThatLie) {
    write_file(segment(folder_, Offset{0}, ".index"), index_entry(4, second_position() + 1));
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("points at no batch")));
    write_file(segment(folder_, Offset{0}, ".index"), index_entry(3, second_position()));
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("says offset 3 where offset 4 is")));
    write_file(segment(folder_, Offset{0}, ".index"), index_entry(9, 100'000));
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("points beyond")));
    write_file(segment(folder_, Offset{0}, ".index"), "odd");
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("no whole number of entries")));
}

TEST_F(PartitionCheckTest, TakesZerosAtAnIndexsEndForReservedRoom) {
    write_file(segment(folder_, Offset{0}, ".index"), index_entry(4, second_position()) + std::string(800, '\0'));
    write_file(segment(folder_, Offset{0}, ".timeindex"), std::string(1200, '\0'));
    EXPECT_THAT(faults(), IsEmpty());
}

TEST_F(PartitionCheckTest, FindsTimesThatASearchWouldMiss) {
    write_file(segment(folder_, Offset{0}, ".timeindex"), time_entry(1003, 4));
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("says timestamp 1003, but 1004 comes before offset 4")));
}

TEST_F(PartitionCheckTest, FindsAbortMarkersWithoutEntryAndEntriesWithoutMarker) {
    wire::BatchOptions options;
    options.base_offset = Offset{6};
    options.leader_epoch = LeaderEpoch{3};
    options.producer_id = ProducerId{7};
    options.producer_epoch = ProducerEpoch{0};
    options.is_transactional = options.is_control = true;
    wire::BatchBuilder builder{options};
    wire::append_marker(builder, {wire::ControlType::kAbort, 0}, 1006);
    const auto all = first_ + second_ + batch_bytes(Offset{5}, 1);
    write_file(segment(folder_, Offset{0}), all + std::string{builder.build_plain()->text()});
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("no entry for the abort marker at offset 6")));

    std::string entry(log::kAbortedBytes, '\0');
    log::encode_aborted(reinterpret_cast<std::uint8_t*>(entry.data()), {ProducerId{7}, Offset{5}, Offset{6}, Offset{7}});
    write_file(segment(folder_, Offset{0}, ".txnindex"), entry);
    EXPECT_THAT(faults(), IsEmpty());
    write_file(segment(folder_, Offset{0}), all);
    EXPECT_THAT(faults(), ElementsAre(HasSubstr("no abort marker")));
}

TEST_F(PartitionCheckTest, FindsDamagedSmallFilesAndWhatRecoveryKept) {
    write_file(segment(folder_, Offset{6}, ".snapshot"), "nonsense");
    write_file(folder_ + "/leader-epoch-checkpoint", "0\n1\n2 0\n");
    write_file(segment(folder_, Offset{9}, ".index"), "");
    write_file(segment(folder_, Offset{0}) + ".damaged-1", "");
    EXPECT_THAT(faults(), ::testing::UnorderedElementsAre(HasSubstr(".snapshot: "), HasSubstr("ends with epoch 2"),
                                                          HasSubstr("has no segment"), HasSubstr("kept aside")));
}

}  // namespace
}  // namespace moldau::cli
