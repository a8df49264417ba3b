// What an encoder refuses, and what it does not copy.

#include "wire/encoder.h"

#include <gtest/gtest.h>

#include "wire/decoder.h"
#include "wire/fetch.h"
#include "wire/metadata.h"
#include "wire/produce.h"

namespace moldau::wire {
namespace {

template <class Message>
Error error_of(const Message& message, std::int16_t version) {
    Encoder out;
    message.encode(out, version);
    const auto bytes = out.finish();
    return bytes ? Error{} : bytes.error();
}

FetchResponse response_with(bytes::ChunkList records) {
    FetchResponse response;
    auto& partition = response.responses.emplace_back().partitions.emplace_back();
    partition.records = std::move(records);
    return response;
}

TEST(Encoder, SplicesLargeRecordsWithoutCopying) {
    const auto large = bytes::View::copy_of(std::string(kSpliceBytesMin, 'x'));
    bytes::ChunkList records{large};
    records.append(large);

    Encoder out;
    response_with(records).encode(out, 12);
    const auto chunks = out.finish();

    ASSERT_TRUE(chunks.has_value());
    ASSERT_EQ(chunks->chunks().size(), 4u);
    EXPECT_EQ(chunks->chunks()[1].data(), large.data());
    EXPECT_EQ(chunks->chunks()[2].data(), large.data());
}

TEST(Encoder, CopiesSmallRecordsIntoOneChunk) {
    Encoder out;
    response_with(bytes::ChunkList{bytes::View::copy_of(std::string(kSpliceBytesMin - 1, 'x'))}).encode(out, 12);
    EXPECT_LE(out.finish()->chunks().size(), 2u);
}

TEST(Encoder, GrowsOverManyBuffers) {
    std::vector<std::int32_t> numbers(100'000);
    for (std::size_t index = 0; index < numbers.size(); ++index) numbers[index] = static_cast<std::int32_t>(index);
    Encoder out;
    out.write_array(numbers, "numbers");
    const auto size = out.size();
    const auto chunks = out.finish();
    ASSERT_TRUE(chunks.has_value());
    EXPECT_EQ(size, chunks->size());
    Decoder in{chunks->flatten()};
    std::vector<std::int32_t> back;
    in.read_array(back, "numbers");
    EXPECT_TRUE(in.expect_end().has_value());
    EXPECT_EQ(back, numbers);
}

TEST(Encoder, RefusesAValueInAVersionThatLacksItsField) {
    MetadataRequest request;
    request.allow_auto_topic_creation = false;
    const auto error = error_of(request, 3);
    EXPECT_EQ(error.code, Errc::kUnsupportedVersion);
    EXPECT_TRUE(error.context.starts_with("MetadataRequest v3: allowAutoTopicCreation: ")) << error.context;
    EXPECT_EQ(error_of(request, 4).code, Error{}.code);
}

TEST(Encoder, RefusesATaggedValueInAVersionThatLacksItsField) {
    FetchRequest request;
    request.replica_state.replica_id = 3;
    EXPECT_EQ(error_of(request, 14).code, Errc::kUnsupportedVersion);
    Encoder out;
    request.encode(out, 15);
    EXPECT_TRUE(out.finish().has_value());
}

TEST(Encoder, DropsAnIgnorableValueInAVersionThatLacksItsField) {
    FetchRequest request;
    request.session_id = 9;
    request.rack_id = "rack";
    Encoder with, without;
    request.encode(with, 4);
    FetchRequest{}.encode(without, 4);
    EXPECT_EQ(with.finish(), without.finish());
}

TEST(Encoder, RefusesNullInVersionsBeforeItWasAllowed) {
    MetadataRequest request;
    request.topics.reset();
    EXPECT_EQ(error_of(request, 0).code, Errc::kInvalidRequest);
    Encoder out;
    request.encode(out, 1);
    EXPECT_TRUE(out.finish().has_value());
}

TEST(Encoder, RefusesTextOverItsLimit) {
    ProduceRequest request;
    request.transactional_id = std::string(kStringBytesMax + 1, 'x');
    EXPECT_EQ(error_of(request, 9).code, Errc::kInvalidRequest);
    request.transactional_id->pop_back();
    Encoder out;
    request.encode(out, 8);
    EXPECT_TRUE(out.finish().has_value());
}

TEST(Encoder, RefusesVersionsThatDoNotExist) {
    EXPECT_EQ(error_of(ProduceRequest{}, 2).code, Errc::kUnsupportedVersion);
    EXPECT_EQ(error_of(ProduceRequest{}, 14).code, Errc::kUnsupportedVersion);
}

TEST(TagWriter, WritesTaggedFieldsThatDifferFromTheirDefaultOnly) {
    FetchResponse response = response_with({});
    Encoder plain;
    response.encode(plain, 12);
    response.responses[0].partitions[0].current_leader = {.leader_id = 4, .leader_epoch = 5, .unknown_tags = {}};
    Encoder tagged;
    response.encode(tagged, 12);
    const auto bytes = tagged.finish();
    ASSERT_TRUE(bytes.has_value());
    EXPECT_EQ(bytes->size(), plain.finish()->size() + 2 + 9);
    Decoder in{bytes->flatten()};
    EXPECT_EQ(FetchResponse::decode(in, 12), response);
}

TEST(TagWriter, SortsUnknownAmongKnown) {
    Encoder out;
    TagWriter tags{out};
    tags.begin(7).write_int8(1);
    tags.end();
    tags.finish({{3, bytes::View::copy_of("x")}});
    const std::uint8_t expected[] = {2, 3, 1, 'x', 7, 1, 1};
    EXPECT_EQ(out.finish(), bytes::ChunkList{bytes::View::of_static(expected)});
}

TEST(TagWriter, RefusesOneTagTwice) {
    FetchResponse response = response_with({});
    auto& partition = response.responses[0].partitions[0];
    partition.current_leader.leader_id = 4;
    partition.unknown_tags = {{1, bytes::View::copy_of("x")}};
    EXPECT_EQ(error_of(response, 12).code, Errc::kInvalidRequest);
}

}  // namespace
}  // namespace moldau::wire
