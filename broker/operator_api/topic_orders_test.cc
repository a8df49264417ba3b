// Batches of topics: what is done, what is refused, and that asking twice is asking once.

#include "operator_api/topic_orders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator_api/operator_testing.h"

namespace moldau::operator_api {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using testing::OperatorBroker;

const std::string kOwnId = "\x40own-topic-id-16";

pb::NewTopic& add(pb::CreateTopicsRequest& request, const std::string& name, std::int32_t partitions = 1) {
    auto& topic = *request.add_topics();
    topic.set_name(name);
    topic.set_partitions(partitions);
    return topic;
}

TEST(CreateTopics, SaysWhatBecameOfEach) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::CreateTopicsRequest request;
    add(request, "orders", 3);
    add(request, "bad/name");
    add(request, "none", 0);
    (*add(request, "kept").mutable_configs())["retention.ms"] = "5000";

    const auto results = broker.create(request);

    ASSERT_EQ(results.results_size(), 4);
    EXPECT_EQ(results.results(0).outcome().code(), 0);
    EXPECT_EQ(results.results(0).topic().partitions(), 3);
    EXPECT_EQ(results.results(0).topic().topic_id().size(), 16U);
    EXPECT_EQ(error_of(results.results(1).outcome()), "INVALID_TOPIC_EXCEPTION");
    EXPECT_FALSE(results.results(1).has_topic());
    EXPECT_EQ(error_of(results.results(2).outcome()), "INVALID_PARTITIONS");
    EXPECT_EQ(results.results(3).topic().configs().at("retention.ms"), "5000");
}

TEST(CreateTopics, TakesTheBrokersDefaultsWhereNothingIsSaid) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::CreateTopicsRequest request;
    request.add_topics()->set_name("orders");

    const auto results = broker.create(request);

    EXPECT_EQ(results.results(0).topic().partitions(), 1);
    EXPECT_EQ(results.results(0).topic().replication_factor(), 1);
}

TEST(CreateTopics, KnowsItsOwnTopicAgainByItsId) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::CreateTopicsRequest request;
    add(request, "orders").set_topic_id(kOwnId);
    ASSERT_EQ(broker.create(request).results(0).topic().topic_id(), kOwnId);
    const auto offset = broker.shard->image->end_offset();

    EXPECT_EQ(broker.create(request).results(0).outcome().code(), 0);

    EXPECT_EQ(broker.shard->image->end_offset(), offset);
}

TEST(CreateTopics, ShowsSomebodyElsesTopicOfThatName) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders", 7);
    pb::CreateTopicsRequest request;
    add(request, "orders").set_topic_id(kOwnId);

    const auto results = broker.create(request);

    EXPECT_EQ(error_of(results.results(0).outcome()), "TOPIC_ALREADY_EXISTS");
    EXPECT_EQ(results.results(0).topic().partitions(), 7);
    EXPECT_NE(results.results(0).topic().topic_id(), kOwnId);
}

TEST(CreateTopics, RefusesAnIdThatAnotherTopicHas) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::CreateTopicsRequest request;
    add(request, "orders").set_topic_id(kOwnId);
    add(request, "bills").set_topic_id(kOwnId);

    const auto results = broker.create(request);

    EXPECT_EQ(results.results(0).outcome().code(), 0);
    EXPECT_EQ(error_of(results.results(1).outcome()), "INVALID_REQUEST");
    EXPECT_THAT(results.results(1).outcome().message(), HasSubstr("another topic has the id"));
}

TEST(CreateTopics, LeavesOutABadConfigurationWhenToldTo) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::CreateTopicsRequest request;
    auto& configs = *add(request, "orders").mutable_configs();
    configs["retention.ms"] = "soon";
    configs["segment.bytes"] = "2000000";

    request.set_bad_configs(pb::BAD_CONFIGS_LEAVE_OUT);
    const auto result = broker.create(request).results(0);
    EXPECT_EQ(result.outcome().code(), 0);
    EXPECT_EQ(result.topic().configs().size(), 1U);
    ASSERT_EQ(result.refused_configs_size(), 1);
    EXPECT_EQ(result.refused_configs(0).name(), "retention.ms");
    EXPECT_THAT(result.refused_configs(0).outcome().message(), HasSubstr("retention.ms"));
}

TEST(CreateTopics, ChangesNothingWhenOnlyValidating) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::CreateTopicsRequest request;
    request.set_validate_only(true);
    add(request, "orders");

    EXPECT_EQ(broker.create(request).results(0).outcome().code(), 0);

    EXPECT_EQ(broker.shard->image->find_topic("orders"), nullptr);
}

