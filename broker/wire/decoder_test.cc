// What bytes from outside may not do.

#include "wire/decoder.h"

#include <gtest/gtest.h>

#include "wire/encoder.h"
#include "wire/fetch.h"
#include "wire/metadata.h"
#include "wire/produce.h"

namespace moldau::wire {
namespace {

bytes::View view_of(std::initializer_list<int> values) {
    bytes::Buffer buffer{values.size()};
    for (const int value : values) {
        const auto byte = static_cast<std::uint8_t>(value);
        buffer.append({&byte, 1});
    }
    return buffer.view();
}

template <class Message>
Error error_of(const bytes::View& input, std::int16_t version) {
    Decoder in{input};
    const auto message = Message::decode(in, version);
    if (message) return {Errc::kNone, "accepted"};
    return message.error();
}

// A ProduceRequest v9 up to its topics.
bytes::ChunkList produce_start() {
    Encoder out;
    out.write_varint(0);
    out.write_int16(1);
    out.write_int32(5000);
    return *out.finish();
}

Error error_after_start(std::initializer_list<int> rest) {
    auto chunks = produce_start();
    chunks.append(view_of(rest));
    return error_of<ProduceRequest>(chunks.flatten(), 9);
}

TEST(Decoder, SaysMessageVersionFieldAndPosition) {
    const auto error = error_after_start({});
    EXPECT_EQ(error.code, Errc::kMalformed);
    EXPECT_TRUE(error.context.starts_with("ProduceRequest v9: topicData at byte 7: ")) << error.context;
}

TEST(Decoder, RefusesArraysLongerThanTheBytesLeftCanHold) {
    const auto error = error_after_start({3, 1, 1, 0});
    EXPECT_NE(error.context.find("array of 2 elements in the 3 bytes left"), std::string::npos) << error.context;
}

TEST(Decoder, RefusesArraysOverTheCeilingBeforeAllocating) {
    const auto error = error_after_start({0xff, 0xff, 0xff, 0xff, 0x0f});
    EXPECT_EQ(error.code, Errc::kLimitExceeded);
}

TEST(Decoder, RefusesMoreElementsInAllThanTheBudget) {
    Encoder out;
    for (int index = 0; index < 5; ++index) out.write_array(std::vector<std::int8_t>(900'000), "a");
    Decoder in{out.finish()->flatten()};
    std::vector<std::int8_t> array;
    for (int index = 0; index < 4; ++index) in.read_array(array, "a");
    EXPECT_TRUE(in.ok());
    in.read_array(array, "a");
    ASSERT_FALSE(in.ok());
    EXPECT_EQ(in.error().code, Errc::kLimitExceeded);
}

TEST(Decoder, RefusesNullWhereItIsNotAllowed) {
    EXPECT_NE(error_after_start({0, 0}).context.find("topicData"), std::string::npos);
    const auto null_name = error_after_start({2, 0, 1, 0, 0});
    EXPECT_NE(null_name.context.find("name at byte 9: must not be null"), std::string::npos) << null_name.context;
}

TEST(Decoder, RefusesNullInVersionsBeforeItWasAllowed) {
    EXPECT_EQ(error_of<MetadataRequest>(view_of({0xff, 0xff, 0xff, 0xff}), 0).code, Errc::kMalformed);
    EXPECT_EQ(error_of<MetadataRequest>(view_of({0xff, 0xff, 0xff, 0xff}), 1).code, Errc::kNone);
}

TEST(Decoder, RefusesNegativeLengthsOtherThanNull) {
    EXPECT_EQ(error_of<MetadataRequest>(view_of({0xff, 0xff, 0xff, 0xfe}), 1).code, Errc::kMalformed);
    EXPECT_EQ(error_of<MetadataRequest>(view_of({0, 0, 0, 1, 0xff, 0xfe}), 1).code, Errc::kMalformed);
}

TEST(Decoder, RefusesTextOverItsLimit) {
    Encoder out;
    out.write_varint(kStringBytesMax + 2);
    out.write_raw(bytes::View::copy_of(std::string(kStringBytesMax + 1, 'x')));
    EXPECT_EQ(error_of<ProduceRequest>(out.finish()->flatten(), 9).code, Errc::kLimitExceeded);
}

TEST(Decoder, RefusesVersionsThatDoNotExist) {
    EXPECT_EQ(error_of<ProduceRequest>({}, 2).code, Errc::kUnsupportedVersion);
    EXPECT_EQ(error_of<ProduceRequest>({}, 14).code, Errc::kUnsupportedVersion);
    EXPECT_EQ(error_of<ProduceRequest>({}, -1).code, Errc::kUnsupportedVersion);
}

TEST(Decoder, RefusesVarintsLongerThanTheirType) {
    EXPECT_EQ(error_of<ProduceRequest>(view_of({0xff, 0xff, 0xff, 0xff, 0xff, 0x01}), 9).code, Errc::kMalformed);
    EXPECT_EQ(error_of<ProduceRequest>(view_of({0x80, 0x80}), 9).code, Errc::kMalformed);
}

TEST(Decoder, ReportsTrailingBytes) {
    Decoder in{view_of({1, 2, 3})};
    in.read_int8("a");
    const auto end = in.expect_end();
    ASSERT_FALSE(end.has_value());
    EXPECT_NE(end.error().context.find("2 bytes too many"), std::string::npos);
}

TEST(Decoder, KeepsTheFirstErrorAndReadsNothingAfterIt) {
    Decoder in{view_of({1, 2, 3, 4})};
    EXPECT_EQ(in.read_int64("long"), 0);
    EXPECT_EQ(in.read_int8("short"), 0);
    EXPECT_EQ(in.read_string("text"), "");
    ASSERT_FALSE(in.ok());
    EXPECT_TRUE(in.error().context.starts_with("long at byte 0")) << in.error().context;
}

// A FetchResponse v12 with one partition of topic "t", whose tagged fields are `section`.
bytes::ChunkList fetch_response_with(const bytes::View& section) {
    Encoder out;
    out.write_int32(0);  // throttle, error, session
    out.write_int16(0);
    out.write_int32(0);
    out.write_varint(2);
    out.write_varint(2);
    out.write_int8('t');
    out.write_varint(2);
    out.write_int32(1);  // partition, error, three offsets, no aborted transactions, no preferred replica, no records
    out.write_int16(0);
    for (int index = 0; index < 3; ++index) out.write_int64(7);
    out.write_varint(0);
    out.write_int32(-1);
    out.write_varint(0);
    out.write_raw(section);
    out.write_int16(0);  // the topic's tagged fields, the response's
    return *out.finish();
}

struct TagCase {
    const char* what;
    std::initializer_list<int> section;
    Errc expected;
};

TEST(TagReader, HoldsTagsToTheirGrammar) {
    const TagCase cases[] = {
        {"none", {0}, Errc::kNone},
        {"two unknown", {2, 5, 1, 0xaa, 9, 0}, Errc::kNone},
        {"no count", {}, Errc::kMalformed},
        {"more than the bytes can hold", {5, 1, 0}, Errc::kMalformed},
        {"over the limit", {0x91, 0x4e, 1, 0}, Errc::kLimitExceeded},
        {"descending", {2, 5, 0, 4, 0}, Errc::kMalformed},
        {"twice", {2, 5, 0, 5, 0}, Errc::kMalformed},
        {"size past the end", {1, 5, 9, 0}, Errc::kMalformed},
        {"known, shorter than its type", {1, 0, 3, 0, 0, 0}, Errc::kMalformed},
        {"known, longer than its type", {1, 0, 14, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0}, Errc::kMalformed},
        {"known", {1, 0, 13, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0}, Errc::kNone},
    };
    for (const auto& test : cases) {
        const auto bytes = fetch_response_with(view_of(test.section));
        const auto error = error_of<FetchResponse>(bytes.flatten(), 12);
        EXPECT_EQ(error.code, test.expected) << test.what << ": " << error.context;
    }
}

TEST(TagReader, KeepsUnknownFieldsAndTheyAreSentOn) {
    const auto input = view_of({0, 0, 1, 0, 0, 0, 9, 1, 2, 5, 2, 0xaa, 0xbb, 0x80, 0x01, 0});
    Decoder in{input};
    const auto message = ProduceRequest::decode(in, 9);
    ASSERT_TRUE(message.has_value()) << message.error().to_string();
    ASSERT_EQ(message->unknown_tags.size(), 2u);
    EXPECT_EQ(message->unknown_tags[0].tag, 5u);
    EXPECT_EQ(message->unknown_tags[0].data, view_of({0xaa, 0xbb}));
    EXPECT_EQ(message->unknown_tags[1].tag, 128u);
    Encoder out;
    message->encode(out, 9);
    EXPECT_EQ(out.finish(), bytes::ChunkList{input});
}

TEST(Decoder, HandsOutRecordsWithoutCopying) {
    auto chunks = produce_start();
    chunks.append(view_of({2, 2, 't', 2, 0, 0, 0, 3, 4, 'a', 'b', 'c', 0, 0, 0}));
    const auto input = chunks.flatten();
    Decoder in{input};
    const auto message = ProduceRequest::decode(in, 9);
    ASSERT_TRUE(message.has_value()) << message.error().to_string();
    const auto& records = message->topic_data[0].partition_data[0].records;
    ASSERT_TRUE(records.has_value());
    EXPECT_EQ(records->chunks()[0].text(), "abc");
    EXPECT_EQ(records->chunks()[0].owner().get(), input.owner().get());
}

}  // namespace
}  // namespace moldau::wire
