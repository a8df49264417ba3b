// Points to start reading from, and times.

#include "cli/frame/offset_spec.h"

#include <gtest/gtest.h>

namespace moldau::cli {
namespace {

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

TEST(OffsetSpec, BecomesAPointInTimeOnceTheTimeIsKnown) {
    using Kind = OffsetSpec::Kind;
    EXPECT_EQ(parse_offset_spec("ago:1h")->at(5'000'000), (OffsetSpec{Kind::kTimestamp, 1'400'000}));
    EXPECT_EQ(parse_offset_spec("ago:1h")->at(1000), (OffsetSpec{Kind::kTimestamp, 0}));
    EXPECT_EQ((OffsetSpec{Kind::kTail, 3}).at(1000), (OffsetSpec{Kind::kTail, 3}));
}

TEST(Duration, AddsItsParts) {
    EXPECT_EQ(parse_duration("90s"), 90'000);
    EXPECT_EQ(parse_duration("2h30m"), 9'000'000);
    EXPECT_EQ(parse_duration("P1DT1H1M1S"), 90'061'000);
    EXPECT_EQ(parse_duration("PT0S"), 0);
}

TEST(Duration, RefusesWhatIsNone) {
    for (const auto* text : {"", "P", "PT", "5", "h", "-1h", "1x", "1m1h", "1h1h", "99999999999d", "1.5h"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
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
