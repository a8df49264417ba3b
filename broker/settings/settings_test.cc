// Loading, checking and resolving settings.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "settings/values.h"

namespace moldau::settings {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string write_file(const std::string& name, const std::string& content) {
    const auto path = testing::TempDir() + "/" + name;
    std::ofstream(path) << content;
    return path;
}

TEST(Tables, EveryDefaultIsAllowedByItsOwnRow) {
    for (const auto table : {broker_settings(), topic_settings()}) {
        for (const auto& setting : table) {
            if (setting.default_value == nullptr) continue;
            EXPECT_EQ(canonical_value(setting, setting.default_value), std::string(setting.default_value)) << setting.name;
            EXPECT_FALSE(setting.text.empty()) << setting.name;
        }
    }
}

TEST(Tables, EverySynonymIsABrokerSetting) {
    for (const auto& setting : topic_settings()) {
        for (const auto& synonym : setting.synonyms) EXPECT_NE(find_broker_setting(synonym.name), nullptr) << synonym.name;
    }
}

TEST(Load, ReportsAllFaultsAtOnceWithTheNearestName) {
    const auto loaded = load({.options = {{"log.dir", "/a"}, {"num.partition", "3"}, {"moldau.cores", "many"}}});
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().lines, ElementsAre(HasSubstr("num.partition; did you mean num.partitions?"),
                                                  HasSubstr("moldau.cores=many: must be an integer from 0 to 1024")));
}

TEST(Load, LaterSourcesWin) {
    const auto file = write_file("broker.properties", "# a comment\nnum.partitions = 3\nlog.dirs=/from/file\n");
    const auto loaded = load({.file = file,
                              .environment = {{"MOLDAU_CONFIG_LOG_DIRS", "/from/env"}, {"MOLDAU_PORT", "tcp://x"}},
                              .options = {{"moldau.cores", "2"}}});
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->integer("num.partitions"), 3);
    EXPECT_THAT(loaded->log_dirs(), ElementsAre("/from/env"));
    EXPECT_EQ(loaded->integer("moldau.cores"), 2);
    EXPECT_FALSE(loaded->is_set("node.id"));
}

TEST(Load, PutsEnvironmentVariablesIntoValues) {
    const auto file =
        write_file("pod.properties", "advertised.listeners=A://${env:POD_NAME}.brokers:9092,B://${env:NODE}:1\n");
    const auto good = load({.file = file,
                            .environment = {{"POD_NAME", "events-0"}, {"NODE", "n1"}},
                            .options = {{"broker.rack", "zone-${env:NODE}"}}});
    ASSERT_TRUE(good);
    EXPECT_THAT(good->list("advertised.listeners"), ElementsAre("A://events-0.brokers:9092", "B://n1:1"));
    EXPECT_EQ(good->text("broker.rack"), "zone-n1");
}

TEST(Load, NamesTheVariableThatIsNotSet) {
    const auto loaded =
        load({.options = {{"broker.rack", "${env:NOWHERE}"}, {"log.dir", "${file:x}"}, {"log.dirs", "${env:A"}}});
    ASSERT_FALSE(loaded);
    EXPECT_THAT(
        loaded.error().lines,
        ElementsAre(HasSubstr("broker.rack=${env:NOWHERE}: there is no such environment variable"),
                    HasSubstr("log.dir=${file:x}: write ${env:NAME}"), HasSubstr("log.dirs=${env:A: ${ without its }")));
}

TEST(Load, TakesTheNodesNumberFromTheHostsName) {
    const KeyValues asked = {{"moldau.node.id.from.hostname", "true"}};
    for (const auto* name : {"events-brokers-12", "events-brokers-12.events-brokers.shop.svc"}) {
        const auto loaded = load({.options = asked, .host_name = name});
        ASSERT_TRUE(loaded) << name;
        EXPECT_EQ(loaded->integer("node.id"), 12);
    }
    EXPECT_EQ(load({.options = {{"moldau.node.id.from.hostname", "false"}}, .host_name = "x-7"})->integer("node.id"), 1);
}

TEST(Load, RefusesAHostNameWithoutANumberAndASecondNumber) {
    for (const auto* name : {"events", "events-", "events-x1", "-", "", "events-1234567890"}) {
        const auto loaded = load({.options = {{"moldau.node.id.from.hostname", "true"}}, .host_name = name});
        ASSERT_FALSE(loaded) << name;
        EXPECT_THAT(loaded.error().lines, ElementsAre(HasSubstr("does not end in a dash and a number"))) << name;
    }
    const auto both = load({.options = {{"moldau.node.id.from.hostname", "true"}, {"node.id", "3"}}, .host_name = "x-3"});
    ASSERT_FALSE(both);
    EXPECT_THAT(both.error().lines, ElementsAre(HasSubstr("are both set")));
}

