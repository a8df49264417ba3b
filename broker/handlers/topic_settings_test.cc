// A topic's settings from overrides, broker settings and defaults; which durability wins.

#include "handlers/topic_settings.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "handlers/api_versions.h"
#include "handlers/request_stats.h"

namespace moldau::handlers {
namespace {

using BrokerMap = std::map<std::string, std::string, std::less<>>;
using settings::Source;

struct DurabilityCase {
    const char* claim;
    metadata::ConfigMap topic;
    BrokerMap broker;
    const char* value;
    Source source;
};

class Durability : public ::testing::TestWithParam<DurabilityCase> {};

TEST_P(Durability, IsAsTheMoreSpecificSettingSays) {
    const auto& given = GetParam();
    const settings::Values broker{given.broker};
    const auto effective = effective_durability(given.topic, broker);

    EXPECT_EQ(effective.value, given.value) << given.claim;
    EXPECT_EQ(effective.source, given.source) << given.claim;
    const auto expected = std::string{given.value} == "synced" ? log::Durability::kSynced : log::Durability::kReplicated;
    EXPECT_EQ(resolve_topic_settings("orders", given.topic, broker).log.durability, expected);
    EXPECT_EQ(resolve_topic_settings("__consumer_offsets", given.topic, broker).log.durability, log::Durability::kSynced);
}

INSTANTIATE_TEST_SUITE_P(
    TopicSettings, Durability,
    ::testing::Values(
        DurabilityCase{"default", {}, {}, "synced", Source::kDefault},
        DurabilityCase{"broker-wide", {}, {{"moldau.durability", "replicated"}}, "replicated", Source::kStaticBroker},
        DurabilityCase{"topic over broker",
                       {{"moldau.durability", "synced"}},
                       {{"moldau.durability", "replicated"}},
                       "synced",
                       Source::kTopic},
        DurabilityCase{"every message on the topic",
                       {{"flush.messages", "1"}},
                       {{"moldau.durability", "replicated"}},
                       "synced",
                       Source::kTopic},
        DurabilityCase{"a larger count", {{"flush.messages", "100"}}, {}, "replicated", Source::kTopic},
        DurabilityCase{"an interval alone", {{"flush.ms", "1000"}}, {}, "replicated", Source::kTopic},
        DurabilityCase{"at the same level flush wins",
                       {{"flush.ms", "1000"}, {"moldau.durability", "synced"}},
                       {},
                       "replicated",
                       Source::kTopic},
        DurabilityCase{
            "every message and an interval", {{"flush.messages", "1"}, {"flush.ms", "1000"}}, {}, "synced", Source::kTopic},
        DurabilityCase{
            "broker-wide count", {}, {{"log.flush.interval.messages", "10"}}, "replicated", Source::kStaticBroker},
        DurabilityCase{
            "broker-wide every message", {}, {{"log.flush.interval.messages", "1"}}, "synced", Source::kStaticBroker},
        DurabilityCase{"a less specific flush loses",
                       {{"moldau.durability", "synced"}},
                       {{"log.flush.interval.messages", "10"}},
                       "synced",
                       Source::kTopic},
        DurabilityCase{"broker-wide every message, interval on the topic",
                       {{"flush.ms", "1000"}},
                       {{"log.flush.interval.messages", "1"}},
                       "replicated",
                       Source::kTopic}));

TEST(TopicSettings, AreKafkasDefaults) {
    const auto resolved = resolve_topic_settings("orders", {}, settings::Values{});

    EXPECT_EQ(resolved.log.segment_bytes, 1 << 30);
    EXPECT_EQ(resolved.log.index_interval_bytes, 4096);
    EXPECT_EQ(resolved.validation.batch_bytes_max, 1'048'588u);
    EXPECT_FALSE(resolved.validation.is_compacted);
    EXPECT_FALSE(resolved.validation.codec.has_value());
    EXPECT_EQ(resolved.file_delete_delay, Millis{60'000});
}

TEST(TopicSettings, TakeOverridesOverTheBrokers) {
    const settings::Values broker{BrokerMap{{"log.segment.bytes", "2000000"}, {"message.max.bytes", "5000"}}};
    const auto resolved = resolve_topic_settings(
        "orders", {{"segment.bytes", "3000000"}, {"cleanup.policy", "compact,delete"}, {"compression.type", "zstd"}},
        broker);

    EXPECT_EQ(resolved.log.segment_bytes, 3'000'000);
    EXPECT_EQ(resolved.validation.batch_bytes_max, 5'000u);
    EXPECT_TRUE(resolved.validation.is_compacted);
    EXPECT_EQ(resolved.validation.codec, bytes::Codec::kZstd);
}

TEST(TopicSettings, CompactTheOffsetsTopicOnly) {
    EXPECT_EQ(internal_topic_configs("__consumer_offsets", settings::Values{}).at("cleanup.policy"), "compact");
    EXPECT_TRUE(internal_topic_configs("orders", settings::Values{}).empty());
}

TEST(ClientSoftware, FollowsTheFormOfKip511) {
    for (const char* good : {"a", "apache-kafka-java", "librdkafka", "1.0.0", "a.b-c"})
        EXPECT_TRUE(is_valid_client_software(good)) << good;
    for (const char* bad : {"", "-a", "a-", ".a", "a.", "a b", "a_b", "\xc3\xa9"})
        EXPECT_FALSE(is_valid_client_software(bad)) << bad;
}

TEST(LatencyHistogram, PutsDurationsInBucketsOfPowersOfTwo) {
    LatencyHistogram histogram;
    histogram.add(Nanos{999});
    histogram.add(std::chrono::microseconds{1});
    histogram.add(std::chrono::microseconds{1'000});
    histogram.add(std::chrono::hours{1});

    EXPECT_EQ(histogram.counts[0], 1u);
    EXPECT_EQ(histogram.counts[1], 1u);
    EXPECT_EQ(histogram.counts[10], 1u);
    EXPECT_EQ(histogram.counts[LatencyHistogram::kBuckets - 1], 1u);
    EXPECT_EQ(histogram.sum_nanos, 3'600'001'001'999u);
}

}  // namespace
}  // namespace moldau::handlers
