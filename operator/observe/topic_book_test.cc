// Which Topics are to be looked at after a change, and who is whose rival.

#include "operator/observe/topic_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "operator/observe/condition_order.h"

namespace moldau::observe {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct Wanted {
    std::string topic;
    std::string cluster = "events";
    std::string created = "2026-01-01T00:00:00Z";
    std::string ready;
};

kube::ObjectKey key(const std::string& name) { return {"shop", name}; }

kube::Object topic(const std::string& name, const Wanted& wanted) {
    json object{
        {"apiVersion", "moldau.dev/v1beta1"},
        {"kind", "Topic"},
        {"metadata", {{"namespace", "shop"}, {"name", name}, {"uid", "uid-" + name}, {"creationTimestamp", wanted.created}}},
        {"spec", {{"clusterRef", {{"name", wanted.cluster}}}}}};
    if (!wanted.topic.empty()) object["spec"]["name"] = wanted.topic;
    if (!wanted.ready.empty())
        object["status"]["conditions"] = {{{"type", "Ready"},
                                           {"status", wanted.ready},
                                           {"reason", "Synced"},
                                           {"message", ""},
                                           {"lastTransitionTime", "2026-01-01T00:00:00Z"}}};
    return kube::Object{std::move(object)};
}

class TopicBookTest : public testing::Test {
protected:
    std::vector<kube::ObjectKey> put(const std::string& name, const Wanted& wanted = {}) {
        return book_.take({.kind = informer::ChangeKind::kModified, .key = key(name), .after = topic(name, wanted)});
    }
    std::vector<kube::ObjectKey> erase(const std::string& name) {
        return book_.take({.kind = informer::ChangeKind::kDeleted, .key = key(name)});
    }
    TopicBook book_;
};

TEST_F(TopicBookTest, FindsTopicsByClusterAndTopic) {
    put("a");
    put("b", {.topic = "orders"});
    put("c", {.cluster = "other"});

    EXPECT_THAT(book_.of_cluster({"shop", "events"}), UnorderedElementsAre(key("a"), key("b")));
    EXPECT_THAT(book_.of_topic({"shop", "events"}, "orders"), ElementsAre(key("b")));
    EXPECT_THAT(book_.of_cluster({"elsewhere", "events"}), IsEmpty());
    EXPECT_EQ(book_.size(), 3u);
}

TEST_F(TopicBookTest, LooksAtRivalsWhenOneOfThemChangesOrGoes) {
    put("a", {.topic = "orders"});
    EXPECT_THAT(put("b", {.topic = "orders"}), ElementsAre(key("b"), key("a")));
    EXPECT_THAT(erase("a"), ElementsAre(key("a"), key("b")));
    EXPECT_THAT(erase("b"), ElementsAre(key("b")));
    EXPECT_EQ(book_.size(), 0u);
}

TEST_F(TopicBookTest, KnowsTheOldestRival) {
    put("old", {.topic = "orders", .created = "2026-01-01T00:00:00Z"});
    put("older", {.topic = "orders", .created = "2025-01-01T00:00:00Z"});
    put("new", {.topic = "orders", .created = "2026-02-01T00:00:00Z"});

    EXPECT_EQ(book_.older_rival(*book_.find(key("new"))), "older");
    EXPECT_EQ(book_.older_rival(*book_.find(key("old"))), "older");
    EXPECT_EQ(book_.older_rival(*book_.find(key("older"))), "");
}

TEST_F(TopicBookTest, CountsTopicsByTheirReadiness) {
    put("a", {.ready = "True"});
    put("b", {.ready = "False"});
    put("b", {.ready = "True"});
    put("c");
    erase("c");

    EXPECT_EQ(book_.count_ready(api::ConditionStatus::kTrue), 2u);
    EXPECT_EQ(book_.count_ready(api::ConditionStatus::kFalse), 0u);
    EXPECT_EQ(book_.count_ready(api::ConditionStatus::kUnknown), 0u);
}

TEST(ConditionOrder, IsThatOfTheCatalogueWhateverTheServerMadeOfIt) {
    std::vector<api::Condition> conditions{{.type = "Unheard"}, {.type = "ConfigApplied"}, {.type = "Ready"}};
    order_conditions(api::Kind::kTopic, conditions);

    EXPECT_EQ(conditions[0].type, "Ready");
    EXPECT_EQ(conditions[1].type, "ConfigApplied");
    EXPECT_EQ(conditions[2].type, "Unheard");
}

TEST_F(TopicBookTest, ForgetsWhatWasTriedForATopicThatGoes) {
    put("a");
    book_.remember(key("a"), {.event = decide::TopicMemory::Event::kCreated});
    EXPECT_EQ(book_.memory(key("a")).event, decide::TopicMemory::Event::kCreated);
    erase("a");

    EXPECT_EQ(book_.memory(key("a")), decide::TopicMemory{});
}

TEST_F(TopicBookTest, ForgetsWhatAFormerBrokerRefused) {
    put("a");
    put("b", {.cluster = "other"});
    book_.remember(key("a"), {.order = decide::Refusal{.message = "no"}});
    book_.remember(key("b"), {.order = decide::Refusal{.message = "no"}});

    EXPECT_THAT(book_.forget_broker({"shop", "events"}), ElementsAre(key("a")));
    EXPECT_FALSE(book_.memory(key("a")).order);
    EXPECT_TRUE(book_.memory(key("b")).order);
}

}  // namespace
}  // namespace moldau::observe
