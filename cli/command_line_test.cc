// The command line's grammar: what becomes a command, what is wrong usage, and the points to start reading from.

#include "command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

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
    const auto* command = std::get_if<T>(&invocation->command);
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
    EXPECT_EQ(create.name, "orders");
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
    EXPECT_EQ(parsed<TopicCreate>({"topic", "create", "-c", "a=1", "orders"}).name, "orders");
}

TEST(CommandLine, TakesGlobalOptionsBeforeAndAfterTheCommand) {
    for (const auto& words : {Words{"-b", "a:1,b:2", "--output", "json", "--timeout", "1.5", "topic", "list"},
                              Words{"topic", "list", "--brokers", "a:1,b:2", "--output", "json", "--timeout", "1.5"}}) {
        const auto invocation = parse_command_line(words);
        ASSERT_TRUE(invocation.has_value());
        EXPECT_TRUE(std::holds_alternative<TopicList>(invocation->command));
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
    EXPECT_EQ(produce.key_separator, ":");
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
    EXPECT_EQ(parsed<Filter>({"wire", "decode"}), Filter::kWireDecode);
    EXPECT_EQ(parsed<Filter>({"wire", "encode"}), Filter::kWireEncode);
    EXPECT_EQ(parsed<Filter>({"batch", "decode"}), Filter::kBatchDecode);
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

TEST(OffsetSpec, TakesEveryForm) {
    using Kind = OffsetSpec::Kind;
    EXPECT_EQ(parse_offset_spec("beginning"), (OffsetSpec{Kind::kBeginning, 0}));
    EXPECT_EQ(parse_offset_spec("end"), (OffsetSpec{Kind::kEnd, 0}));
    EXPECT_EQ(parse_offset_spec("0"), (OffsetSpec{Kind::kExact, 0}));
    EXPECT_EQ(parse_offset_spec("9223372036854775807"), (OffsetSpec{Kind::kExact, INT64_MAX}));
    EXPECT_EQ(parse_offset_spec("-3"), (OffsetSpec{Kind::kTail, 3}));
    EXPECT_EQ(parse_offset_spec("timestamp:1700000000000"), (OffsetSpec{Kind::kTimestamp, 1'700'000'000'000}));
    EXPECT_EQ(parse_offset_spec("timestamp:2023-11-14T22:13:20Z"), (OffsetSpec{Kind::kTimestamp, 1'700'000'000'000}));
}

TEST(OffsetSpec, RefusesWhatIsNone) {
    for (const auto* text :
         {"", "x", "1x", "--1", "9223372036854775808", "-9223372036854775808", "timestamp:", "timestamp:-5"}) {
        EXPECT_FALSE(parse_offset_spec(text)) << text;
    }
}

TEST(Timestamp, FollowsRfc3339) {
    EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(parse_timestamp("2000-02-29 12:00:00.25+01:30"), 951'820'200'250);
    EXPECT_EQ(parse_timestamp("2023-11-14T17:13:20.123456-05:00"), 1'700'000'000'123);
}

TEST(Timestamp, RefusesDatesThatAreNone) {
    for (const auto* text :
         {"2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z", "2023-01-01",
          "2023-01-01T00:00:00", "2023-01-01T00:00:00.Z", "2023-01-01T00:00:00Zx", "1969-12-31T23:59:59Z"}) {
        EXPECT_FALSE(parse_timestamp(text)) << text;
    }
}

}  // namespace
}  // namespace moldau::cli
