// Format strings, JSON of records and tables, against texts written out here.

#include "cli/records/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/frame/table.h"

namespace moldau::cli {
namespace {

using testing::HasSubstr;

RecordFields sample() {
    return {.topic = "orders",
            .partition = 3,
            .offset = 42,
            .timestamp_ms = 1'700'000'000'000,
            .key = "k1",
            .value = "hello",
            .headers = {{"color", "blue"}, {"none", std::nullopt}}};
}

std::string printed(std::string_view format, const RecordFields& record = sample()) {
    const auto parsed = Format::parse(format);
    EXPECT_TRUE(parsed.has_value()) << format;
    std::string text;
    if (parsed) parsed->print(text, record);
    return text;
}

TEST(Format, PrintsTheValueAndALineEndByDefault) {
    std::string text;
    Format{}.print(text, sample());
    EXPECT_EQ(text, "hello\n");
}

TEST(Format, PrintsEveryField) {
    EXPECT_EQ(printed("%t [%p] at %o: key %k %K value %s %S %T (%h)%n"),
              "orders [3] at 42: key k1 2 value hello 5 1700000000000 (color=blue,none=NULL)\n");
}

TEST(Format, PrintsTheValuesLengthAsBytes) { EXPECT_EQ(printed("%R%s"), std::string("\0\0\0\5hello", 9)); }

TEST(Format, TakesEscapesAndDoubledPercentSigns) {
    EXPECT_EQ(printed(R"(a\tb\n100%% \x41\\)"), "a\tb\n100% A\\");
    EXPECT_EQ(printed(R"(%s\0)"), std::string("hello\0", 6));
}

TEST(Format, TellsNullFromEmpty) {
    auto record = sample();
    record.key = std::nullopt;
    record.value = "";
    EXPECT_EQ(printed("<%k|%K|%s|%S>", record), "<|-1||0>");
}

TEST(Format, DoesNotReadFieldsInsideOfData) {
    auto record = sample();
    record.value = "%k\\n";
    EXPECT_EQ(printed("%s", record), "%k\\n");
}

TEST(Format, NamesAnUnknownField) {
    const auto parsed = Format::parse("%s %q");
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code, Errc::kUsage);
    EXPECT_THAT(parsed.error().context, HasSubstr("'%q' is no field"));
}

TEST(Format, RefusesWhatIsCutOff) {
    for (const auto* text : {"%", "%s%", "\\", "\\x", "\\x4", "\\xzz", "\\q"}) EXPECT_FALSE(Format::parse(text)) << text;
}

TEST(RecordJson, HasEveryField) {
    EXPECT_EQ(record_json(sample()),
              R"({"topic":"orders","partition":3,"offset":42,"timestamp":1700000000000,"key":"k1","value":"hello",)"
              R"("headers":[{"name":"color","value":"blue"},{"name":"none","value":null}]})");
}

TEST(RecordJson, MakesBytesThatAreNoTextBase64) {
    auto record = sample();
    record.timestamp_ms = -1;
    record.key = "\xff\xfe";
    record.value = "caf\xc3\xa9";
    record.headers = {{"bytes", "\x80"}};
    EXPECT_EQ(record_json(record),
              R"({"topic":"orders","partition":3,"offset":42,"timestamp":null,"keyBase64":"//4=","value":"café",)"
              R"("headers":[{"name":"bytes","base64":"gA=="}]})");
}

TEST(RecordJson, TellsCutAndOverlongSequencesFromText) {
    for (const auto* wrong : {"\xc3", "\xe2\x82", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe0\x9f\xbf"}) {
        auto record = sample();
        record.value = wrong;
        EXPECT_THAT(record_json(record), HasSubstr("valueBase64"));
    }
}

TEST(Table, AlignsColumnsWithoutTrailingBlanks) {
    Table table{{"TOPIC", "N"}};
    table.add_row({"a-long-name", "1"});
    table.add_row({"b", ""});
    EXPECT_EQ(table.text(), "TOPIC        N\na-long-name  1\nb\n");
}

}  // namespace
}  // namespace moldau::cli
