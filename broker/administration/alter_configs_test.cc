// Settings changed while they are in use: what counts at once, what is refused, what holds over a restart.

#include "administration/alter_configs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "administration/administration_testing.h"

namespace moldau::administration {
namespace {

using testing::AdministrationBroker;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kBrokerKind;
using testing::kTopicKind;
using ::testing::Pair;

const std::string kLongValue(500, 'x');

TEST(AlterConfigs, CountsAtOnceForATopicInUse) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");
    ASSERT_EQ(broker.produce("orders", {kLongValue}), Errc::kNone);

    ASSERT_EQ(broker.set(kTopicKind, "orders", "max.message.bytes", "100").code, Errc::kNone);
    EXPECT_EQ(broker.produce("orders", {kLongValue}), Errc::kMessageTooLarge);

    ASSERT_EQ(broker.remove(kTopicKind, "orders", "max.message.bytes").code, Errc::kNone);
    EXPECT_EQ(broker.produce("orders", {kLongValue}), Errc::kNone);
}

TEST(AlterConfigs, ReachesALivingLogWithEverySettingOfIt) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const auto config = [&](const std::string& name, const std::string& value) {
        EXPECT_EQ(broker.set(kTopicKind, "orders", name, value).code, Errc::kNone) << name;
        return broker.local(topic).partition->log().config();
    };

    EXPECT_EQ(config("segment.bytes", "2000000").segment_bytes, 2'000'000);
    EXPECT_EQ(config("segment.ms", "77").segment_ms, Millis{77});
    EXPECT_EQ(config("segment.jitter.ms", "7").segment_jitter_ms, Millis{7});
    EXPECT_EQ(config("segment.index.bytes", "4000").segment_index_bytes, 4000);
    EXPECT_EQ(config("index.interval.bytes", "5000").index_interval_bytes, 5000);
    EXPECT_TRUE(config("preallocate", "true").preallocate);
    EXPECT_EQ(config("moldau.durability", "replicated").durability, log::Durability::kReplicated);
    EXPECT_EQ(config("flush.messages", "9").flush_messages, 9);
    EXPECT_EQ(config("flush.ms", "8").flush_ms, Millis{8});
    EXPECT_EQ(config("message.timestamp.type", "LogAppendTime").segment_ms, Millis{77});
    EXPECT_EQ(broker.local(topic).settings->validation.timestamp_type, wire::TimestampType::kLogAppendTime);
    config("compression.type", "zstd");
    EXPECT_EQ(broker.local(topic).settings->validation.codec, bytes::Codec::kZstd);
}

TEST(AlterConfigs, KeepsEveryAcknowledgementWhenDurabilityChanges) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    ASSERT_EQ(broker.produce("orders", {"synced"}), Errc::kNone);

    ASSERT_EQ(broker.set(kTopicKind, "orders", "moldau.durability", "replicated").code, Errc::kNone);
    ASSERT_EQ(broker.produce("orders", {"replicated"}), Errc::kNone);
    ASSERT_EQ(broker.set(kTopicKind, "orders", "moldau.durability", "synced").code, Errc::kNone);
    ASSERT_EQ(broker.produce("orders", {"synced again"}), Errc::kNone);

    const auto& partition = *broker.local(topic).partition;
    EXPECT_EQ(partition.log().durable_end(), Offset{3});
    EXPECT_EQ(partition.bounds().high_watermark, Offset{3});
}

