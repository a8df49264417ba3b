// Lines in and out, and what is wrong with some of them.

#include "wire/filter.h"

#include <gtest/gtest.h>

namespace moldau::wire {
namespace {

TEST(Filter, DecodesAndEncodesALine) {
    const std::string hex = "ResponseHeader\t1\t0000000700";
    const std::string json = "ResponseHeader\t1\t{\"correlationId\":7}";
    EXPECT_EQ(decode_line(hex), json);
    EXPECT_EQ(encode_line(json), hex);
}

TEST(Filter, TakesCapitalHexAndACarriageReturn) {
    EXPECT_EQ(decode_line("ResponseHeader\t0\t0000ABCD\r"), "ResponseHeader\t0\t{\"correlationId\":43981}");
}

struct Case {
    const char* line;
    const char* part_of_error;
};

TEST(Filter, SaysWhatIsWrongWithALineOfHex) {
    const Case cases[] = {
        {"", "expected name, version and content"},
        {"ResponseHeader\t0", "expected name, version and content"},
        {"Nonsense\t0\t00", "there is no message 'Nonsense'"},
        {"ResponseHeader\tone\t00", "'one' is no version"},
        {"ResponseHeader\t99999\t00", "'99999' is no version"},
        {"ResponseHeader\t2\t00000007", "supported are 0 to 1"},
        {"ResponseHeader\t-1\t00000007", "supported are 0 to 1"},
        {"ResponseHeader\t0\t0000000", "odd number of digits"},
        {"ResponseHeader\t0\t0000000g", "no hex digits at 6"},
        {"ResponseHeader\t0\t000007", "correlationId at byte 0: needs 4 bytes, 3 are left"},
        {"ResponseHeader\t0\t0000000700", "1 bytes too many"},
    };
    for (const auto& test : cases) {
        const auto result = decode_line(test.line);
        ASSERT_FALSE(result.has_value()) << test.line;
        EXPECT_NE(result.error().context.find(test.part_of_error), std::string::npos) << result.error().context;
    }
}

TEST(Filter, SaysWhatIsWrongWithALineOfJson) {
    const Case cases[] = {
        {"ResponseHeader\t0\t", "JSON is broken at byte"},
        {"ResponseHeader\t0\t{", "JSON is broken at byte"},
        {"ResponseHeader\t0\t{\"correlationId\":1}x", "JSON is broken at byte"},
        {"ResponseHeader\t0\t{\"correlationId\":9e999}", "JSON has a number that is too large"},
        {"ResponseHeader\t0\t[]", "message: expected an object"},
        {"ResponseHeader\t0\t{}", "message: lacks the field 'correlationId'"},
        {"ResponseHeader\t0\t{\"correlationId\":1,\"x\":2}", "message: has no field 'x' in this version"},
        {"ResponseHeader\t0\t{\"correlationId\":2147483648}",
         "correlationId: expected an integer from -2147483648 to 2147483647"},
        {"ResponseHeader\t0\t{\"correlationId\":18446744073709551615}", "correlationId: expected an integer"},
        {"ResponseHeader\t0\t{\"correlationId\":1.5}", "correlationId: expected an integer"},
        {"ResponseHeader\t0\t{\"correlationId\":null}", "correlationId: expected an integer"},
        {"ResponseHeader\t7\t{\"correlationId\":1}", "ResponseHeader: version 7 is not 0 to 1"},
        {"ListGroupsRequest\t4\t{\"statesFilter\":[\"a\",5]}", "statesFilter[1]: expected a string"},
        {"ListGroupsRequest\t4\t{\"statesFilter\":7}", "statesFilter: expected an array"},
        {"MetadataRequest\t0\t{\"topics\":[{\"name\":null}]}", "topics[0]: name must not be null"},
        {"MetadataRequest\t0\t{\"topics\":[{}]}", "topics[0]: lacks the field 'name'"},
        {"PushTelemetryRequest\t0\t{\"clientInstanceId\":\"x\"}", "clientInstanceId: expected a uuid"},
        {"SyncGroupResponse\t0\t{\"errorCode\":0,\"assignment\":\"?\"}", "assignment: base64"},
        {"SaslHandshakeRequest\t0\t{\"mechanism\":true}", "mechanism: expected a string"},
    };
    for (const auto& test : cases) {
        const auto result = encode_line(test.line);
        ASSERT_FALSE(result.has_value()) << test.line;
        EXPECT_NE(result.error().context.find(test.part_of_error), std::string::npos) << result.error().context;
    }
}

TEST(Filter, EscapesTextAndReplacesWhatIsNotUtf8) {
    // mechanism: quote, backslash, newline, 0x01, a stray continuation byte, an encoded surrogate, an e with acute
    const auto line = decode_line("SaslHandshakeRequest\t0\t000a225c0a0180eda080c3a9");
    ASSERT_TRUE(line.has_value());
    const std::string bad = "\xef\xbf\xbd";
    EXPECT_EQ(*line, "SaslHandshakeRequest\t0\t{\"mechanism\":\"\\\"\\\\\\n\\u0001" + bad + bad + bad + bad + "\xc3\xa9\"}");
}

TEST(Filter, KeepsUnknownTaggedFields) {
    const std::string hex = "ResponseHeader\t1\t0000000701050201ff";
    const auto json = decode_line(hex);
    EXPECT_EQ(json, "ResponseHeader\t1\t{\"correlationId\":7,\"unknownTaggedFields\":[{\"tag\":5,\"data\":\"Af8=\"}]}");
    EXPECT_EQ(encode_line(json.value_or("")), hex);
}

TEST(Filter, CarriesFloatsThatAreNoNumbers) {
    const std::string start =
        "DescribeClientQuotasResponse\t0\t00000000000000000000000100000000000000010001"
        "6b";
    for (const std::string value : {"7ff0000000000000", "fff0000000000000", "7ff8000000000000", "4059000000000000"}) {
        const auto json = decode_line(start + value);
        ASSERT_TRUE(json.has_value()) << json.error().to_string();
        EXPECT_EQ(encode_line(*json).value_or(""), start + value) << *json;
    }
}

TEST(Filter, KnowsTheRecordsOfCoordinators) {
    const std::string hex = "OffsetCommitKey\t0\t00016700017400000003";
    EXPECT_EQ(decode_line(hex), "OffsetCommitKey\t0\t{\"group\":\"g\",\"topic\":\"t\",\"partition\":3}");
}

// Bytes and JSON from Kafka's own serializer: a tagged structure may be null, default (left out) or set.
TEST(Filter, CarriesATaggedStructureThatMayBeNull) {
    const std::string start = "ConsumerGroupMemberMetadataValue\t0\t";
    const std::string json =
        "{\"instanceId\":\"\",\"rackId\":\"\",\"clientId\":\"\",\"clientHost\":\"\",\"subscribedTopicNames\":[],"
        "\"subscribedTopicRegex\":\"\",\"rebalanceTimeoutMs\":-1,\"serverAssignor\":\"\"";
    const std::pair<std::string, std::string> cases[] = {
        {"010101010101ffffffff0101000100", ",\"classicMemberMetadata\":null}"},
        {"010101010101ffffffff0100", "}"},
        {"010101010101ffffffff0101000701000000050100",
         ",\"classicMemberMetadata\":{\"sessionTimeoutMs\":5,\"supportedProtocols\":[]}}"},
    };
    for (const auto& [hex, end] : cases) {
        EXPECT_EQ(decode_line(start + hex), start + json + end);
        EXPECT_EQ(encode_line(start + json + end), start + hex);
    }
}

}  // namespace
}  // namespace moldau::wire
