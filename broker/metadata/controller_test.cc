// What the controller decides, request by request.

#include "metadata/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "metadata/test_images.h"

namespace moldau::metadata {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Controller controller(ControllerOptions options = {}) { return Controller{std::move(options), counting_topic_ids()}; }

// The error of the only topic of `request` on `image`, and the message.
struct Refusal {
    Errc code;
    std::string message;
};
Refusal refusal(const ImageRef& image, const wire::CreateTopicsRequest::CreatableTopic& topic,
                ControllerOptions options = {}) {
    const auto decision = controller(std::move(options)).create_topics(*image, create_request({topic}));
    const auto& result = decision.answer.topics.at(0);
    EXPECT_EQ(decision.records.empty(), result.error_code != 0);
    EXPECT_EQ(result.topic_id.is_zero(), result.error_code != 0);
    return {Errc{result.error_code}, result.error_message.value_or("")};
}
Errc code_of(const ImageRef& image, const wire::CreateTopicsRequest::CreatableTopic& topic) {
    return refusal(image, topic).code;
}

wire::CreateTopicsRequest::CreatableTopic assigned(
    std::vector<std::pair<std::int32_t, std::vector<std::int32_t>>> partitions) {
    auto topic = topic_of("orders", -1, -1);
    for (auto& [index, brokers] : partitions) {
        auto& assignment = topic.assignments.emplace_back();
        assignment.partition_index = index;
        assignment.broker_ids = std::move(brokers);
    }
    return topic;
}

ImageRef with_topics(const ImageRef& image, std::vector<wire::CreateTopicsRequest::CreatableTopic> topics) {
    return replayed(image, controller().create_topics(*image, create_request(std::move(topics))).records);
}

TEST(CreateTopics, GivesTopicsTheIdsThatAreWanted) {
    const auto image = image_with_brokers(1);
    const TopicId wanted{test_uuid(77)};
    const auto decision =
        controller().create_topics(*image, create_request({topic_of("orders"), topic_of("bills")}), {{"orders", wanted}});
    const auto after = replayed(image, decision.records);
    EXPECT_EQ(after->find_topic("orders")->id, wanted);
    EXPECT_NE(after->find_topic("bills")->id, wanted);

    const auto again = controller().create_topics(*after, create_request({topic_of("returns")}), {{"returns", wanted}});
    EXPECT_EQ(Errc{again.answer.topics.at(0).error_code}, Errc::kInvalidRequest);
    EXPECT_THAT(again.records, IsEmpty());
}

TEST(CreateTopics, MakesATopicWithItsPartitions) {
    const auto image = image_with_brokers(1);

    const auto decision = controller().create_topics(*image, create_request({topic_of("orders", 3)}));

    const auto after = replayed(image, decision.records);
    const Topic& topic = *after->find_topic("orders");
    ASSERT_THAT(topic.partitions, SizeIs(3));
    EXPECT_THAT(topic.partitions[2].replicas, ElementsAre(BrokerId{1}));
    EXPECT_THAT(topic.partitions[2].isr, ElementsAre(BrokerId{1}));
    EXPECT_EQ(topic.partitions[2].leader, BrokerId{1});
    const auto& result = decision.answer.topics.at(0);
    EXPECT_EQ(result.error_code, 0);
    EXPECT_EQ(result.error_message, std::nullopt);
    EXPECT_EQ(TopicId{result.topic_id}, topic.id);
    EXPECT_EQ(result.num_partitions, 3);
    EXPECT_EQ(result.replication_factor, 1);
}

TEST(CreateTopics, MinusOneMeansTheDefaults) {
    ControllerOptions options;
    options.partitions_default = 4;
    options.replication_factor_default = 2;
    const auto image = image_with_brokers(3);

    const auto decision = controller(options).create_topics(*image, create_request({topic_of("orders", -1, -1)}));

    EXPECT_EQ(decision.answer.topics.at(0).num_partitions, 4);
    EXPECT_EQ(decision.answer.topics.at(0).replication_factor, 2);
}

TEST(CreateTopics, SeesTopicsThatAreOnlyStaged) {
    const auto staged = with_topics(image_with_brokers(1), {topic_of("orders")});

    EXPECT_EQ(code_of(staged, topic_of("orders")), Errc::kTopicAlreadyExists);
}

TEST(CreateTopics, RefusesNamesThatCollide) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a.b")});

