// The command line's grammar: what becomes a command, what is wrong usage, and the points to start reading from.

#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/cluster/commands.h"
#include "cli/group/commands.h"
#include "cli/offline/commands.h"
#include "cli/operation/commands.h"
#include "cli/records/commands.h"
#include "cli/topic/commands.h"

namespace moldau::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using Words = std::vector<std::string>;

template <class T>
T parsed(const Words& words) {
    const auto invocation = parse_command_line(words);
    if (!invocation) {
        ADD_FAILURE() << invocation.error().err;
        return {};
    }
    const auto* command = invocation->command.as<T>();
    EXPECT_NE(command, nullptr);
    return command != nullptr ? *command : T{};
}

Ending refused(const Words& words) {
    const auto invocation = parse_command_line(words);
    EXPECT_FALSE(invocation.has_value()) << testing::PrintToString(words);
    return invocation ? Ending{} : invocation.error();
}

TEST(CommandLine, TakesATopicWithItsConfigs) {
    const auto create = parsed<TopicCreate>(
        {"topic", "create", "orders", "--partitions", "12", "--replication-factor", "3", "-c", "a=1", "-c", "b=x=y"});
    EXPECT_THAT(create.names, ElementsAre("orders"));
    EXPECT_EQ(create.partitions, 12);
    EXPECT_EQ(create.replication_factor, 3);
    EXPECT_THAT(create.configs, ElementsAre(Pair("a", "1"), Pair("b", "x=y")));
}

TEST(CommandLine, LeavesPartitionsToTheBroker) {
    const auto create = parsed<TopicCreate>({"topic", "create", "orders"});
    EXPECT_EQ(create.partitions, -1);
    EXPECT_EQ(create.replication_factor, -1);
}

TEST(CommandLine, TakesNameAfterAConfig) {
    EXPECT_THAT(parsed<TopicCreate>({"topic", "create", "-c", "a=1", "orders"}).names, ElementsAre("orders"));
}

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheCommand) {
    for (const auto& words : {Words{"-b", "a:1,b:2", "--output", "json", "--timeout", "1.5", "topic", "list"},
                              Words{"topic", "list", "--brokers", "a:1,b:2", "--output", "json", "--timeout", "1.5"}}) {
        const auto invocation = parse_command_line(words);
        ASSERT_TRUE(invocation.has_value());
        EXPECT_TRUE(invocation->command.as<TopicList>() != nullptr);
        EXPECT_EQ(invocation->global.brokers, "a:1,b:2");
        EXPECT_EQ(invocation->global.output, Output::kJson);
        EXPECT_EQ(invocation->global.timeout, std::chrono::milliseconds{1500});
    }
}

TEST(CommandLine, TakesBrokersFromTheEnvironment) {
    ::setenv("MOLDAU_BROKERS", "from-env:9", 1);
    const auto from_environment = parse_command_line({"group", "list"});
    const auto given = parse_command_line({"group", "list", "-b", "given:9"});
    ::unsetenv("MOLDAU_BROKERS");
    ASSERT_TRUE(from_environment && given);
    EXPECT_EQ(from_environment->global.brokers, "from-env:9");
    EXPECT_EQ(given->global.brokers, "given:9");
    EXPECT_EQ(parse_command_line({"group", "list"})->global.brokers, "127.0.0.1:9092");
}

TEST(CommandLine, TakesWhatToProduce) {
    const auto produce = parsed<Produce>({"produce", "t", "-k", ":", "--header", "a=b", "--header", "c=", "--partition", "2",
                                          "--compression", "zstd", "--idempotent"});
    EXPECT_EQ(produce.topic, "t");
    EXPECT_EQ(produce.line_rules.key_separator, ":");
    EXPECT_THAT(produce.headers, ElementsAre(Pair("a", "b"), Pair("c", "")));
    EXPECT_EQ(produce.partition, 2);
    EXPECT_EQ(produce.compression, "zstd");
    EXPECT_EQ(produce.acks, "all");
    EXPECT_EQ(produce.idempotence, Idempotence::kOn);
}

TEST(CommandLine, TakesWhatToConsume) {
    const auto consume = parsed<Consume>({"consume", "t", "-f", "%o\\n", "--offset", "-5", "--partition", "1", "--partition",
                                          "3", "--count", "7", "--exit-at-end"});
    EXPECT_EQ(consume.offset, (OffsetSpec{OffsetSpec::Kind::kTail, 5}));
    EXPECT_THAT(consume.partitions, ElementsAre(1, 3));
    EXPECT_EQ(consume.count, 7);
    EXPECT_EQ(consume.at_end, AtEnd::kExit);
    std::string text;
    consume.format.print(text, {.offset = 9});
    EXPECT_EQ(text, "9\n");
}