TEST(AlterConfigs, TakesNothingBackThatConsumersMayReadWhenATopicBecomesSynced) {
    sim::DiskOptions slow;
    slow.write_latency = {Millis{10}, Millis{10}};
    slow.sync_latency = {std::chrono::seconds{1}, std::chrono::seconds{1}};
    sim::Disk disk{slow};
    AdministrationBroker broker{disk};
    const auto topic = broker.create_topic("orders", 1, {{"moldau.durability", "replicated"}});
    ASSERT_EQ(broker.produce("orders", {"a"}), Errc::kNone);
    auto& partition = *broker.local(topic).partition;
    const auto second = broker.start(broker.frame_of(broker.produce_request("orders", {"b"}), 9));

    auto config = partition.log().config();
    config.durability = log::Durability::kSynced;
    partition.log().reconfigure(config);
    broker.loop.advance(Millis{20});

    EXPECT_EQ(partition.log().written_end(), Offset{2});
    EXPECT_EQ(partition.log().durable_end(), Offset{0});
    EXPECT_EQ(partition.bounds().high_watermark, Offset{1});
    EXPECT_FALSE(second->has_value());
    broker.loop.advance(std::chrono::seconds{5});
    EXPECT_TRUE(second->has_value());
    EXPECT_EQ(partition.bounds().high_watermark, Offset{2});
}

TEST(AlterConfigs, GivesTopicsWithoutAValueTheBrokersNewOne) {
    sim::Disk disk;
    AdministrationBroker broker{disk, settings::Values{{{"message.max.bytes", "2000"}}}};
    broker.create_topic("follows");
    broker.create_topic("own", 1, {{"max.message.bytes", "3000"}});

    ASSERT_EQ(broker.set(kBrokerKind, "", "message.max.bytes", "100").code, Errc::kNone);
    EXPECT_EQ(broker.produce("follows", {kLongValue}), Errc::kMessageTooLarge);
    EXPECT_EQ(broker.produce("own", {kLongValue}), Errc::kNone);
    broker.create_topic("new");
    EXPECT_EQ(broker.produce("new", {kLongValue}), Errc::kMessageTooLarge);

    ASSERT_EQ(broker.set(kBrokerKind, "1", "message.max.bytes", "1500").code, Errc::kNone);
    EXPECT_EQ(broker.produce("follows", {kLongValue}), Errc::kNone);

    ASSERT_EQ(broker.remove(kBrokerKind, "1", "message.max.bytes").code, Errc::kNone);
    EXPECT_EQ(broker.produce("follows", {kLongValue}), Errc::kMessageTooLarge);
    ASSERT_EQ(broker.remove(kBrokerKind, "", "message.max.bytes").code, Errc::kNone);
    EXPECT_EQ(broker.produce("follows", {kLongValue}), Errc::kNone);
}

TEST(AlterConfigs, TellsThoseWhoFollow) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    std::vector<std::int64_t> heard;
    broker.shard->on_settings(
        [&](const settings::Values& values) { heard.push_back(values.integer("group.max.session.timeout.ms")); });

    ASSERT_EQ(broker.set(kBrokerKind, "", "group.max.session.timeout.ms", "9000").code, Errc::kNone);
    broker.create_topic("orders");

    EXPECT_THAT(heard, ElementsAre(9000));
}

TEST(AlterConfigs, HoldsOverARestart) {
    sim::Disk disk;
    TopicId topic;
    {
        AdministrationBroker broker{disk};
        topic = broker.create_topic("orders");
        ASSERT_EQ(broker.set(kTopicKind, "orders", "segment.ms", "77").code, Errc::kNone);
        ASSERT_EQ(broker.set(kBrokerKind, "", "log.segment.bytes", "2000000").code, Errc::kNone);
    }
    AdministrationBroker broker{disk};

    EXPECT_EQ(broker.shard->values()->integer("log.segment.bytes"), 2'000'000);
    EXPECT_EQ(broker.local(topic).partition->log().config().segment_bytes, 2'000'000);
    EXPECT_EQ(broker.local(topic).partition->log().config().segment_ms, Millis{77});
}