TEST(CreateTopics, RefusesWhatRestsOnAStaleBelief) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::CreateTopicsRequest request;
    add(request, "orders");
    request.mutable_expected()->set_cluster_id("another");
    EXPECT_EQ(broker.ask(&Operations::create_topics, request).error().code, Errc::kInconsistentClusterId);

    request.mutable_expected()->set_cluster_id(broker.shard->image->cluster_id());
    request.mutable_expected()->set_metadata_epoch(broker.shard->image->epoch().value + 1);
    EXPECT_EQ(broker.ask(&Operations::create_topics, request).error().code, Errc::kStaleControllerEpoch);
    EXPECT_EQ(broker.shard->image->find_topic("orders"), nullptr);

    request.mutable_expected()->set_metadata_epoch(broker.shard->image->epoch().value);
    EXPECT_TRUE(broker.ask(&Operations::create_topics, request).has_value());
}

TEST(CreateTopics, RefusesMoreThanABatchHoldsAndIdsThatAreNone) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::CreateTopicsRequest request;
    for (int topic = 0; topic <= kBatchMax; ++topic) add(request, "topic-" + std::to_string(topic));
    EXPECT_EQ(broker.ask(&Operations::create_topics, request).error().code, Errc::kInvalidRequest);

    pb::CreateTopicsRequest other;
    add(other, "orders").set_topic_id("short");
    EXPECT_EQ(broker.ask(&Operations::create_topics, other).error().code, Errc::kInvalidRequest);
}

TEST(TopicOrders, AskTheAuthorizer) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders");
    broker.node.authorizer = std::make_unique<testing::DenyAll>();
    pb::CreateTopicsRequest creation;
    add(creation, "bills");
    pb::AlterTopicsRequest alteration;
    alteration.add_topics()->set_name("orders");
    alteration.mutable_topics(0)->set_partitions(9);
    auto& change = *alteration.mutable_topics(0)->add_configs();
    change.set_name("retention.ms");
    change.set_value("1");
    pb::DeleteTopicsRequest deletion;
    deletion.add_topics()->set_name("orders");

    const auto altered = broker.alter(alteration).results(0);
    EXPECT_EQ(error_of(broker.create(creation).results(0).outcome()), "TOPIC_AUTHORIZATION_FAILED");
    EXPECT_EQ(error_of(altered.outcome()), "TOPIC_AUTHORIZATION_FAILED");
    EXPECT_EQ(error_of(altered.config_outcome()), "TOPIC_AUTHORIZATION_FAILED");
    EXPECT_EQ(error_of(broker.remove(deletion).results(0).outcome()), "TOPIC_AUTHORIZATION_FAILED");
    EXPECT_EQ(broker.ask(&Operations::describe_topics, pb::DescribeTopicsRequest{})->topics_size(), 0);
    EXPECT_EQ(broker.shard->image->find_topic("orders")->partitions.size(), 1U);
}

class AlterTopics : public ::testing::Test {
protected:
    pb::TopicAlteration& wanted() { return *request.mutable_topics(0); }
    void set(const std::string& name, const std::string& value) {
        auto& change = *wanted().add_configs();
        change.set_name(name);
        change.set_value(value);
    }
    pb::TopicResult alter() { return broker.alter(request).results(0); }

    sim::Disk disk;
    OperatorBroker broker{disk};
    pb::AlterTopicsRequest request;

    void SetUp() override {
        broker.make("orders", 2);
        request.add_topics()->set_name("orders");
    }
};

TEST_F(AlterTopics, GrowsOnceHoweverOftenItIsAsked) {
    wanted().set_partitions(5);
    EXPECT_EQ(alter().topic().partitions(), 5);
    const auto offset = broker.shard->image->end_offset();

    EXPECT_EQ(alter().outcome().code(), 0);

    EXPECT_EQ(broker.shard->image->end_offset(), offset);
}

TEST_F(AlterTopics, RefusesToShrinkButSetsTheConfiguration) {
    wanted().set_partitions(1);
    set("retention.ms", "7000");

    const auto result = alter();

    EXPECT_EQ(error_of(result.outcome()), "INVALID_PARTITIONS");
    EXPECT_EQ(result.config_outcome().code(), 0);
    EXPECT_EQ(result.topic().configs().at("retention.ms"), "7000");
}

TEST_F(AlterTopics, RemovesAConfigurationWithoutAValue) {
    set("retention.ms", "7000");
    ASSERT_EQ(alter().topic().configs().size(), 1U);
    wanted().mutable_configs(0)->clear_value();

    EXPECT_EQ(alter().topic().configs().size(), 0U);
}

TEST_F(AlterTopics, LeavesOutBadConfigurationsWhenToldTo) {
    set("retention.ms", "7000");
    set("segment.bytes", "tiny");
    set("no.such.setting", "1");

    const auto refused = alter();
    EXPECT_EQ(error_of(refused.config_outcome()), "INVALID_CONFIG");
    EXPECT_EQ(refused.topic().configs().size(), 0U);
    EXPECT_EQ(refused.refused_configs_size(), 2);

    request.set_bad_configs(pb::BAD_CONFIGS_LEAVE_OUT);
    const auto result = alter();
    EXPECT_EQ(result.config_outcome().code(), 0);
    EXPECT_EQ(result.topic().configs().at("retention.ms"), "7000");
    EXPECT_EQ(result.refused_configs_size(), 2);
}