    const auto [code, message] = refusal(image, topic_of("a_b"));

    EXPECT_EQ(code, Errc::kInvalidTopicException);
    EXPECT_THAT(message, HasSubstr("a.b"));
}

TEST(CreateTopics, RefusesNamesThatCollideWithinTheRequest) {
    const auto decision = controller().create_topics(*image_with_brokers(1),
                                                     create_request({topic_of("a.b"), topic_of("a_b"), topic_of("c")}));

    EXPECT_EQ(decision.answer.topics[0].error_code, 0);
    EXPECT_EQ(Errc{decision.answer.topics[1].error_code}, Errc::kInvalidTopicException);
    EXPECT_EQ(decision.answer.topics[2].error_code, 0);
}

TEST(CreateTopics, RefusesBadNamesAndNumbers) {
    const auto image = image_with_brokers(1);

    EXPECT_EQ(code_of(image, topic_of("a b")), Errc::kInvalidTopicException);
    EXPECT_EQ(code_of(image, topic_of("")), Errc::kInvalidTopicException);
    EXPECT_EQ(code_of(image, topic_of("__cluster_metadata")), Errc::kInvalidRequest);
    EXPECT_EQ(code_of(image, topic_of("a", 0)), Errc::kInvalidPartitions);
    EXPECT_EQ(code_of(image, topic_of("a", -2)), Errc::kInvalidPartitions);
    EXPECT_EQ(code_of(image, topic_of("a", 1, 0)), Errc::kInvalidReplicationFactor);
    EXPECT_EQ(code_of(image, topic_of("a", 1, -5)), Errc::kInvalidReplicationFactor);
    EXPECT_EQ(code_of(image, topic_of("a", 10'001)), Errc::kPolicyViolation);
    EXPECT_EQ(code_of(image, topic_of("a", std::numeric_limits<std::int32_t>::max())), Errc::kPolicyViolation);
}

TEST(CreateTopics, SaysWhichBrokersAreMissing) {
    const auto [code, message] = refusal(image_with_brokers(2), topic_of("a", 1, 3));

    EXPECT_EQ(code, Errc::kInvalidReplicationFactor);
    EXPECT_THAT(message, HasSubstr("replication factor 3"));
    EXPECT_THAT(message, HasSubstr("are 2 (1, 2)"));
}

TEST(CreateTopics, ATopicNamedTwiceIsAnsweredOnceWithAnError) {
    const auto decision =
        controller().create_topics(*image_with_brokers(1), create_request({topic_of("a"), topic_of("b"), topic_of("a")}));

    ASSERT_THAT(decision.answer.topics, SizeIs(2));
    EXPECT_EQ(decision.answer.topics[0].name, "a");
    EXPECT_EQ(Errc{decision.answer.topics[0].error_code}, Errc::kInvalidRequest);
    EXPECT_EQ(decision.answer.topics[1].error_code, 0);
}

TEST(CreateTopics, OneRequestCannotMakeTooManyPartitionsAltogether) {
    ControllerOptions options;
    options.partitions_per_request_max = 10;

    const auto decision =
        controller(options).create_topics(*image_with_brokers(1), create_request({topic_of("a", 7), topic_of("b", 4)}));

    EXPECT_EQ(decision.answer.topics[0].error_code, 0);
    EXPECT_EQ(Errc{decision.answer.topics[1].error_code}, Errc::kPolicyViolation);
}

TEST(CreateTopics, FollowsAManualAssignment) {
    const auto image = image_with_brokers(3);

    const auto after = with_topics(image, {assigned({{1, {3, 1}}, {0, {2, 3}}})});

    EXPECT_THAT(after->find_topic("orders")->partitions[0].replicas, ElementsAre(BrokerId{2}, BrokerId{3}));
    EXPECT_THAT(after->find_topic("orders")->partitions[1].replicas, ElementsAre(BrokerId{3}, BrokerId{1}));
    EXPECT_THAT(after->find_topic("orders")->partitions[1].directories, ElementsAre(test_uuid(3), test_uuid(1)));
}

TEST(CreateTopics, RefusesWrongAssignments) {
    const auto image = image_with_brokers(2);
    auto with_count = assigned({{0, {1}}});
    with_count.num_partitions = 1;

    EXPECT_EQ(code_of(image, with_count), Errc::kInvalidRequest);
    EXPECT_EQ(code_of(image, assigned({{0, {1}}, {2, {1}}})), Errc::kInvalidReplicaAssignment);
    EXPECT_EQ(code_of(image, assigned({{1, {1}}})), Errc::kInvalidReplicaAssignment);
    EXPECT_EQ(code_of(image, assigned({{0, {1}}, {0, {2}}})), Errc::kInvalidReplicaAssignment);
    EXPECT_EQ(code_of(image, assigned({{0, {}}})), Errc::kInvalidReplicaAssignment);
    EXPECT_EQ(code_of(image, assigned({{0, {1, 1}}})), Errc::kInvalidReplicaAssignment);
    EXPECT_EQ(code_of(image, assigned({{0, {9}}})), Errc::kInvalidReplicaAssignment);
    EXPECT_EQ(code_of(image, assigned({{0, {1}}, {1, {1, 2}}})), Errc::kInvalidReplicaAssignment);
}

TEST(CreateTopics, ChecksSettings) {
    ControllerOptions options;
    options.validate_topic_configs = [](const TopicConfigs& configs) -> Result<TopicConfigs> {
        for (const auto& [name, value] : configs) {
            if (name != "retention.ms") return fail(Errc::kInvalidConfig, "unknown setting " + name);
            if (value == "x") return fail(Errc::kInvalidConfig, "not a number");
        }
        return configs;
    };
    const auto image = image_with_brokers(1);
    const auto topic = [](std::vector<std::pair<std::string, std::optional<std::string>>> configs) {
        auto made = topic_of("orders");
        for (auto& [name, value] : configs) {
            auto& config = made.configs.emplace_back();
            config.name = name;
            config.value = value;
        }
        return made;
    };

    EXPECT_EQ(refusal(image, topic({{"retention.ms", "5"}}), options).code, Errc::kNone);
    EXPECT_EQ(refusal(image, topic({{"retention.ms", "x"}}), options).message, "not a number");
    EXPECT_EQ(refusal(image, topic({{"nonsense", "5"}}), options).code, Errc::kInvalidConfig);
    EXPECT_EQ(refusal(image, topic({{"retention.ms", std::nullopt}}), options).code, Errc::kInvalidConfig);
    EXPECT_EQ(refusal(image, topic({{"retention.ms", "5"}, {"retention.ms", "6"}}), options).code, Errc::kInvalidConfig);
}

TEST(CreateTopics, ListsTheTopicsSettings) {
    ControllerOptions options;
    options.describe_topic = [](const ConfigMap& overrides) {
        return std::vector<DescribedConfig>{{"a", overrides.at("a"), 1},
                                            {"b", std::nullopt, 5, DescribedConfig::ReadOnly::kYes}};
    };
    auto topic = topic_of("orders");
    topic.configs.emplace_back();
    topic.configs.back().name = "a";
    topic.configs.back().value = "1";

    const auto decision = controller(options).create_topics(*image_with_brokers(1), create_request({topic}));

    const auto& configs = decision.answer.topics.at(0).configs.value();
    ASSERT_THAT(configs, SizeIs(2));
    EXPECT_EQ(configs[0].value, "1");
    EXPECT_EQ(configs[0].config_source, 1);
    EXPECT_TRUE(configs[1].read_only);
    EXPECT_EQ(configs[1].value, std::nullopt);
}

TEST(CreateTopics, ValidationOnlyChangesNothing) {
    auto request = create_request({topic_of("a", 2), topic_of("b", 0)});
    request.validate_only = true;

    const auto decision = controller().create_topics(*image_with_brokers(1), request);

    EXPECT_TRUE(decision.records.empty());
    EXPECT_EQ(decision.answer.topics[0].error_code, 0);
    EXPECT_EQ(decision.answer.topics[0].num_partitions, 2);
    EXPECT_TRUE(decision.answer.topics[0].topic_id.is_zero());
    EXPECT_EQ(Errc{decision.answer.topics[1].error_code}, Errc::kInvalidPartitions);
}

wire::DeleteTopicsRequest delete_named(std::vector<std::string> names) {
    wire::DeleteTopicsRequest request;
    request.topic_names = std::move(names);
    return request;
}

TEST(DeleteTopics, RemovesByNameAndById) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a"), topic_of("b"), topic_of("c")});
    wire::DeleteTopicsRequest request;
    request.topics.resize(2);
    request.topics[0].name = "a";
    request.topics[1].name.reset();
    request.topics[1].topic_id = image->find_topic("b")->id.value;

    const auto decision = controller().delete_topics(*image, request, 6);

    const auto after = replayed(image, decision.records);
    EXPECT_EQ(after->topic_count(), 1u);
    EXPECT_NE(after->find_topic("c"), nullptr);
    EXPECT_EQ(decision.answer.responses[1].name, "b");
    EXPECT_EQ(TopicId{decision.answer.responses[0].topic_id}, image->find_topic("a")->id);
}

TEST(DeleteTopics, RemovesInternalTopicsToo) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("__consumer_offsets")});

    EXPECT_THAT(controller().delete_topics(*image, delete_named({"__consumer_offsets"}), 5).records, SizeIs(1));
}