TEST(AlterConfigs, IgnoresStoredValuesThatThisVersionRefuses) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    const auto store = [&](metadata::ConfigResource resource, metadata::ConfigMap configs) {
        ASSERT_TRUE(sim::run(
            broker.loop, broker.service->alter_configs(std::move(resource), [configs](const auto&) { return configs; })));
    };

    store({metadata::ConfigResourceType::kBroker, ""},
          {{"of.a.newer.version", "1"}, {"message.max.bytes", "many"}, {"node.id", "7"}, {"log.segment.bytes", "2000000"}});
    store({metadata::ConfigResourceType::kTopic, "orders"}, {{"segment.ms", "soon"}, {"segment.jitter.ms", "5"}});

    EXPECT_EQ(broker.shard->values()->integer("log.segment.bytes"), 2'000'000);
    EXPECT_EQ(broker.shard->values()->integer("message.max.bytes"), 1'048'588);
    EXPECT_EQ(broker.shard->values()->integer("node.id"), 1);
    EXPECT_EQ(broker.local(topic).partition->log().config().segment_ms, log::LogConfig{}.segment_ms);
    EXPECT_EQ(broker.local(topic).partition->log().config().segment_jitter_ms, Millis{5});
    EXPECT_EQ(broker.produce("orders", {"a"}), Errc::kNone);
}

TEST(AlterConfigs, StoresNothingWhenOneChangeIsWrong) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");

    const auto answer = broker.alter(kTopicKind, "orders",
                                     {{"segment.ms", 0, "77"}, {"segment.bytes", 0, "few"}, {"retention.mss", 0, "1"}});

    EXPECT_EQ(answer.code, Errc::kInvalidConfig);
    EXPECT_THAT(answer.message, AllOf(HasSubstr("segment.bytes=few"), HasSubstr("did you mean retention.ms?")));
    EXPECT_THAT(broker.shard->image->find_topic("orders")->configs, IsEmpty());
}

TEST(AlterConfigs, OnlyValidatesWhenAskedTo) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");
    const auto end = broker.service->image()->end_offset();

    EXPECT_EQ(broker.alter(kTopicKind, "orders", {{"segment.ms", 0, "77"}}, true).code, Errc::kNone);
    EXPECT_EQ(broker.alter(kTopicKind, "orders", {{"segment.ms", 0, "x"}}, true).code, Errc::kInvalidConfig);
    EXPECT_EQ(broker.service->image()->end_offset(), end);
}

TEST(AlterConfigs, RefusesWhatHasNoSettings) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    const auto code_of = [&](std::int8_t kind, const std::string& name) {
        return broker.set(kind, name, "message.max.bytes", "100").code;
    };

    EXPECT_EQ(code_of(kTopicKind, "none"), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(code_of(kTopicKind, "no/slash"), Errc::kInvalidTopicException);
    EXPECT_EQ(code_of(kBrokerKind, "2"), Errc::kBrokerIdNotRegistered);
    for (const std::int8_t kind : std::initializer_list<std::int8_t>{0, 1, 8, 16, 32, 99})
        EXPECT_EQ(code_of(kind, "x"), Errc::kInvalidRequest);
    EXPECT_EQ(broker.set(kBrokerKind, "1", "node.id", "7").code, Errc::kInvalidRequest);
    EXPECT_THAT(broker.set(kBrokerKind, "", "log.dirs", "/x").message, HasSubstr("set it in its file and start it anew"));
}

TEST(AlterConfigs, RefusesAResourceThatIsNamedTwice) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");
    wire::IncrementalAlterConfigsRequest request;
    for (const auto* name : {"orders", "", "orders"}) {
        auto& resource = request.resources.emplace_back();
        resource.resource_type = *name == '\0' ? kBrokerKind : kTopicKind;
        resource.resource_name = name;
    }

    const auto response = broker.ask<wire::IncrementalAlterConfigsResponse>(request, 1);

    EXPECT_EQ(Errc{response.responses.at(0).error_code}, Errc::kInvalidRequest);
    EXPECT_EQ(Errc{response.responses.at(1).error_code}, Errc::kNone);
    EXPECT_EQ(Errc{response.responses.at(2).error_code}, Errc::kInvalidRequest);
}

