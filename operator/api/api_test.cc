// Topics, conditions, times, quantities and the catalogue.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "operator/api/catalogue.h"
#include "operator/api/conditions.h"
#include "operator/api/quantity.h"
#include "operator/api/topic.h"

namespace moldau::api {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const WallTime kNow = *parse_time("2026-11-26T20:00:00Z");

Topic read(const std::string& spec) {
    return read_topic(kube::Object{
        {{"metadata", {{"name", "orders"}, {"namespace", "shop"}, {"uid", "t-1"}}}, {"spec", json::parse(spec)}}});
}

TEST(Topic, HasTheDefaultsOfTheSchema) {
    const auto topic = read(R"({"clusterRef": {"name": "events"}})");

    EXPECT_THAT(topic.faults, IsEmpty());
    EXPECT_EQ(topic.spec.name, "orders");
    EXPECT_EQ(topic.spec.partitions, std::nullopt);
    EXPECT_EQ(topic.spec.deletion_policy, DeletionPolicy::kDelete);
    EXPECT_EQ(topic.spec.managed, Managed::kYes);
    EXPECT_EQ(topic.spec.adopt, Adopt::kNo);
}

TEST(Topic, ReadsEveryField) {
    const auto topic = read(R"({"clusterRef": {"name": "events"}, "name": "Orders_1", "partitions": 12,
        "replicationFactor": 1, "config": {"retention.ms": 1, "cleanup.policy": "compact"}, "deletionPolicy": "Retain",
        "managed": false, "adopt": true})");

    EXPECT_THAT(topic.faults, IsEmpty());
    EXPECT_EQ(topic.spec, (TopicSpec{.cluster = "events",
                                     .name = "Orders_1",
                                     .partitions = 12,
                                     .replication_factor = 1,
                                     .config = {{"retention.ms", "1"}, {"cleanup.policy", "compact"}},
                                     .deletion_policy = DeletionPolicy::kRetain,
                                     .managed = Managed::kWatchOnly,
                                     .adopt = Adopt::kYes}));
}

TEST(Topic, TurnsWrongTypesIntoFaults) {
    const auto topic = read(R"({"name": "a b", "partitions": 0, "config": 3, "managed": "no"})");

    EXPECT_THAT(topic.faults,
                ElementsAre("spec.clusterRef.name: write the name of the Cluster",
                            "spec.name: write at most 249 letters, digits, '.', '_' and '-'",
                            "spec.partitions: write a whole number from 1 to 100000",
                            "spec.config: write names with their values", "spec.managed: write true or false"));
}

TEST(Topic, StatusReadsBackAsItWasWritten) {
    TopicStatus status{.observed_generation = 2,
                       .topic_name = "orders",
                       .topic_id = "id",
                       .cluster_id = "k",
                       .partitions = 3,
                       .replication_factor = 1};
    status.conditions = {to_condition({.row = Row::kTopicReady}, 2, kNow)};

    EXPECT_EQ(read_topic(status_object(read(R"({"clusterRef": {"name": "e"}})"), status)).status, status);
}

TEST(Topic, OlderIsByCreationThenByUid) {
    Topic one;
    Topic other;
    one.metadata.created = kNow;
    other.metadata.created = kNow + Millis{1000};
    EXPECT_TRUE(is_older(one, other));
    other.metadata.created = kNow;
    one.metadata.uid = "b";
    other.metadata.uid = "a";
    EXPECT_FALSE(is_older(one, other));
    EXPECT_TRUE(is_older(other, one));
}

TEST(Conditions, KeepTheirTimeWhileTheStatusIsTheSame) {
    const auto first = next_conditions({}, {{.row = Row::kBrokersStarting}}, 1, kNow);
    const auto second = next_conditions(first, {{.row = Row::kCrashLoop, .message = "m"}}, 2, kNow + Millis{5000});
    const auto third = next_conditions(second, {{.row = Row::kBrokersReady}}, 2, kNow + Millis{9000});

    EXPECT_EQ(second[0].since, kNow);
    EXPECT_EQ(second[0].reason, "CrashLoop");
    EXPECT_EQ(third[0].since, kNow + Millis{9000});
}

