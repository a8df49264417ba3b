// Every golden vector of the protocol and of the coordinators' records, both ways, and every way of cutting one short.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "wire/decoder.h"
#include "wire/filter.h"
#include "wire/message_type.h"
#include "wire/registry.h"

namespace moldau::wire {
namespace {

struct Vector {
    std::string head;  // name TAB version TAB
    std::string name;
    std::int16_t version = 0;
    std::string hex;
    std::string json;
};

constexpr std::size_t kMessageVectors = 1920;
constexpr std::size_t kRecordVectors = 448;

void load_file(const std::string& name, std::vector<Vector>& to) {
    std::ifstream file(MOLDAU_SOURCE_DIR "/broker/wire/testdata/" + name);
    for (std::string line; std::getline(file, line);) {
        Vector vector;
        const auto first = line.find('\t');
        const auto second = line.find('\t', first + 1);
        const auto third = line.find('\t', second + 1);
        vector.head = line.substr(0, second + 1);
        vector.name = line.substr(0, first);
        vector.version = static_cast<std::int16_t>(std::stoi(line.substr(first + 1)));
        vector.hex = line.substr(second + 1, third - second - 1);
        vector.json = line.substr(third + 1);
        to.push_back(std::move(vector));
    }
}

std::vector<Vector> load_vectors() {
    std::vector<Vector> vectors;
    load_file("kafka-message-vectors.tsv", vectors);
    load_file("coordinator-record-vectors.tsv", vectors);
    return vectors;
}

bytes::View body_of(const Vector& vector) {
    bytes::Buffer buffer{vector.hex.size() / 2};
    for (std::size_t index = 0; index < vector.hex.size(); index += 2) {
        buffer.spare()[0] = static_cast<std::uint8_t>(std::stoi(vector.hex.substr(index, 2), nullptr, 16));
        buffer.commit(1);
    }
    return buffer.view();
}

TEST(Vectors, AreAllThere) { EXPECT_EQ(load_vectors().size(), kMessageVectors + kRecordVectors); }

// The reference prints records that are not null as "", whatever they hold; Moldau prints what they hold.
constexpr std::string_view kRecordsKeys[] = {"\"records\":\"", "\"unalignedRecords\":\""};

std::string blank_records(std::string json) {
    for (const auto key : kRecordsKeys) {
        for (auto at = json.find(key); at != json.npos; at = json.find(key, at + 1)) {
            const auto content = at + key.size();
            json.erase(content, json.find('"', content) - content);
        }
    }
    return json;
}

constexpr std::size_t kVectorsWithRecords = 51;

bool has_records(const std::string& json) {
    return json.find(kRecordsKeys[0]) != json.npos || json.find(kRecordsKeys[1]) != json.npos;
}

TEST(Vectors, NameMessagesOfTheRegistryAndLeaveFewWithout) {
    std::set<std::string> named;
    for (const auto& vector : load_vectors()) named.insert(vector.name);
    for (const auto& name : named) EXPECT_NE(find_message_type(message_types(), name), nullptr) << name;
    EXPECT_EQ(named.size(), message_types().size());
}

TEST(Vectors, DecodeToTheSameJson) {
    for (const auto& vector : load_vectors()) {
        const auto line = decode_line(vector.head + vector.hex);
        ASSERT_TRUE(line.has_value()) << vector.head << line.error().to_string();
        ASSERT_TRUE(line->starts_with(vector.head));
        const auto json = nlohmann::json::parse(blank_records(line->substr(vector.head.size())));
        EXPECT_EQ(json, nlohmann::json::parse(vector.json)) << *line;
    }
}

TEST(Vectors, KeepTheOrderOfTheirFields) {
    for (const auto& vector : load_vectors()) {
        if (vector.name.find("ClientQuotas") != vector.name.npos)
            continue;  // floats, of which there is more than one spelling
        EXPECT_EQ(blank_records(decode_line(vector.head + vector.hex).value_or("")), vector.head + vector.json);
    }
}

TEST(Vectors, EncodeFromJsonToTheSameBytes) {
    std::size_t count = 0;
    for (const auto& vector : load_vectors()) {
        if (has_records(vector.json)) continue;
        const auto line = encode_line(vector.head + vector.json);
        ASSERT_TRUE(line.has_value()) << vector.head << line.error().to_string();
        EXPECT_EQ(*line, vector.head + vector.hex);
        ++count;
    }
    EXPECT_EQ(count, kMessageVectors + kRecordVectors - kVectorsWithRecords);
}

TEST(Vectors, EncodeFromTheJsonThatDecodePrintsToTheSameBytes) {
    for (const auto& vector : load_vectors()) {
        const auto json = decode_line(vector.head + vector.hex);
        ASSERT_TRUE(json.has_value());
        EXPECT_EQ(encode_line(*json).value_or(""), vector.head + vector.hex);
    }
}

TEST(Vectors, EncodeFromTheDecodedMessageToTheSameBytes) {
    for (const auto& vector : load_vectors()) {
        const auto body = body_of(vector);
        Decoder in{body};
        const auto message = AnyMessage::decode(*find_message_type(message_types(), vector.name), in, vector.version);
        ASSERT_TRUE(message.has_value());
        EXPECT_EQ(message->encode(vector.version), bytes::ChunkList{body}) << vector.head;
    }
}

TEST(Vectors, AreRefusedWhenCutAtAnyByte) {
    for (const auto& vector : load_vectors()) {
        const auto& type = *find_message_type(message_types(), vector.name);
        const auto body = body_of(vector);
        for (std::size_t size = 0; size < body.size(); ++size) {
            Decoder in{bytes::View::copy_of(body.span().first(size))};
            EXPECT_FALSE(AnyMessage::decode(type, in, vector.version).has_value()) << vector.head << size;
        }
    }
}

TEST(Vectors, AreRefusedWithATrailingByte) {
    for (const auto& vector : load_vectors()) {
        const auto line = decode_line(vector.head + vector.hex + "00");
        EXPECT_FALSE(line.has_value()) << vector.head;
    }
}

}  // namespace
}  // namespace moldau::wire
