// Snapshots hold the whole image, and nothing that is damaged passes for one.

#include "metadata/snapshot.h"

#include <gtest/gtest.h>

#include "metadata/batches.h"
#include "metadata/test_images.h"

namespace moldau::metadata {
namespace {

std::vector<bytes::View> batches_of(const ImageRef& image) {
    SnapshotEncoder encoder{image, from_timestamp(99)};
    std::vector<bytes::View> batches;
    while (auto batch = encoder.next().value()) batches.push_back(*batch);
    return batches;
}

bytes::View join(const std::vector<bytes::View>& batches) {
    bytes::ChunkList all;
    for (const auto& batch : batches) all.append(batch);
    return all.flatten();
}

SnapshotId id_of(const ImageRef& image) { return {image->end_offset(), image->epoch()}; }

// Everything of every kind, in several batches.
ImageRef full_image() {
    Controller controller{{}, counting_topic_ids()};
    auto image = replayed(image_with_brokers(2), controller.bootstrap("the-cluster"));
    auto request = create_request({topic_of("b", 1500), topic_of("a.x", 3, 2), topic_of("__consumer_offsets", 50)});
    request.topics[1].configs.emplace_back().name = "retention.ms";
    image = replayed(image, controller.create_topics(*image, request).records);
    image = replayed(image,
                     controller.alter_configs(*image, {ConfigResourceType::kBroker, "1"}, edit_of({{"x", "y"}}))->records);
    return replayed(image, controller.allocate_producer_ids(*image, BrokerId{1})->records);
}

void expect_equal(const Image& left, const Image& right) {
    EXPECT_EQ(left.cluster_id(), right.cluster_id());
    EXPECT_EQ(left.end_offset(), right.end_offset());
    EXPECT_EQ(left.epoch(), right.epoch());
    EXPECT_EQ(left.brokers(), right.brokers());
    EXPECT_EQ(left.features(), right.features());
    EXPECT_EQ(left.other_configs(), right.other_configs());
    EXPECT_EQ(left.next_producer_id(), right.next_producer_id());
    EXPECT_EQ(left.partition_count(), right.partition_count());
    ASSERT_EQ(left.topic_count(), right.topic_count());
    for (const Topic* topic : left.topics()) EXPECT_EQ(*topic, *right.find_topic(topic->id)) << topic->name;
    EXPECT_EQ(left.replicas_in(test_uuid(1)), right.replicas_in(test_uuid(1)));
}

TEST(Snapshot, BringsBackTheImage) {
    const auto image = full_image();

    const auto decoded = decode_snapshot(join(batches_of(image)), id_of(image));

    ASSERT_TRUE(decoded) << decoded.error().to_string();
    expect_equal(*image, **decoded);
}

TEST(Snapshot, OfNothingIsWholeToo) {
    const auto image = std::make_shared<const Image>();

    EXPECT_TRUE(decode_snapshot(join(batches_of(image)), id_of(image)));
}

TEST(Snapshot, EqualImagesHaveEqualSnapshots) {
    const auto image = full_image();
    const auto again = decode_snapshot(join(batches_of(image)), id_of(image)).value();

    EXPECT_EQ(join(batches_of(image)), join(batches_of(again)));
}

TEST(Snapshot, EveryTruncationIsNoticed) {
    const auto image = image_with_brokers(1);
    const auto whole = join(batches_of(image));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_EQ(decode_snapshot(whole.slice(0, length), id_of(image)).error().code, Errc::kCorrupt) << length;
    }
}

TEST(Snapshot, MissingRepeatedAndForeignBatchesAreNoticed) {
    const auto image = full_image();
    const auto batches = batches_of(image);
    ASSERT_GE(batches.size(), 4u);
    const auto corrupt = [&](std::vector<bytes::View> parts) {
        const auto decoded = decode_snapshot(join(parts), id_of(image));
        return !decoded && decoded.error().code == Errc::kCorrupt;
    };

    for (std::size_t missing = 0; missing < batches.size(); ++missing) {
        auto parts = batches;
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(missing));
        EXPECT_TRUE(corrupt(parts)) << missing;
    }
    auto after = batches;
    after.push_back(batches[1]);
    EXPECT_TRUE(corrupt(after));
    auto foreign = batches;
    foreign.insert(foreign.begin() + 1, leader_change_batch({}, {Offset{1}, LeaderEpoch{1}, {}}));
    EXPECT_TRUE(corrupt(foreign));
}

TEST(SnapshotId, NamesSortAsTheirOffsets) {
    const SnapshotId id{Offset{1234}, LeaderEpoch{7}};

    EXPECT_EQ(id.file_name(), "00000000000000001234-0000000007.checkpoint");
    EXPECT_EQ(SnapshotId::parse(id.file_name()), id);
}

TEST(SnapshotId, OtherFilesAreNoSnapshots) {
    for (const auto* name : {"", ".checkpoint", "00000000000000001234.log", "leader-epoch-checkpoint",
                             "00000000000000001234-0000000007.checkpoint.part", "0000000000000000123x-0000000007.checkpoint",
                             "-0000000000000001234-0000000007.checkpoint", "1234-7.checkpoint"}) {
        EXPECT_EQ(SnapshotId::parse(name), std::nullopt) << name;
    }
}

}  // namespace
}  // namespace moldau::metadata
