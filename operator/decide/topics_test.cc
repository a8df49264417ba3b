// Decisions about Topics: a table of cases with their transcripts in testdata/topics.golden, and what must hold of all.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "operator/decide/golden_testing.h"
#include "operator/decide/memory.h"
#include "operator/decide/topic_orders.h"
#include "operator/decide/topics.h"

namespace moldau::decide {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const WallTime kNow = *api::parse_time("2026-11-26T20:00:00Z");

// A Topic with its broker, which carries out what is ordered as a real one does.
struct TopicWorld {
    json spec{{"clusterRef", {{"name", "events"}}}, {"partitions", 3}, {"config", {{"retention.ms", 3600000}}}};
    json status = json::object();
    bool finalizer = false;
    bool deleting = false;
    bool is_gone = false;
    std::string uid = "t-1";
    std::optional<broker_api::Topic> actual;
    TopicMemory memory;
    TopicsSnapshot snapshot{.cluster = {.state = TopicsCluster::State::kPresent,
                                        .topics = TopicsCluster::Topics::kKnown,
                                        .cluster_id = "kcluster",
                                        .metadata_epoch = 4}};
    std::string older_rival;
    std::string refuses_orders;  // the broker's words
    int writes = 0;
    int orders = 0;
    WallTime now = kNow;

    api::Topic topic() const {
        json object{{"metadata",
                     {{"name", "orders"},
                      {"namespace", "shop"},
                      {"uid", uid},
                      {"generation", 1},
                      {"creationTimestamp", "2026-11-26T19:00:00Z"}}},
                    {"spec", spec},
                    {"status", status}};
        if (finalizer) object["metadata"]["finalizers"] = json::array({api::kFinalizer});
        if (deleting) object["metadata"]["deletionTimestamp"] = "2026-11-26T19:30:00Z";
        return api::read_topic(kube::Object{std::move(object)});
    }

    TopicsDecision decide_now() const {
        auto all = snapshot;
        all.topics.push_back({.topic = std::make_shared<api::Topic>(topic()),
                              .actual = actual,
                              .older_rival = older_rival,
                              .memory = memory});
        return decide_topics(all, now);
    }

    broker_api::Outcome outcome() const {
        return refuses_orders.empty() ? broker_api::Outcome{}
                                      : broker_api::Outcome{Errc::kInvalidPartitions, refuses_orders};
    }
    void operator()(const CreateTopics& batch) {
        ++orders;
        const auto& order = batch.order.topics.front();
        broker_api::TopicResult result{.name = order.name, .outcome = outcome()};
        if (result.outcome.ok()) {
            actual = broker_api::Topic{.name = order.name,
                                       .id = order.id,
                                       .partitions = order.partitions.value_or(1),
                                       .replication_factor = order.replication_factor.value_or(1)};
            take_configs(order.configs, result);
        }
        record(memory, order, result, now);
    }
    void take_configs(const broker_api::ConfigMap& configs, broker_api::TopicResult& result) {
        for (const auto& [name, value] : configs) {
            if (value == "bad") {
                result.refused_configs.push_back({name, {Errc::kInvalidConfig, "bad is no value"}});
            } else {
                actual->configs[name] = value;
            }
        }
    }
    void operator()(const AlterTopics& batch) {
        ++orders;
        const auto& order = batch.order.topics.front();
        broker_api::TopicResult result{.name = order.name, .outcome = order.partitions ? outcome() : broker_api::Outcome{}};
        EXPECT_EQ(order.expected_id, actual->id);
        if (order.partitions && result.outcome.ok()) {
            EXPECT_GT(*order.partitions, actual->partitions) << "partitions never shrink";
            actual->partitions = *order.partitions;
        }
        broker_api::ConfigMap set;
        for (const auto& change : order.configs) {
            if (change.value) set[change.name] = *change.value;
            if (!change.value) actual->configs.erase(change.name);
        }
        take_configs(set, result);
        record(memory, order, result, now);
    }
    void operator()(const DeleteTopics& batch) {
        ++orders;
        const auto& order = batch.order.topics.front();
        EXPECT_EQ(order.id, actual->id) << "a topic is deleted by its id";
        const broker_api::TopicResult result{.name = order.name, .outcome = outcome()};
        if (result.outcome.ok()) actual.reset();
        record(memory, order, result, now);
    }
    void operator()(const AddFinalizer&) { finalizer = true, ++writes; }
    void operator()(const RemoveFinalizer&) { finalizer = false, is_gone = deleting, ++writes; }
    void operator()(const UpdateStatus& one) { status = one.object.json_at("/status"), ++writes; }
    void operator()(const EmitEvent&) { record_told(memory); }
    void operator()(const auto&) { ADD_FAILURE() << "no order for a Topic"; }