TEST(DeleteTopics, AnswersPerTopicWhatIsWrong) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a"), topic_of("b"), topic_of("c")});
    wire::DeleteTopicsRequest request;
    request.topics.resize(6);
    request.topics[0].name = "missing";
    request.topics[1].name.reset();
    request.topics[1].topic_id = test_uuid(99);
    request.topics[2].name.reset();
    request.topics[3].name = "a";
    request.topics[3].topic_id = image->find_topic("a")->id.value;
    request.topics[4].name = "b";
    request.topics[5].name.reset();
    request.topics[5].topic_id = image->find_topic("b")->id.value;

    const auto decision = controller().delete_topics(*image, request, 6);

    std::vector<Errc> codes;
    for (const auto& result : decision.answer.responses) codes.push_back(Errc{result.error_code});
    EXPECT_THAT(codes, ElementsAre(Errc::kUnknownTopicOrPartition, Errc::kUnknownTopicId, Errc::kInvalidRequest,
                                   Errc::kInvalidRequest, Errc::kInvalidRequest, Errc::kInvalidRequest));
    EXPECT_TRUE(decision.records.empty());
}

TEST(DeleteTopics, ATopicNamedTwiceIsAnsweredOnceWithAnError) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a")});

    const auto decision = controller().delete_topics(*image, delete_named({"a", "a"}), 5);

    ASSERT_THAT(decision.answer.responses, SizeIs(1));
    EXPECT_EQ(Errc{decision.answer.responses[0].error_code}, Errc::kInvalidRequest);
}

