// Headers and frames.

#include "wire/frame.h"

#include <gtest/gtest.h>

#include <array>

#include "wire/api_versions.h"
#include "wire/fetch.h"
#include "wire/produce.h"

namespace moldau::wire {
namespace {

bytes::View without_length(const bytes::ChunkList& frame) { return frame.flatten().slice(4); }

RequestHead head_of(ApiKey key, std::int16_t version) { return {find_api(to_int16(key)), version, 77, "me"}; }

TEST(ApiTable, HasEveryKeyOnceAndInOrder) {
    ASSERT_EQ(apis().size(), 95u);
    for (std::size_t index = 0; index < apis().size(); ++index) {
        EXPECT_EQ(to_int16(apis()[index].key), static_cast<std::int16_t>(index));
        EXPECT_EQ(find_api(static_cast<std::int16_t>(index)), &apis()[index]);
    }
    EXPECT_EQ(find_api(-1), nullptr);
    EXPECT_EQ(find_api(95), nullptr);
}

TEST(ApiTable, KnowsVersionsRetirementAndStability) {
    const Api& produce = *find_api(0);
    EXPECT_EQ(produce.name, "Produce");
    EXPECT_TRUE(produce.has_version(3) && produce.has_version(13));
    EXPECT_FALSE(produce.has_version(2) || produce.has_version(14));
    EXPECT_TRUE(find_api(4)->is_retired());
    EXPECT_EQ(find_api(22)->version_max, 6);
    EXPECT_EQ(find_api(22)->version_stable_max, 5);
    EXPECT_EQ(find_api(17)->first_flexible_version, kNeverFlexible);
}

TEST(ApiTable, ChoosesHeaderVersions) {
    const Api& produce = *find_api(0);
    const Api& versions = *find_api(18);
    EXPECT_EQ(request_header_version(produce, 8), 1);
    EXPECT_EQ(request_header_version(produce, 9), 2);
    EXPECT_EQ(response_header_version(produce, 8), 0);
    EXPECT_EQ(response_header_version(produce, 9), 1);
    EXPECT_EQ(request_header_version(versions, 3), 2);
    EXPECT_EQ(response_header_version(versions, 3), 0);
}

TEST(Frame, RequestComesBackAsItWas) {
    FetchRequest request;
    request.rack_id = "rack";
    for (const std::int16_t version : {std::int16_t{11}, std::int16_t{18}}) {
        const auto frame = encode_request(head_of(ApiKey::kFetch, version), request);
        ASSERT_TRUE(frame.has_value());
        Decoder in{without_length(*frame)};
        const auto head = read_request_head(in);
        ASSERT_TRUE(head.has_value());
        EXPECT_EQ(head->api->key, ApiKey::kFetch);
        EXPECT_EQ(head->version, version);
        EXPECT_EQ(head->correlation_id, 77);
        EXPECT_EQ(head->client_id, "me");
        EXPECT_TRUE(head->is_known_version());
        EXPECT_EQ(decode_whole<FetchRequest>(in, version), request);
    }
}

TEST(Frame, LengthInFrontIsOfAllThatFollows) {
    ProduceResponse response;
    const auto frame = encode_response(head_of(ApiKey::kProduce, 9), response);
    ASSERT_TRUE(frame.has_value());
    Decoder in{frame->flatten()};
    EXPECT_EQ(static_cast<std::size_t>(in.read_int32("length")), frame->size() - 4);
    EXPECT_EQ(read_response_head(in, *find_api(0), 9), 77);
    EXPECT_EQ(decode_whole<ProduceResponse>(in, 9), response);
}

TEST(Frame, ApiVersionsIsReadInAnyVersionAndAnsweredInVersionZero) {
    const std::uint8_t bytes[] = {0, 18, 0, 99, 0, 0, 0, 5, 0, 1, 'c', 1, 2, 3};
    Decoder in{bytes::View::of_static(bytes)};
    auto head = read_request_head(in);
    ASSERT_TRUE(head.has_value());
    EXPECT_FALSE(head->is_known_version());
    EXPECT_EQ(head->correlation_id, 5);

    head->version = 0;
    ApiVersionsResponse response;
    response.error_code = kafka_code(Errc::kUnsupportedVersion);
    const auto frame = encode_response(*head, response);
    const std::uint8_t expected[] = {0, 0, 0, 10, 0, 0, 0, 5, 0, 35, 0, 0, 0, 0};
    EXPECT_EQ(frame, bytes::ChunkList{bytes::View::of_static(expected)});
}

TEST(Frame, UnknownAndRetiredKeysAreRefused) {
    for (const auto key : std::to_array<std::uint8_t>({4, 7, 95, 200})) {
        const std::uint8_t bytes[] = {0, key, 0, 0, 0, 0, 0, 5, 0xff, 0xff};
        Decoder in{bytes::View::of_static(bytes)};
        EXPECT_EQ(read_request_head(in).error().code, Errc::kInvalidRequest);
    }
}

TEST(Frame, HeaderCutAtAnyByteIsRefused) {
    const auto frame = encode_request(head_of(ApiKey::kFetch, 18), FetchRequest{});
    ASSERT_TRUE(frame.has_value());
    const auto bytes = without_length(*frame);
    const std::size_t header_bytes = 2 + 2 + 4 + 2 + 2 + 1;
    for (std::size_t size = 0; size < header_bytes; ++size) {
        Decoder in{bytes.slice(0, size)};
        EXPECT_FALSE(read_request_head(in).has_value()) << size;
    }
}

}  // namespace
}  // namespace moldau::wire