TEST(Load, ReadsYamlNestedOrDotted) {
    const auto file = write_file("broker.yaml", "log:\n  dirs: [/a, /b]\nnum.partitions: 4\n");
    const auto loaded = load({.file = file});
    ASSERT_TRUE(loaded);
    EXPECT_THAT(loaded->log_dirs(), ElementsAre("/a", "/b"));
    EXPECT_EQ(loaded->integer("num.partitions"), 4);
}

TEST(Load, NamesTheLineOfAFault) {
    const auto file = write_file("bad.properties", "num.partitions=3\nnonsense\n");
    const auto loaded = load({.file = file});
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().lines, ElementsAre(HasSubstr("bad.properties:2: expected key=value")));
}

TEST(Load, RefusesAMissingFile) {
    EXPECT_FALSE(load({.file = "/does/not/exist.yaml"}));
    EXPECT_FALSE(load({.file = "/does/not/exist.properties"}));
}

TEST(EffectiveTopicValue, GoesFromOverrideOverBrokerToDefault) {
    const auto& retention = *find_topic_setting("retention.ms");
    const Values broker{{{"log.retention.hours", "2"}}};
    const auto overridden = effective_topic_value(retention, {{"retention.ms", "5"}}, broker);
    EXPECT_EQ(overridden.value, "5");
    EXPECT_EQ(overridden.source, Source::kTopic);
    EXPECT_EQ(overridden.synonyms.size(), 3u);
    const auto from_broker = effective_topic_value(retention, {}, broker);
    EXPECT_EQ(from_broker.value, "7200000");
    EXPECT_EQ(from_broker.source, Source::kStaticBroker);
    EXPECT_EQ(effective_topic_value(retention, {}, Values{}).source, Source::kDefault);
}

TEST(EffectiveBrokerValue, PutsThisBrokersValueBeforeEverybodysBeforeTheFiles) {
    const auto& setting = *find_broker_setting("message.max.bytes");
    const Values file{{{"message.max.bytes", "4"}}};
    const auto values = file.with_dynamic({{"message.max.bytes", "3"}}, {{"message.max.bytes", "2"}});
    EXPECT_EQ(values.integer("message.max.bytes"), 2);
    const auto effective = effective_broker_value(setting, values);
    std::vector<Source> sources;
    for (const auto& synonym : effective.synonyms) sources.push_back(synonym.source);
    EXPECT_THAT(sources, ElementsAre(Source::kBroker, Source::kClusterDefault, Source::kStaticBroker, Source::kDefault));
    EXPECT_EQ(file.with_dynamic({{"message.max.bytes", "3"}}, {}).integer("message.max.bytes"), 3);
    EXPECT_FALSE(Values{}.with_dynamic({}, {}).is_set("message.max.bytes"));
}

TEST(EffectiveTopicValue, FollowsADynamicValueOverTheFiles) {
    const auto& retention = *find_topic_setting("retention.ms");
    const auto broker = Values{{{"log.retention.ms", "7"}}}.with_dynamic({{"log.retention.ms", "6"}}, {});
    const auto effective = effective_topic_value(retention, {}, broker);
    EXPECT_EQ(effective.value, "6");
    EXPECT_EQ(effective.source, Source::kClusterDefault);
}

TEST(Load, RefusesValuesThatContradictEachOther) {
    const auto loaded = load({.options = {{"group.min.session.timeout.ms", "10"}, {"group.max.session.timeout.ms", "9"}}});
    ASSERT_FALSE(loaded);
    EXPECT_THAT(loaded.error().lines, ElementsAre(HasSubstr("group.min.session.timeout.ms (10) is larger than")));
}

TEST(CheckTopicValue, RefusesUnknownNamesAndBadValues) {
    EXPECT_TRUE(check_topic_value("retention.ms", "100"));
    EXPECT_THAT(check_topic_value("retention.m", "100").error().context, HasSubstr("did you mean retention.ms?"));
    EXPECT_THAT(check_topic_value("cleanup.policy", "shred").error().context, HasSubstr("a list of compact, delete"));
    EXPECT_EQ(check_topic_value("segment.bytes", "1").error().code, Errc::kInvalidConfig);
}

TEST(ConfigurationPage, HasEveryName) {
    const auto page = configuration_page();
    for (const auto& setting : broker_settings()) EXPECT_THAT(page, HasSubstr(std::string(setting.name)));
}

}  // namespace
}  // namespace moldau::settings