TEST(DeleteTopics, CanBeDisabled) {
    ControllerOptions options;
    options.topic_deletion = ControllerOptions::TopicDeletion::kDisabled;
    const auto image = with_topics(image_with_brokers(1), {topic_of("a")});

    const auto old = controller(options).delete_topics(*image, delete_named({"a"}), 2);
    const auto now = controller(options).delete_topics(*image, delete_named({"a"}), 3);

    EXPECT_EQ(Errc{old.answer.responses[0].error_code}, Errc::kInvalidRequest);
    EXPECT_EQ(Errc{now.answer.responses[0].error_code}, Errc::kTopicDeletionDisabled);
    EXPECT_TRUE(now.records.empty());
}

wire::CreatePartitionsRequest grow(std::string name, std::int32_t count) {
    wire::CreatePartitionsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = std::move(name);
    topic.count = count;
    topic.assignments.reset();
    return request;
}

Errc code_of(const ImageRef& image, const wire::CreatePartitionsRequest& request) {
    const auto decision = controller().create_partitions(*image, request);
    EXPECT_EQ(decision.records.empty(), decision.answer.results.at(0).error_code != 0);
    return Errc{decision.answer.results.at(0).error_code};
}

TEST(CreatePartitions, AddsThemBehindThoseThatAreThere) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a", 2)});

    const auto after = replayed(image, controller().create_partitions(*image, grow("a", 5)).records);

    EXPECT_THAT(after->find_topic("a")->partitions, SizeIs(5));
}