TEST(Conditions, WarnOnlyWhenTheReasonIsNew) {
    const auto first = next_conditions({}, {{.row = Row::kCrashLoop}}, 1, kNow);
    EXPECT_EQ(new_warnings(Kind::kCluster, {}, first).size(), 1U);
    EXPECT_THAT(new_warnings(Kind::kCluster, first, first), IsEmpty());
    const auto normal = next_conditions({}, {{.row = Row::kBrokersStarting}}, 1, kNow);
    EXPECT_THAT(new_warnings(Kind::kCluster, {}, normal), IsEmpty());
}

TEST(Conditions, ClipMessagesBetweenCharacters) {
    std::string text;
    for (int count = 0; count < 1000; ++count) text += "\xC3\xA9";
    const auto clipped = clip(text);

    EXPECT_LE(clipped.size(), kMessageBytesMax);
    EXPECT_EQ(json(clipped).dump().back(), '"') << "still UTF-8";
    EXPECT_EQ(clip("two\nlines\n"), "two lines");
}

TEST(Conditions, ClipWhatIsNoUtf8) {
    EXPECT_EQ(json(clip("bad \xFF byte")).dump(), "\"bad ? byte\"");
    EXPECT_EQ(clip("cut \xC3"), "cut ?");
    EXPECT_EQ(clip("\xE2\x82\xAC"), "\xE2\x82\xAC");
    for (const auto* nonsense : {"\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC0\x80", "\xFF\xFE"}) {
        EXPECT_NO_THROW(json(clip(nonsense)).dump());
    }
}

TEST(Conditions, ReadOnlyWhatLooksLikeOne) {
    const auto read = read_conditions(json::parse(R"([{"type": "Ready", "status": "True"}, {"type": 1}, "x", null])"));
    ASSERT_EQ(read.size(), 1U);
    EXPECT_THAT(read_conditions(json::parse("{}")), IsEmpty());
}

TEST(Times, AreReadAndWrittenAsKubernetesDoes) {
    EXPECT_EQ(format_time(*parse_time("2026-02-28T23:59:59Z")), "2026-02-28T23:59:59Z");
    EXPECT_EQ(*parse_time("2026-11-26T20:00:00.250000Z") - kNow, Millis{250});
    for (const auto* text : {"", "2026-11-26", "2026-11-26T20:00:00", "2026-13-26T20:00:00Z", "2026-02-30T20:00:00Z",
                             "2026-11-26T25:00:00Z", "2026-11-26T20:00:00.Z", "x026-11-26T20:00:00Z"}) {
        EXPECT_FALSE(parse_time(text).has_value()) << text;
    }
}

TEST(Quantities, AreComparedByTheirAmount) {
    EXPECT_TRUE(same_quantity("1Gi", "1024Mi"));
    EXPECT_TRUE(same_quantity("0.5", "500m"));
    EXPECT_TRUE(same_quantity("1e3", "1k"));
    EXPECT_FALSE(same_quantity("1G", "1Gi"));
    EXPECT_FALSE(same_quantity("1048577", "1Mi"));
    EXPECT_FALSE(same_quantity("abc", "abd"));
    for (const auto* text : {"", ".", "1.2.3", "1Qi", "Gi", "1e", "-1", "1 Gi"}) {
        EXPECT_FALSE(parse_quantity(text).has_value()) << text;
    }
}

TEST(Catalogue, NamesEachReasonOncePerType) {
    std::set<std::string> seen;
    for (const auto& one : condition_rows()) {
        const auto key = fmt::format("{}/{}/{}", kind_name(one.kind), one.type, one.reason);
        EXPECT_TRUE(seen.insert(key).second) << key;
        EXPECT_EQ(find_row(one.kind, one.type, one.reason)->id, one.id);
        EXPECT_FALSE(one.text.empty()) << key;
        EXPECT_TRUE(one.severity == Severity::kNormal || !one.advice.empty()) << key << ": a warning says what to do";
        EXPECT_EQ(std::string_view::npos, one.text.find('|')) << "it would break the table";
    }
}

TEST(Catalogue, IsTheDocumentAsItIsToday) {
    const auto path = std::string{MOLDAU_SOURCE_DIR} + "/docs/operator/conditions.md";
    if (std::getenv("MOLDAU_UPDATE_GOLDENS") != nullptr) std::ofstream{path} << conditions_page();
    std::ifstream file{path};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};

    EXPECT_EQ(page, conditions_page()) << "moldau-operator --print-conditions-docs >docs/operator/conditions.md";
}

}  // namespace
}  // namespace moldau::api
