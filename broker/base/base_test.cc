// Ids, uuids, base64 and the table of errors.

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/errc.h"
#include "base/ids.h"
#include "base/result.h"

namespace moldau {
namespace {

TEST(Uuid, ReadsWhatItPrints) {
    Uuid id;
    for (std::size_t index = 0; index < 16; ++index) id.bytes[index] = static_cast<std::uint8_t>(index * 17);
    EXPECT_EQ(id.to_string().size(), 22u);
    EXPECT_EQ(Uuid::parse(id.to_string()), id);
}

TEST(Uuid, RefusesWrongLengthAndForeignLetters) {
    EXPECT_FALSE(Uuid::parse("abc"));
    EXPECT_FALSE(Uuid::parse("AAAAAAAAAAAAAAAAAAAAA!"));
}

TEST(Base64, AgreesWithTheRfcsExamples) {
    const std::vector<std::pair<std::string, std::string>> examples = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : examples) {
        const std::vector<std::uint8_t> data(plain.begin(), plain.end());
        EXPECT_EQ(base64_encode(data), coded);
        EXPECT_EQ(base64_decode(coded), data);
    }
}

TEST(Errc, InternalErrorsShowClientsAKafkaCode) {
    EXPECT_EQ(kafka_code(Errc::kDiskFull), 56);
    EXPECT_EQ(kafka_code(Errc::kUnknownTopicOrPartition), 3);
    EXPECT_TRUE(is_retriable(Errc::kDiskFull));
    EXPECT_FALSE(is_retriable(Errc::kInvalidTopicException));
    EXPECT_EQ(errc_name(Errc::kUnknownTopicOrPartition), "UNKNOWN_TOPIC_OR_PARTITION");
}

TEST(Error, TextNamesCodeMeaningAndContext) {
    EXPECT_EQ((Error{Errc::kIo, "read x at 4"}).to_string(), "kIo: a file operation failed: read x at 4");
}

}  // namespace
}  // namespace moldau