TEST(CreatePartitions, RefusesWhatDoesNotGrow) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a", 2)});

    EXPECT_EQ(code_of(image, grow("a", 2)), Errc::kInvalidPartitions);
    EXPECT_EQ(code_of(image, grow("a", 1)), Errc::kInvalidPartitions);
    EXPECT_EQ(code_of(image, grow("a", -1)), Errc::kInvalidPartitions);
    EXPECT_EQ(code_of(image, grow("a", 20'000)), Errc::kPolicyViolation);
    EXPECT_EQ(code_of(image, grow("b", 3)), Errc::kUnknownTopicOrPartition);
    auto twice = grow("a", 3);
    twice.topics.push_back(twice.topics.front());
    EXPECT_EQ(code_of(image, twice), Errc::kInvalidRequest);
}

TEST(CreatePartitions, FollowsAnAssignmentThatFits) {
    const auto image = with_topics(image_with_brokers(2), {topic_of("a", 1)});
    const auto with = [](std::vector<std::vector<std::int32_t>> assignments) {
        auto request = grow("a", 2);
        request.topics[0].assignments.emplace();
        for (auto& brokers : assignments) request.topics[0].assignments->emplace_back().broker_ids = std::move(brokers);
        return request;
    };

    EXPECT_EQ(code_of(image, with({{2}})), Errc::kNone);
    EXPECT_EQ(code_of(image, with({{2}, {1}})), Errc::kInvalidReplicaAssignment);
    EXPECT_EQ(code_of(image, with({{2, 1}})), Errc::kInvalidReplicaAssignment);
    EXPECT_EQ(code_of(image, with({{7}})), Errc::kInvalidReplicaAssignment);
}

TEST(CreatePartitions, ValidationOnlyChangesNothing) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a", 1)});
    auto request = grow("a", 3);
    request.validate_only = true;

    const auto decision = controller().create_partitions(*image, request);

    EXPECT_TRUE(decision.records.empty());
    EXPECT_EQ(decision.answer.results[0].error_code, 0);
}

TEST(EnsureTopics, MakesWhatIsMissingAndFindsTheRest) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a")});

    const auto decision = controller().ensure_topics(*image, {{"a"}, {"b"}, {"b"}, {"bad name"}});

    const auto after = replayed(image, decision.records);
    EXPECT_EQ(*decision.answer[0].topic, image->find_topic("a")->id);
    EXPECT_EQ(*decision.answer[1].topic, after->find_topic("b")->id);
    EXPECT_EQ(*decision.answer[2].topic, after->find_topic("b")->id);
    EXPECT_EQ(decision.answer[3].topic.error().code, Errc::kInvalidTopicException);
}

TEST(EnsureTopics, InternalTopicsMakeDoWithFewerBrokers) {
    const auto image = image_with_brokers(1);

    const auto decision = controller().ensure_topics(
        *image,
        {{"__consumer_offsets", 50, std::int16_t{3}, {{"cleanup.policy", "compact"}}}, {"mine", 1, std::int16_t{3}, {}}});

    const auto after = replayed(image, decision.records);
    EXPECT_THAT(after->find_topic("__consumer_offsets")->partitions, SizeIs(50));
    EXPECT_EQ(after->find_topic("__consumer_offsets")->configs.at("cleanup.policy"), "compact");
    EXPECT_EQ(decision.answer[1].topic.error().code, Errc::kInvalidReplicationFactor);
}