TEST(CommandLine, TakesSeveralNames) {
    EXPECT_THAT(parsed<TopicDelete>({"topic", "delete", "a", "b"}).names, ElementsAre("a", "b"));
    EXPECT_THAT(parsed<GroupDescribe>({"group", "describe", "a", "b"}).names, ElementsAre("a", "b"));
}

TEST(CommandLine, TakesTheFilters) {
    EXPECT_EQ(parsed<FilterLines>({"wire", "decode"}).filter, Filter::kWireDecode);
    EXPECT_EQ(parsed<FilterLines>({"wire", "encode"}).filter, Filter::kWireEncode);
    EXPECT_EQ(parsed<FilterLines>({"batch", "decode"}).filter, Filter::kBatchDecode);
}

TEST(CommandLine, TakesWhatToAlter) {
    const auto alter =
        parsed<TopicAlter>({"topic", "alter", "a", "b", "-p", "5", "-c", "x=1", "-d", "y", "-d", "z", "--dry-run"});
    EXPECT_THAT(alter.names, ElementsAre("a", "b"));
    EXPECT_EQ(alter.partitions, 5);
    EXPECT_THAT(alter.set, ElementsAre(Pair("x", "1")));
    EXPECT_THAT(alter.remove, ElementsAre("y", "z"));
    EXPECT_EQ(alter.mode, ChangeMode::kValidate);
    EXPECT_EQ(parsed<TopicAlter>({"topic", "alter", "a", "-p", "5"}).mode, ChangeMode::kApply);
}

TEST(CommandLine, OnlyShowsWhatWouldBeTrimmedOrReset) {
    const auto trim = parsed<TopicTrim>({"topic", "delete-records", "a:0,2", "--before", "end"});
    EXPECT_THAT(trim.topics, ElementsAre(TopicSelection{"a", {0, 2}}));
    EXPECT_EQ(trim.mode, ChangeMode::kValidate);
    const auto reset = parsed<GroupReset>({"group", "reset", "g", "-t", "a", "-t", "b:1", "--to", "ago:1h"});
    EXPECT_THAT(reset.topics, ElementsAre(TopicSelection{"a", {}}, TopicSelection{"b", {1}}));
    EXPECT_EQ(reset.to, (OffsetSpec{OffsetSpec::Kind::kAgo, 3'600'000}));
    EXPECT_EQ(reset.mode, ResetMode::kShow);
    EXPECT_EQ(parsed<GroupReset>({"group", "reset", "g", "--all-topics", "--shift=-5", "--execute"}).shift, -5);
}

TEST(CommandLine, TakesWhoseSettings) {
    const auto set = parsed<ConfigSet>({"config", "set", "topic", "orders", "a=1", "b=x=y"});
    EXPECT_EQ(set.resource.kind, ResourceKind::kTopic);
    EXPECT_EQ(set.resource.name, "orders");
    EXPECT_THAT(set.settings, ElementsAre(Pair("a", "1"), Pair("b", "x=y")));
    const auto get = parsed<ConfigGet>({"config", "get", "broker", "3", "a", "b"});
    EXPECT_EQ(get.resource.kind, ResourceKind::kBroker);
    EXPECT_EQ(get.resource.name, "3");
    EXPECT_THAT(get.keys, ElementsAre("a", "b"));
    EXPECT_EQ(parsed<ConfigList>({"config", "list", "broker", "default"}).resource.name, "");
    EXPECT_EQ(parsed<ConfigList>({"config", "list", "topic", "default"}).resource.name, "default");
}

TEST(CommandLine, NamesTheCommandThatThereIsNot) {
    EXPECT_EQ(refused({"topik", "list"}).err, "error: there is no command 'topik': see --help\n");
    EXPECT_THAT(refused({"topic", "lisst"}).err, HasSubstr("there is no command 'lisst'"));
}

TEST(CommandLine, AnswersWrongUsageInJsonWhenAsked) {
    EXPECT_THAT(refused({"topic", "nonsense", "--output", "json"}).err, HasSubstr(R"({"error":"kUsage","messages":[)"));
    EXPECT_THAT(refused({"--output=json", "topic", "alter", "t"}).err, HasSubstr("say what to alter"));
}

