// Images: what records make of them, what they share, what they answer.

#include "metadata/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metadata/describe_image.h"
#include "metadata/test_images.h"

namespace moldau::metadata {
namespace {

using ::testing::ElementsAre;

TopicRecord topic_record(std::string name, std::uint8_t id) {
    TopicRecord record;
    record.name = std::move(name);
    record.topic_id = test_uuid(id);
    return record;
}

PartitionRecord partition_record(std::uint8_t topic, std::int32_t index, std::int32_t broker = 1) {
    PartitionRecord record;
    record.topic_id = test_uuid(topic);
    record.partition_index = index;
    record.replicas = {broker};
    record.isr = {broker};
    record.directories = {test_uuid(static_cast<std::uint8_t>(broker))};
    record.leader = broker;
    return record;
}

ConfigRecord config_record(ConfigResourceType type, std::string resource, std::string name,
                           std::optional<std::string> value) {
    ConfigRecord record;
    record.resource_type = static_cast<std::int8_t>(type);
    record.resource_name = std::move(resource);
    record.name = std::move(name);
    record.value = std::move(value);
    return record;
}

RemoveTopicRecord remove_record(std::uint8_t id) {
    RemoveTopicRecord record;
    record.topic_id = test_uuid(id);
    return record;
}

Errc error_of(const ImageRef& image, const AnyRecord& record) {
    ImageBuilder builder{*image};
    const auto applied = builder.apply(record, image->end_offset());
    return applied ? Errc::kNone : applied.error().code;
}

TEST(PersistentMap, ACopyKeepsWhatItHadWhenTheOriginalChanges) {
    PersistentMap<int, int> original;
    for (int key = 0; key < 5000; ++key) original.set(key, key);
    const auto copy = original;

    for (int key = 0; key < 5000; key += 2) original.erase(key);
    original.set(1, 77);

    EXPECT_EQ(copy.size(), 5000u);
    EXPECT_EQ(original.size(), 2500u);
    EXPECT_EQ(*copy.find(1), 1);
    EXPECT_EQ(*original.find(1), 77);
    EXPECT_EQ(original.find(2), nullptr);
    EXPECT_EQ(*copy.find(2), 2);
}

TEST(PersistentMap, VisitsEveryEntryOnce) {
    PersistentMap<int, int> map;
    for (int key = 0; key < 300; ++key) map.set(key, 1);
    map.erase(12345);

    int visits = 0;
    map.for_each([&](int, int count) { visits += count; });

    EXPECT_EQ(visits, 300);
}

TEST(Image, FindsTopicsByNameAndById) {
    const auto image =
        replayed(image_with_brokers(1), {topic_record("orders", 7), partition_record(7, 0), partition_record(7, 1)});

    ASSERT_NE(image->find_topic("orders"), nullptr);
    EXPECT_EQ(image->find_topic("orders"), image->find_topic(TopicId{test_uuid(7)}));
    EXPECT_EQ(image->find_topic("orders")->partitions.size(), 2u);
    EXPECT_EQ(image->find_topic("Orders"), nullptr);
    EXPECT_EQ(image->find_partition("orders", PartitionIndex{2}), nullptr);
    EXPECT_EQ(image->find_partition("orders", PartitionIndex{1})->leader, BrokerId{1});
    EXPECT_EQ(image->find_partition("orders", PartitionIndex{1})->directory_on(BrokerId{1}), test_uuid(1));
    EXPECT_EQ(image->partition_count(), 2u);
}

TEST(Image, AnOlderImageDoesNotChange) {
    const auto before = replayed(image_with_brokers(1), {topic_record("orders", 7), partition_record(7, 0)});

    const auto after = replayed(before, {partition_record(7, 1), topic_record("other", 8), broker_record(2),
                                         config_record(ConfigResourceType::kTopic, "orders", "retention.ms", "5")});

    EXPECT_EQ(before->find_topic("orders")->partitions.size(), 1u);
    EXPECT_TRUE(before->find_topic("orders")->configs.empty());
    EXPECT_EQ(before->find_topic("other"), nullptr);
    EXPECT_EQ(before->find_broker(BrokerId{2}), nullptr);
    EXPECT_EQ(after->find_topic("orders")->partitions.size(), 2u);
    EXPECT_EQ(after->find_topic(TopicId{test_uuid(7)})->configs.at("retention.ms"), "5");
}

TEST(Image, UntouchedTopicsAreShared) {
    const auto before = replayed(image_with_brokers(1), {topic_record("orders", 7), partition_record(7, 0)});

    const auto after = replayed(before, {topic_record("other", 8)});

    EXPECT_EQ(before->find_topic("orders"), after->find_topic("orders"));
}

TEST(Image, ListsTopicsInNameOrder) {
    const auto image = replayed(empty_image(), {topic_record("b", 1), topic_record("a.c", 2), topic_record("a", 3)});

    std::vector<std::string> names;
    for (const Topic* topic : image->topics()) names.push_back(topic->name);

    EXPECT_THAT(names, ElementsAre("a", "a.c", "b"));
}

TEST(Image, KnowsNamesThatCollide) {
    const auto image = replayed(empty_image(), {topic_record("a.b_c", 1)});

    EXPECT_EQ(image->find_topic("a_b_c"), nullptr);
    EXPECT_EQ(image->find_colliding("a_b.c")->name, "a.b_c");
    EXPECT_EQ(image->find_colliding("a-b-c"), nullptr);
}

TEST(Image, MarksInternalTopics) {
    const auto image = replayed(empty_image(), {topic_record("__consumer_offsets", 1), topic_record("_x", 2)});

    EXPECT_TRUE(image->find_topic("__consumer_offsets")->internal);
    EXPECT_FALSE(image->find_topic("_x")->internal);
}

TEST(Image, ARemovedTopicTakesItsPartitionsAndSettingsAlong) {
    const auto image = replayed(image_with_brokers(1), {topic_record("orders", 7), partition_record(7, 0),
                                                        config_record(ConfigResourceType::kTopic, "orders", "a", "1"),
                                                        remove_record(7), topic_record("orders", 9)});

    EXPECT_EQ(image->find_topic(TopicId{test_uuid(7)}), nullptr);
    EXPECT_TRUE(image->find_topic("orders")->configs.empty());
    EXPECT_EQ(image->partition_count(), 0u);
    EXPECT_EQ(image->replicas_in(test_uuid(1)), 0);
}

TEST(Image, APartitionChangeRaisesEpochs) {
    PartitionChangeRecord isr;
    isr.topic_id = test_uuid(7);
    isr.isr = std::vector<std::int32_t>{1};
    PartitionChangeRecord leader;
    leader.topic_id = test_uuid(7);
    leader.leader = 1;

    const auto image = replayed(image_with_brokers(1), {topic_record("orders", 7), partition_record(7, 0), isr, leader});

    const Partition& partition = *image->find_partition("orders", PartitionIndex{0});
    EXPECT_EQ(partition.leader_epoch, LeaderEpoch{1});
    EXPECT_EQ(partition.partition_epoch, 2);
}

TEST(Image, ARegistrationsOffsetIsItsEpoch) {
    const auto image = replayed(empty_image(), {topic_record("a", 1), broker_record(4)});

    EXPECT_EQ(image->find_broker(BrokerId{4})->epoch, 1);
}

TEST(Image, BrokersAreFencedAndGo) {
    const auto registered = image_with_brokers(2);
    BrokerChangeRecord fence;
    fence.broker_id = 2;
    fence.broker_epoch = 1;
    fence.fenced = 1;
    UnregisterBrokerRecord gone;
    gone.broker_id = 1;

    const auto image = replayed(registered, {fence, gone});

    EXPECT_TRUE(image->find_broker(BrokerId{2})->fenced);
    EXPECT_EQ(image->find_broker(BrokerId{1}), nullptr);
}

TEST(Image, SettingsOfBrokersComeAndGo) {
    const auto image = replayed(empty_image(), {config_record(ConfigResourceType::kBroker, "", "a", "1"),
                                                config_record(ConfigResourceType::kBroker, "3", "a", "2"),
                                                config_record(ConfigResourceType::kBroker, "3", "b", "2"),
                                                config_record(ConfigResourceType::kBroker, "", "a", std::nullopt),
                                                config_record(ConfigResourceType::kBroker, "3", "b", std::nullopt)});

    EXPECT_TRUE(image->cluster_configs().empty());
    EXPECT_EQ(image->broker_configs(BrokerId{3}), (ConfigMap{{"a", "2"}}));
    EXPECT_EQ(image->other_configs().size(), 1u);
}

TEST(Image, RefusesRecordsThatContradictIt) {
    const auto image = replayed(image_with_brokers(1), {topic_record("a.b", 7), partition_record(7, 0)});
    PartitionChangeRecord change;
    change.topic_id = test_uuid(7);
    change.partition_index = 1;
    UnregisterBrokerRecord unknown_broker;
    unknown_broker.broker_id = 9;
    ProducerIdsRecord back;
    back.next_producer_id = -1;

    EXPECT_EQ(error_of(image, topic_record("a_b", 8)), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, topic_record("c", 7)), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, partition_record(7, 2)), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, partition_record(8, 0)), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, change), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, remove_record(8)), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, config_record(ConfigResourceType::kTopic, "c", "a", "1")), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, unknown_broker), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, BrokerChangeRecord{}), Errc::kCorrupt);
    EXPECT_EQ(error_of(image, back), Errc::kCorrupt);
}

TEST(TopicName, FollowsKafkasRules) {
    for (const auto* good : {"a", "A-b_c.9", "...", "__consumer_offsets"}) EXPECT_TRUE(validate_topic_name(good)) << good;
    EXPECT_TRUE(validate_topic_name(std::string(249, 'x')));
    for (const auto* bad : {"", ".", "..", "a b", "a/b", "ä", "a\n", "a:b"}) {
        const auto result = validate_topic_name(bad);
        ASSERT_FALSE(result) << bad;
        EXPECT_EQ(result.error().code, Errc::kInvalidTopicException);
    }
    EXPECT_FALSE(validate_topic_name(std::string(250, 'x')));
    EXPECT_FALSE(validate_topic_name(std::string_view{"a\0b", 3}));
}

}  // namespace
}  // namespace moldau::metadata
