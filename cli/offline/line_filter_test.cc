// Filters over real files: the golden vectors through them, and lines that are wrong.

#include "cli/offline/line_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

#include "cli/frame/lines.h"
#include "wire/batch_json.h"
#include "wire/filter.h"

namespace moldau::cli {
namespace {

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

File file_with(std::string_view text) {
    File file{std::tmpfile()};
    EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), file.get()), text.size());
    std::rewind(file.get());
    return file;
}

struct Filtered {
    std::string text;
    Result<void> result;
};

Filtered filtered(std::string_view input, const LineFilter& filter) {
    const auto in = file_with(input);
    const File out{std::tmpfile()};
    auto result = filter_lines(in.get(), out.get(), filter);
    std::string text(static_cast<std::size_t>(std::ftell(out.get())), '\0');
    std::rewind(out.get());
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), out.get()), text.size());
    return {std::move(text), std::move(result)};
}

// The golden messages as lines for both filters. The JSON of those with records does not have the records, so that only
// their bytes are of use.
struct Vectors {
    std::string names_and_hex;
    std::string names_and_json;
    std::string hex_of_json;  // what the lines of names_and_json encode to
    std::size_t count = 0;
};

Vectors message_vectors() {
    std::ifstream file{MOLDAU_SOURCE_DIR "/broker/wire/testdata/kafka-message-vectors.tsv"};
    Vectors vectors;
    for (std::string line; std::getline(file, line); ++vectors.count) {
        const auto version = line.find('\t') + 1;
        const auto hex = line.find('\t', version) + 1;
        const auto json = line.find('\t', hex) + 1;
        vectors.names_and_hex += line.substr(0, json - 1) + "\n";
        if (line.find("ecords\":\"\"") != line.npos) continue;
        vectors.names_and_json += line.substr(0, hex) + line.substr(json) + "\n";
        vectors.hex_of_json += line.substr(0, json - 1) + "\n";
    }
    return vectors;
}

TEST(LineFilter, DecodesAndEncodesTheGoldenVectors) {
    const auto vectors = message_vectors();
    ASSERT_GT(vectors.count, 1000u);
    const auto decoded = filtered(vectors.names_and_hex, wire::decode_line);
    EXPECT_TRUE(decoded.result);
    const auto encoded = filtered(decoded.text, wire::encode_line);
    EXPECT_TRUE(encoded.result);
    EXPECT_TRUE(encoded.text == vectors.names_and_hex);
    const auto from_reference = filtered(vectors.names_and_json, wire::encode_line);
    EXPECT_TRUE(from_reference.result);
    EXPECT_TRUE(from_reference.text == vectors.hex_of_json);
}

TEST(LineFilter, DecodesTheGoldenBatches) {
    std::ifstream file{MOLDAU_SOURCE_DIR "/broker/wire/testdata/kafka-batch-vectors.tsv"};
    std::string input;
    for (std::string line; std::getline(file, line);) input += line.substr(0, line.find('\t')) + "\n";
    const auto decoded = filtered(input, wire::batch_decode_line);
    EXPECT_TRUE(decoded.result);
    EXPECT_EQ(std::ranges::count(decoded.text, '\n'), std::ranges::count(input, '\n'));
    EXPECT_EQ(decoded.text.find("error:"), std::string::npos);
}

TEST(LineFilter, PutsErrorsInTheirLinesPlaceAndFailsAtTheEnd) {
    const auto decoded = filtered("nonsense\nRequestHeader\t1\tzz\nFindCoordinatorRequest\t0\t000161\n", wire::decode_line);
    ASSERT_FALSE(decoded.result);
    EXPECT_EQ(decoded.result.error().context, "2 of 3 lines are wrong");
    std::istringstream lines{decoded.text};
    std::string line;
    std::getline(lines, line);
    EXPECT_TRUE(line.starts_with("error: ")) << line;
    std::getline(lines, line);
    EXPECT_TRUE(line.starts_with("error: ")) << line;
    std::getline(lines, line);
    EXPECT_EQ(line, "FindCoordinatorRequest\t0\t{\"key\":\"a\"}");
    EXPECT_FALSE(std::getline(lines, line));
}

TEST(LineFilter, KeepsAnAnswerOnOneLine) {
    const auto answered = filtered("x\n", [](std::string_view) { return Result<std::string>{"a\nb"}; });
    EXPECT_EQ(answered.text, "a b\n");
}

TEST(LineFilter, FailsWhenTheOutputIsFull) {
    const auto in = file_with("x\n");
    const File full{std::fopen("/dev/full", "w")};
    ASSERT_NE(full, nullptr);
    std::setvbuf(full.get(), nullptr, _IONBF, 0);
    const auto result = filter_lines(in.get(), full.get(), [](std::string_view line) { return Result<std::string>{line}; });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::kIo);
}

TEST(Lines, KeepsEmptyLinesAndALastOneWithoutItsEnd) {
    const auto file = file_with("a\n\nb");
    Lines lines{file.get()};
    EXPECT_EQ(lines.next(), "a");
    EXPECT_EQ(lines.next(), "");
    EXPECT_EQ(lines.next(), "b");
    EXPECT_EQ(lines.next(), std::nullopt);
    EXPECT_TRUE(lines.status());
    EXPECT_EQ(lines.count(), 3u);
}

TEST(Lines, SaysWhenReadingFails) {
    const File folder{std::fopen("/", "r")};
    ASSERT_NE(folder, nullptr);
    Lines lines{folder.get()};
    EXPECT_EQ(lines.next(), std::nullopt);
    ASSERT_FALSE(lines.status());
    EXPECT_EQ(lines.status().error().code, Errc::kIo);
}

}  // namespace
}  // namespace moldau::cli