TEST_F(AlterTopics, RefusesAnotherTopicOfThatName) {
    wanted().set_partitions(5);
    wanted().set_expected_topic_id(kOwnId);

    const auto result = alter();

    EXPECT_EQ(error_of(result.outcome()), "INCONSISTENT_TOPIC_ID");
    EXPECT_EQ(result.topic().partitions(), 2);
}

TEST_F(AlterTopics, RefusesATopicThatIsNotThereOrNamedTwice) {
    request.add_topics()->set_name("nowhere");
    request.add_topics()->set_name("orders");

    const auto results = broker.alter(request);

    EXPECT_EQ(error_of(results.results(0).outcome()), "INVALID_REQUEST");
    EXPECT_EQ(error_of(results.results(1).outcome()), "UNKNOWN_TOPIC_OR_PARTITION");
    EXPECT_EQ(error_of(results.results(1).config_outcome()), "UNKNOWN_TOPIC_OR_PARTITION");
    EXPECT_EQ(error_of(results.results(2).outcome()), "INVALID_REQUEST");
}

TEST_F(AlterTopics, ChangesHundredsInOneOrder) {
    pb::AlterTopicsRequest many;
    for (int index = 0; index < 300; ++index) {
        const auto name = "topic-" + std::to_string(index);
        broker.make(name);
        auto& topic = *many.add_topics();
        topic.set_name(name);
        topic.set_partitions(2);
        auto& change = *topic.add_configs();
        change.set_name("retention.ms");
        change.set_value("9000");
    }

    const auto results = broker.alter(many);

    for (const auto& result : results.results()) {
        EXPECT_EQ(result.topic().partitions(), 2);
        EXPECT_EQ(result.topic().configs().at("retention.ms"), "9000");
    }
}

TEST(DeleteTopics, TakesATopicAwayOnceByItsId) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders");
    pb::DeleteTopicsRequest request;
    request.add_topics()->set_topic_id(bytes_of(broker.shard->image->find_topic("orders")->id.value));

    const auto first = broker.remove(request).results(0);
    EXPECT_EQ(first.outcome().code(), 0);
    EXPECT_EQ(first.name(), "orders");
    EXPECT_FALSE(first.has_topic());
    EXPECT_EQ(broker.remove(request).results(0).outcome().code(), 0);
}

TEST(DeleteTopics, RefusesANameThatIsNotThereAndAnIdOfAnotherTopic) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders");
    pb::DeleteTopicsRequest request;
    request.add_topics()->set_name("nowhere");
    auto& other = *request.add_topics();
    other.set_name("bills");
    other.set_topic_id(bytes_of(broker.shard->image->find_topic("orders")->id.value));

    const auto results = broker.remove(request);

    EXPECT_EQ(error_of(results.results(0).outcome()), "UNKNOWN_TOPIC_OR_PARTITION");
    EXPECT_EQ(error_of(results.results(1).outcome()), "INCONSISTENT_TOPIC_ID");
    EXPECT_NE(broker.shard->image->find_topic("orders"), nullptr);
}

TEST(DescribeTopics, GoesThroughAllPageByPage) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    for (const auto* name : {"a", "b", "c"}) broker.make(name);
    pb::DescribeTopicsRequest request;
    request.set_page_size(2);

    const auto first = broker.ask(&Operations::describe_topics, request).value();
    request.set_page(first.next_page());
    const auto second = broker.ask(&Operations::describe_topics, request).value();

    ASSERT_EQ(first.topics_size(), 2);
    EXPECT_EQ(first.topics(1).name(), "b");
    ASSERT_EQ(second.topics_size(), 1);
    EXPECT_EQ(second.topics(0).name(), "c");
    EXPECT_EQ(second.next_page(), "");
}

TEST(DescribeTopics, LeavesOutNamesThatDoNotExist) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders");
    pb::DescribeTopicsRequest request;
    request.add_names("nowhere");
    request.add_names("orders");

    const auto response = broker.ask(&Operations::describe_topics, request).value();

    ASSERT_EQ(response.topics_size(), 1);
    EXPECT_EQ(response.topics(0).name(), "orders");
    EXPECT_EQ(response.topics(0).partitions_offline(), 0);
}

TEST(DescribeTopics, CountsPartitionsOfAFailedDirectory) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders", 3);
    broker.node.dir_health.front()->fail({Errc::kIo, "gone"});

    const auto response = broker.ask(&Operations::describe_topics, pb::DescribeTopicsRequest{}).value();

    EXPECT_EQ(response.topics(0).partitions_offline(), 3);
}

}  // namespace
}  // namespace moldau::operator_api