BrokerRegistration registration(std::int32_t id, std::uint8_t incarnation) {
    return {BrokerId{id},
            test_uuid(incarnation),
            std::nullopt,
            {{"PLAINTEXT", "host", 9092}},
            {test_uuid(static_cast<std::uint8_t>(id))}};
}

TEST(RegisterBroker, ANewIncarnationRaisesTheEpochsOfWhatItLeads) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a", 2)});

    const auto decision = controller().register_broker(*image, registration(1, 55)).value();

    const auto after = replayed(image, decision.records);
    EXPECT_EQ(after->find_broker(BrokerId{1})->incarnation, test_uuid(55));
    EXPECT_EQ(after->find_broker(BrokerId{1})->find_endpoint("PLAINTEXT")->port, 9092);
    EXPECT_EQ(after->find_partition("a", PartitionIndex{1})->leader_epoch, LeaderEpoch{1});
}

TEST(RegisterBroker, TheSameAgainChangesNothing) {
    const auto image = replayed(empty_image(), controller().register_broker(*empty_image(), registration(1, 55))->records);

    const auto decision = controller().register_broker(*image, registration(1, 55)).value();

    EXPECT_TRUE(decision.records.empty());
    EXPECT_EQ(decision.answer, 0);
}

TEST(RegisterBroker, RefusesTheDirectoryOfAnother) {
    auto other = registration(2, 56);
    other.directories = {test_uuid(1)};

    const auto refused = controller().register_broker(*image_with_brokers(1), other);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kInvalidRegistration);
    EXPECT_FALSE(controller().register_broker(*empty_image(), registration(-1, 5)));
}

TEST(AllocateProducerIds, BlocksFollowOneAnother) {
    const auto first = controller().allocate_producer_ids(*empty_image(), BrokerId{1}).value();
    const auto image = replayed(empty_image(), first.records);
    const auto second = controller().allocate_producer_ids(*image, BrokerId{2}).value();

    EXPECT_EQ(first.answer.first, ProducerId{0});
    EXPECT_EQ(second.answer.first, ProducerId{1000});
    EXPECT_EQ(second.answer.count, 1000);
}

TEST(AllocateProducerIds, EndBeforeTheyWrapAround) {
    ProducerIdsRecord last;
    last.next_producer_id = std::numeric_limits<std::int64_t>::max() - 10;

    EXPECT_FALSE(controller().allocate_producer_ids(*replayed(empty_image(), {last}), BrokerId{1}));
}

TEST(AlterConfigs, RecordsOnlyWhatChanges) {
    const auto image = with_topics(image_with_brokers(1), {topic_of("a")});
    const ConfigResource topic{ConfigResourceType::kTopic, "a"};
    const auto once = replayed(image, controller().alter_configs(*image, topic, edit_of({{"x", "1"}, {"y", "2"}}))->records);

    const auto again =
        controller().alter_configs(*once, topic, edit_of({{"x", "1"}, {"y", std::nullopt}, {"z", std::nullopt}}));

    EXPECT_EQ(once->find_topic("a")->configs, (ConfigMap{{"x", "1"}, {"y", "2"}}));
    ASSERT_THAT(again->records, SizeIs(1));
    EXPECT_EQ(replayed(once, again->records)->find_topic("a")->configs, (ConfigMap{{"x", "1"}}));
}