    // Steps until nothing is ordered any more; the transcript of all of them.
    std::string run(int most = 10) {
        std::string text;
        for (int at = 0; at < most && !is_gone; ++at) {
            const auto decision = decide_now();
            text += topics_transcript(decision);
            if (decision.actions.empty()) return text;
            for (const auto& action : decision.actions) std::visit(*this, action);
        }
        return text;
    }

    std::string reason(std::string_view type = "Ready") const {
        const auto conditions = api::read_conditions(status.value("conditions", json::array()));
        const auto* found = api::find_condition(conditions, type);
        return found == nullptr ? "" : found->reason;
    }
};

TopicWorld synced() {
    TopicWorld world;
    world.run();
    EXPECT_EQ(world.reason(), "Synced");
    world.writes = world.orders = 0;
    return world;
}

broker_api::Topic foreign(std::int32_t partitions) {
    return {.name = "orders",
            .id = TopicId{api::topic_id_after("somebody", "")},
            .partitions = partitions,
            .replication_factor = 1};
}

struct Case {
    const char* name;
    std::function<std::string()> run;
};

std::vector<Case> made_and_changed() {
    return {
        {"created", [] { return TopicWorld{}.run(); }},
        {"left alone when all is well", [] { return synced().run(); }},
        {"grown",
         [] {
             auto world = synced();
             world.spec["partitions"] = 5;
             return world.run();
         }},
        {"settings changed and removed",
         [] {
             auto world = synced();
             world.spec["config"] = {{"segment.bytes", "1048576"}};
             return world.run();
         }},
        {"setting refused, the rest applies",
         [] {
             auto world = synced();
             world.spec["config"] = {{"retention.ms", "bad"}, {"segment.bytes", 1048576}};
             return world.run();
         }},
        {"never shrunk",
         [] {
             auto world = synced();
             world.spec["partitions"] = 1;
             return world.run();
         }},
        {"replication factor differs",
         [] {
             auto world = synced();
             world.spec["replicationFactor"] = 3;
             return world.run();
         }},
        {"drift put right",
         [] {
             auto world = synced();
             world.actual->configs = {{"retention.ms", "1"}, {"cleanup.policy", "compact"}};
             return world.run();
         }},
        {"deleted elsewhere, made again under a new id",
         [] {
             auto world = synced();
             const auto before = world.actual->id;
             world.actual.reset();
             auto text = world.run();
             EXPECT_NE(world.actual->id, before);
             return text;
         }},
    };
}

std::vector<Case> of_somebody_else() {
    return {
        {"foreign topic left alone",
         [] {
             TopicWorld world;
             world.actual = foreign(7);
             return world.run();
         }},
        {"foreign topic adopted when asked",
         [] {
             TopicWorld world;
             world.actual = foreign(2);
             world.spec["adopt"] = true;
             return world.run();
         }},
        {"topic made just before a crash is known again",
         [] {
             TopicWorld world;
             world.finalizer = true;
             world.actual = foreign(3);
             world.actual->id = TopicId{api::topic_id_after("t-1", "")};
             world.actual->configs = {{"retention.ms", "3600000"}};
             return world.run();
         }},
        {"younger of two",
         [] {
             TopicWorld world;
             world.older_rival = "older";
             world.actual = foreign(3);
             return world.run();
         }},
        {"only watched",
         [] {
             TopicWorld world;
             world.spec["managed"] = false;
             auto text = world.run();
             world.actual = foreign(7);
             return text + world.run();
         }},
        {"internal topic",
         [] {
             TopicWorld world;
             world.actual = foreign(50);
             world.actual->kind = broker_api::Topic::Kind::kInternal;
             return world.run();
         }},
        {"creation refused",
         [] {
             TopicWorld world;
             world.refuses_orders = "3 replicas need 3 brokers";
             return world.run();
         }},
    };
}

std::vector<Case> in_trouble() {
    return {
        {"no such cluster",
         [] {
             TopicWorld world;
             world.snapshot.cluster.state = TopicsCluster::State::kMissing;
             return world.run();
         }},
        {"cluster paused",
         [] {
             auto world = synced();
             world.snapshot.cluster.pause = api::Pause::kPaused;
             world.spec["partitions"] = 9;
             return world.run();
         }},
        {"broker away for a moment, then for long",
         [] {
             auto world = synced();
             world.snapshot.cluster.topics = TopicsCluster::Topics::kUnreachable;
             world.snapshot.cluster.why = "connection refused";
             world.snapshot.cluster.since = kNow - Millis{5'000};
             auto text = world.run();
             world.now += Millis{10'000};
             return text + world.run();
         }},
        {"invalid",
         [] {
             TopicWorld world;
             world.spec["partitions"] = "many";
             return world.run();
         }},
    };
}

std::vector<Case> deleted() {
    return {
        {"deleted with its topic",
         [] {
             auto world = synced();
             world.deleting = true;
             return world.run();
         }},
        {"deletion refused",
         [] {
             auto world = synced();
             world.deleting = true;
             world.refuses_orders = "topic deletion is disabled";
             return world.run();
         }},
        {"deletion waits for the broker",
         [] {
             auto world = synced();
             world.deleting = true;
             world.snapshot.cluster.topics = TopicsCluster::Topics::kNotReady;
             return world.run();
         }},
        {"kept by policy",
         [] {
             TopicWorld world;
             world.spec["deletionPolicy"] = "Retain";
             auto text = world.run();
             world.deleting = true;
             return text + world.run();
         }},
        {"let go when the cluster is gone",
         [] {
             auto world = synced();
             world.deleting = true;
             world.snapshot.cluster.state = TopicsCluster::State::kMissing;
             return world.run();
         }},
        {"let go with the namespace",
         [] {
             auto world = synced();
             world.deleting = true;
             world.snapshot.ns = NamespaceState::kTerminating;
             world.snapshot.cluster.topics = TopicsCluster::Topics::kUnreachable;
             return world.run();
         }},
        {"foreign topic survives the deletion of a resource that never had it",
         [] {
             TopicWorld world;
             world.finalizer = true;
             world.deleting = true;
             world.actual = foreign(3);
             return world.run();
         }},
    };
}

TEST(DecideTopics, DecideAsInTheGoldenTranscripts) {
    std::string text;
    for (const auto& part : {made_and_changed(), of_somebody_else(), in_trouble(), deleted()}) {
        for (const auto& one : part) text += fmt::format("{}:\n{}\n", one.name, one.run());
    }

    expect_golden("topics.golden", text);
}

TEST(DecideTopics, NeedTwoWritesAndOneOrderForANewTopic) {
    TopicWorld world;

    world.run();

    EXPECT_EQ(world.writes, 2);
    EXPECT_EQ(world.orders, 1);
}

TEST(DecideTopics, NeedOneWriteAndOneOrderForAnEdit) {
    auto world = synced();
    world.spec["partitions"] = 4;
    world.spec["config"]["segment.bytes"] = 1048576;

    world.run();

    EXPECT_EQ(world.writes, 1);
    EXPECT_EQ(world.orders, 1);
}

TEST(DecideTopics, AskNothingAndWriteNothingInSteadyState) {
    auto world = synced();
    world.now += Millis{86'400'000};

    const auto decision = world.decide_now();

    EXPECT_THAT(decision.actions, IsEmpty());
    EXPECT_THAT(decision.requeue_after, IsEmpty());
}

TEST(DecideTopics, PutManyIntoBatches) {
    TopicsSnapshot snapshot{.cluster = TopicWorld{}.snapshot.cluster};
    for (int number = 0; number < 1200; ++number) {
        auto topic = TopicWorld{.finalizer = true, .uid = fmt::format("t-{}", number)}.topic();
        topic.metadata.key.name = topic.spec.name = fmt::format("orders-{}", number);
        snapshot.topics.push_back({.topic = std::make_shared<api::Topic>(std::move(topic))});
    }

    const auto decision = decide_topics(snapshot, kNow);

    ASSERT_THAT(decision.actions, SizeIs(3));
    const auto& last = std::get<CreateTopics>(decision.actions.back());
    EXPECT_THAT(last.order.topics, SizeIs(200));
    EXPECT_EQ(last.resources.back().name, "orders-1199");
    EXPECT_EQ(last.order.expected.metadata_epoch, 4);
    EXPECT_EQ(last.order.bad_configs, broker_api::BadConfigs::kLeaveOut);
}

TEST(DecideTopics, TryARefusedOrderAgainWithGrowingPauses) {
    TopicWorld world;
    world.refuses_orders = "no";
    world.run();
    EXPECT_EQ(world.orders, 1);

    world.now += Millis{5'000};
    world.run();
    EXPECT_EQ(world.orders, 2);
    world.now += Millis{5'000};
    world.run();
    EXPECT_EQ(world.orders, 2);
    world.now += Millis{5'000};
    world.refuses_orders.clear();
    world.run();
    EXPECT_EQ(world.reason(), "Synced");
}

TEST(DecideTopics, SendAChangedOrderAtOnce) {
    TopicWorld world;
    world.refuses_orders = "no";
    world.run();

    world.refuses_orders.clear();
    world.spec["partitions"] = 2;
    world.run();

    EXPECT_EQ(world.reason(), "Synced");
    EXPECT_EQ(world.actual->partitions, 2);
}

TEST(DecideTopics, TakeSpellingsOfOneValueForTheSame) {
    EXPECT_TRUE(same_config_value("compact, delete", "compact,delete"));
    EXPECT_TRUE(same_config_value("True", "true"));
    EXPECT_TRUE(same_config_value("0.50", "0.5"));
    EXPECT_FALSE(same_config_value("9223372036854775807", "9223372036854775806"));
    EXPECT_FALSE(same_config_value("producer", "Producer"));
    EXPECT_FALSE(same_config_value("", "0"));
}

TEST(DecideTopics, NeverUseAnIdTwice) {
    std::vector<std::string> ids;
    std::string last;
    for (int number = 0; number < 100; ++number) ids.push_back(last = api::topic_id_after("t-1", last).to_string());

    std::ranges::sort(ids);
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
    EXPECT_NE(api::topic_id_after("t-1", ""), api::topic_id_after("t-2", ""));
}

// Random Topics and brokers: whatever happened before, it comes to rest, and a topic of somebody else is never touched.
TEST(DecideTopics, ComeToRestFromAnywhere) {
    std::mt19937 engine{7};
    const auto one_in = [&](int most) { return std::uniform_int_distribution{1, most}(engine) == 1; };
    for (int number = 0; number < 2000; ++number) {
        TopicWorld world;
        world.finalizer = one_in(2);
        world.deleting = world.finalizer && one_in(3);
        world.spec["managed"] = !one_in(4);
        if (one_in(3)) world.spec["deletionPolicy"] = "Retain";
        if (one_in(4)) world.spec["config"]["retention.ms"] = "bad";
        if (one_in(4)) world.older_rival = "older";
        if (one_in(4)) world.refuses_orders = "no";
        if (one_in(5)) world.snapshot.cluster.state = TopicsCluster::State::kMissing;
        if (one_in(5)) world.snapshot.cluster.topics = TopicsCluster::Topics::kUnreachable;
        const bool is_foreign = one_in(2);
        if (is_foreign) world.actual = foreign(one_in(2) ? 1 : 8);
        const auto before = world.actual;
        if (one_in(3)) world.status["topicId"] = is_foreign ? "x" : api::topic_id_after("t-1", "").to_string();

        world.run(12);

        EXPECT_TRUE(world.is_gone || world.decide_now().actions.empty()) << topics_transcript(world.decide_now());
        if (is_foreign) {
            EXPECT_EQ(world.actual, before) << "adoption was not asked for";
            EXPECT_EQ(world.orders, 0);
        }
    }
}

}  // namespace
}  // namespace moldau::decide