TEST(CommandLine, EndsWithUsageWhenItIsWrong) {
    const std::vector<Words> wrong = {
        {},
        {"topic"},
        {"nonsense"},
        {"topic", "create"},
        {"topic", "create", "t", "--partitions", "0"},
        {"topic", "create", "t", "--partitions", "many"},
        {"topic", "create", "t", "-c", "novalue"},
        {"topic", "describe"},
        {"topic", "list", "--output", "xml"},
        {"topic", "list", "--timeout", "-1"},
        {"produce"},
        {"produce", "t", "--acks", "2"},
        {"produce", "t", "--compression", "rar"},
        {"produce", "t", "--acks", "1", "--idempotent"},
        {"consume", "t", "-f", "%q"},
        {"consume", "t", "--offset", "somewhere"},
        {"consume", "t", "--count", "0"},
        {"consume", "t", "--group", "g", "--offset", "5"},
        {"consume", "t", "--group", "g", "--partition", "0"},
        {"produce", "t", "--input", "json", "-Z"},
        {"produce", "t", "--input", "xml"},
        {"topic", "alter", "t"},
        {"topic", "alter", "t", "-c", "a=1", "-d", "a"},
        {"topic", "alter", "t", "-p", "0"},
        {"topic", "trim", "t"},
        {"topic", "trim", "t:x", "--before", "end"},
        {"group", "reset", "g", "--to", "end"},
        {"group", "reset", "g", "-t", "t"},
        {"group", "reset", "g", "-t", "t", "--to", "end", "--shift", "1"},
        {"group", "reset", "g", "-t", "t", "--all-topics", "--to", "end"},
        {"group", "reset", "g", "-t", "t", "--plan", "f"},
        {"group", "reset", "g", "-t", "t", "--to", "ago:1x"},
        {"group", "delete", "g", "h", "-t", "t"},
        {"config", "list", "group", "g"},
        {"config", "get", "topic", "t"},
        {"config", "set", "topic", "t", "novalue"},
        {"config", "set", "topic", "t", "a=1", "a=2"},
        {"cluster", "health", "--disk-free-min", "101"},
        {"cluster", "health", "--admin", "a:1,b:2"},
        {"completion", "tcsh"},
        {"wire"},
        {"batch", "encode"},
    };
    for (const auto& words : wrong) {
        const auto ending = refused(words);
        EXPECT_EQ(ending.status, kExitUsage) << testing::PrintToString(words);
        EXPECT_NE(ending.err, "") << testing::PrintToString(words);
    }
}

TEST(CommandLine, SaysWhichOffsetsThereAre) {
    EXPECT_THAT(refused({"consume", "t", "--offset", "somewhere"}).err, HasSubstr("timestamp:TIME"));
}

TEST(CommandLine, HasAVersionAndHelp) {
    const auto version = refused({"--version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_THAT(version.out, testing::MatchesRegex("moldau [0-9]+\\.[0-9]+\\.[0-9]+\n"));
    EXPECT_EQ(refused({"--help"}).status, 0);
    EXPECT_THAT(refused({"consume", "--help"}).out, HasSubstr("--exit-at-end"));
}

TEST(OperationWords, FindTheOperatorApiAndTheBroker) {
    EXPECT_EQ(parsed<ClusterStatus>({"cluster", "status"}).api, "127.0.0.1:9190");
    EXPECT_EQ(parsed<BrokerMayStop>({"broker", "may-stop", "3", "--operator-api", "h:1"}).api, "h:1");
    EXPECT_EQ(parsed<BrokerMayStop>({"broker", "may-stop", "3"}).broker, 3);
    EXPECT_EQ(parsed<BrokerPrepareStop>({"broker", "prepare-stop"}).broker, std::nullopt);
    EXPECT_EQ(parsed<BrokerPrepareStop>({"broker", "prepare-stop", "--wait"}).wait, BrokerPrepareStop::Wait::kYes);
    EXPECT_EQ(parsed<TopicWatch>({"topic", "watch", "--once"}).until, TopicWatch::Until::kSnapshotEnd);
    EXPECT_EQ(refused({"broker", "may-stop", "--operator-api", "a:1,b:2"}).status, kExitUsage);
    EXPECT_EQ(refused({"broker", "may-stop", "-1"}).status, kExitUsage);
}

}  // namespace
}  // namespace moldau::cli