TEST(AlterConfigs, RefusesWhatCannotBe) {
    const auto code_of = [](ConfigResourceType type, std::string name) {
        return controller().alter_configs(*image_with_brokers(1), {type, std::move(name)}, edit_of({})).error().code;
    };

    EXPECT_EQ(code_of(ConfigResourceType::kTopic, "nope"), Errc::kUnknownTopicOrPartition);
    EXPECT_EQ(code_of(ConfigResourceType::kTopic, "no/slash"), Errc::kInvalidTopicException);
    EXPECT_EQ(code_of(ConfigResourceType::kBroker, "2"), Errc::kBrokerIdNotRegistered);
    EXPECT_EQ(code_of(ConfigResourceType::kBroker, "01"), Errc::kBrokerIdNotRegistered);
    EXPECT_TRUE(controller().alter_configs(*image_with_brokers(1), {ConfigResourceType::kBroker, ""}, edit_of({})));
}

Adoption orders(std::int32_t partitions = 2) {
    Adoption adoption{.broker = BrokerId{1}, .topics = {{.name = "orders", .id = TopicId{test_uuid(50)}}}};
    adoption.topics.front().configs = {{"retention.ms", "1000"}};
    for (std::int32_t index = 0; index < partitions; ++index) {
        adoption.topics.front().partitions.push_back({LeaderEpoch{7 + index}, test_uuid(1)});
    }
    return adoption;
}

Errc refused(const Image& image, const Adoption& adoption) {
    const Controller controller{{}, counting_topic_ids()};
    const auto decision = controller.adopt_topics(image, adoption);
    return decision ? Errc::kNone : decision.error().code;
}

TEST(AdoptTopics, KeepsIdsEpochsSettingsAndDirectories) {
    const Controller controller{{}, counting_topic_ids()};
    const auto decision = controller.adopt_topics(*empty_image(), orders());
    ASSERT_TRUE(decision);
    const auto after = replayed(empty_image(), decision->records);
    const Topic& topic = *after->find_topic(TopicId{test_uuid(50)});
    EXPECT_EQ(topic.name, "orders");
    EXPECT_EQ(topic.configs.at("retention.ms"), "1000");
    ASSERT_THAT(topic.partitions, SizeIs(2));
    EXPECT_EQ(topic.partitions[1].leader_epoch, LeaderEpoch{8});
    EXPECT_EQ(topic.partitions[1].leader, BrokerId{1});
    EXPECT_EQ(topic.partitions[1].directory_on(BrokerId{1}), test_uuid(1));
}

TEST(AdoptTopics, MovesProducerIdsForwardOnly) {
    auto adoption = orders();
    adoption.next_producer_id = 4000;
    const Controller controller{{}, counting_topic_ids()};
    const auto image = replayed(empty_image(), controller.adopt_topics(*empty_image(), adoption)->records);
    EXPECT_EQ(image->next_producer_id(), 4000);
    const Adoption less{.broker = BrokerId{1}, .next_producer_id = 3000};
    EXPECT_THAT(controller.adopt_topics(*image, less)->records, IsEmpty());
}

TEST(AdoptTopics, RefusesNamesAndIdsThatAreTaken) {
    const Controller controller{{}, counting_topic_ids()};
    const auto image = replayed(empty_image(), controller.adopt_topics(*empty_image(), orders())->records);
    auto same_id = orders();
    same_id.topics.front().name = "bills";
    auto colliding = orders();
    colliding.topics.front().id = TopicId{test_uuid(51)};
    EXPECT_EQ(refused(*image, same_id), Errc::kTopicAlreadyExists);
    EXPECT_EQ(refused(*image, colliding), Errc::kTopicAlreadyExists);
    auto twice = orders();
    twice.topics.push_back(twice.topics.front());
    EXPECT_EQ(refused(*empty_image(), twice), Errc::kTopicAlreadyExists);
}

TEST(AdoptTopics, RefusesWhatCannotBeATopic) {
    auto nameless = orders();
    nameless.topics.front().name = "a/b";
    auto own = orders();
    own.topics.front().name = "__cluster_metadata";
    EXPECT_EQ(refused(*empty_image(), nameless), Errc::kInvalidTopicException);
    EXPECT_EQ(refused(*empty_image(), own), Errc::kInvalidRequest);
    EXPECT_EQ(refused(*empty_image(), orders(0)), Errc::kInvalidPartitions);
}

}  // namespace
}  // namespace moldau::metadata
