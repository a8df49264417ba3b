// Lines to records: keys, nulls, JSON, and what is wrong with the others.

#include "cli/records/record_input.h"

#include <gtest/gtest.h>

#include "cli/records/format.h"

namespace moldau::cli {
namespace {

TEST(LineSplit, TakesTheKeyInFront) {
    EXPECT_EQ(split_line("k:v:w", {.key_separator = ":"}), (InputRecord{.key = "k", .value = "v:w"}));
    EXPECT_EQ(split_line("v", {.key_separator = ":"}), (InputRecord{.value = "v"}));
    EXPECT_EQ(split_line("k:v", {}), (InputRecord{.value = "k:v"}));
}

TEST(LineSplit, KeepsWhatIsEmptyUnlessItMeansNull) {
    EXPECT_EQ(split_line(":", {.key_separator = ":"}), (InputRecord{.key = "", .value = ""}));
    const LineRules rules{.key_separator = ":", .empty = EmptyMeans::kNull};
    EXPECT_EQ(split_line("k:", rules), (InputRecord{.key = "k"}));
    EXPECT_EQ(split_line(":v", rules), (InputRecord{.value = "v"}));
    EXPECT_EQ(split_line("", rules), InputRecord{});
}

TEST(JsonRecord, IsWhatConsumePrints) {
    const std::string binary{"\xff\xfe", 2};
    const auto line = record_json({.topic = "t",
                                   .partition = 3,
                                   .offset = 7,
                                   .timestamp_ms = 1000,
                                   .key = "k",
                                   .value = binary,
                                   .headers = {{"a", "b"}, {"c", std::nullopt}, {"d", binary}}});
    const InputRecord wanted{.key = "k",
                             .value = binary,
                             .headers = {{"a", "b"}, {"c", std::nullopt}, {"d", binary}},
                             .partition = 3,
                             .timestamp_ms = 1000};
    EXPECT_EQ(parse_json_record(line), wanted);
}

TEST(JsonRecord, MayBeATombstone) { EXPECT_EQ(parse_json_record(R"({"key":"k","value":null})"), (InputRecord{.key = "k"})); }

TEST(JsonRecord, IsRefusedWhenItIsNone) {
    for (const auto* line :
         {"", "x", "[]", "{}", R"({"key":"k"})", R"({"value":5})", R"({"value":"v","valve":1})", R"({"valueBase64":"*"})",
          R"({"value":"v","partition":-1})", R"({"value":"v","partition":"1"})", R"({"value":"v","headers":{}})",
          R"({"value":"v","headers":[{"value":"x"}]})", R"({"value":"v","timestamp":-5})"}) {
        const auto record = parse_json_record(line);
        ASSERT_FALSE(record) << line;
        EXPECT_EQ(record.error().code, Errc::kUsage) << line;
        EXPECT_NE(record.error().context, "") << line;
    }
}

}  // namespace
}  // namespace moldau::cli