TEST(AlterConfigs, ReplacesEverythingInItsOldForm) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders", 1, {{"segment.ms", "77"}, {"retention.ms", "5"}});
    wire::AlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kTopicKind;
    resource.resource_name = "orders";
    auto& config = resource.configs.emplace_back();
    config.name = "retention.ms";
    config.value = "6";

    EXPECT_EQ(broker.ask<wire::AlterConfigsResponse>(request, 2).responses.at(0).error_code, 0);
    EXPECT_THAT(broker.shard->image->find_topic("orders")->configs, ElementsAre(Pair("retention.ms", "6")));
}

TEST(AlterConfigs, AsksForTheRight) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    broker.create_topic("orders");
    broker.node.authorizer = std::make_unique<testing::DenyAll>();

    EXPECT_EQ(broker.set(kTopicKind, "orders", "segment.ms", "77").code, Errc::kTopicAuthorizationFailed);
    EXPECT_EQ(broker.set(kBrokerKind, "", "log.segment.bytes", "2000000").code, Errc::kClusterAuthorizationFailed);
    EXPECT_EQ(broker.describe(kTopicKind, "orders").error_code, kafka_code(Errc::kTopicAuthorizationFailed));
    EXPECT_EQ(broker.describe(kBrokerKind, "1").error_code, kafka_code(Errc::kClusterAuthorizationFailed));
}

std::vector<std::pair<std::string, std::int8_t>> origins(
    const wire::DescribeConfigsResponse::DescribeConfigsResourceResult& row) {
    std::vector<std::pair<std::string, std::int8_t>> origins;
    for (const auto& synonym : row.synonyms) origins.emplace_back(synonym.value.value_or("null"), synonym.source);
    return origins;
}

TEST(DescribeConfigs, TellsEveryOriginOfATopicsValue) {
    sim::Disk disk;
    AdministrationBroker broker{disk, settings::Values{{{"log.segment.bytes", "4000000"}}}};
    broker.create_topic("orders", 1, {{"segment.bytes", "1500000"}});
    ASSERT_EQ(broker.set(kBrokerKind, "", "log.segment.bytes", "3000000").code, Errc::kNone);
    ASSERT_EQ(broker.set(kBrokerKind, "1", "log.segment.bytes", "2000000").code, Errc::kNone);

    const auto row = broker.describe(kTopicKind, "orders", {"segment.bytes"}).configs.at(0);

    EXPECT_EQ(row.value, "1500000");
    EXPECT_EQ(row.config_source, 1);
    EXPECT_FALSE(row.read_only);
    EXPECT_THAT(origins(row), ElementsAre(Pair("1500000", 1), Pair("2000000", 2), Pair("3000000", 3), Pair("4000000", 4),
                                          Pair("1073741824", 5)));
}

TEST(DescribeConfigs, TellsWhatAllBrokersWereTold) {
    sim::Disk disk;
    AdministrationBroker broker{disk};
    ASSERT_EQ(broker.set(kBrokerKind, "", "log.segment.bytes", "3000000").code, Errc::kNone);
    ASSERT_EQ(broker.set(kBrokerKind, "1", "log.segment.bytes", "2000000").code, Errc::kNone);

    const auto everybodys = broker.describe(kBrokerKind, "").configs;
    ASSERT_EQ(everybodys.size(), 1u);
    EXPECT_EQ(everybodys[0].value, "3000000");
    EXPECT_EQ(everybodys[0].config_source, 3);
    const auto own = broker.describe(kBrokerKind, "1", {"log.segment.bytes", "node.id"}).configs;
    ASSERT_EQ(own.size(), 2u);
    EXPECT_EQ(own[0].value, "2000000");
    EXPECT_EQ(own[0].config_source, 2);
    EXPECT_FALSE(own[0].read_only);
    EXPECT_TRUE(own[1].read_only);
    EXPECT_EQ(broker.describe(kBrokerKind, "2").error_code, kafka_code(Errc::kInvalidRequest));
    EXPECT_EQ(broker.describe(kTopicKind, "none").error_code, kafka_code(Errc::kUnknownTopicOrPartition));
    EXPECT_EQ(broker.describe(8, "1").error_code, kafka_code(Errc::kInvalidRequest));
}

}  // namespace
}  // namespace moldau::administration
