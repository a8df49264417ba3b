// Plays every section of testdata/*.transcript; each is a claim about the classic protocol, with everything that must come
// out.
//
// MOLDAU_UPDATE_TRANSCRIPTS=1 writes what comes out into the files, to be read before it is believed.

#include "group/transcript_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace moldau::group {

std::vector<Section> read_sections(const std::string& path) {
    std::ifstream file{path};
    std::stringstream content;
    content << file.rdbuf();
    std::vector<Section> sections;
    for (const auto& line : split(content.str(), '\n')) {
        if (line.starts_with("# ")) {
            sections.push_back({line.substr(2), {}});
        } else if (!sections.empty()) {
            sections.back().text += line + '\n';
        }
    }
    return sections;
}

namespace {

std::vector<std::string> transcript_files() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator{MOLDAU_SOURCE_DIR "/broker/group/testdata"}) {
        if (entry.path().extension() == ".transcript") files.push_back(entry.path().string());
    }
    std::ranges::sort(files);
    return files;
}

std::vector<Section> all_sections() {
    std::vector<Section> all;
    for (const auto& path : transcript_files()) {
        for (auto& section : read_sections(path)) all.push_back(std::move(section));
    }
    return all;
}

class Transcript : public testing::TestWithParam<Section> {};

TEST_P(Transcript, ComesOutAsWritten) { EXPECT_EQ(play(GetParam().text), GetParam().text); }

std::string test_name(const testing::TestParamInfo<Section>& info) {
    std::string name;
    bool begins_word = true;
    for (const char c : info.param.claim) {
        const bool is_word = std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (is_word) name += begins_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
        begins_word = !is_word;
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(Group, Transcript, testing::ValuesIn(all_sections()), test_name);

TEST(Transcripts, AreWrittenAnewOnRequest) {
    if (!std::getenv("MOLDAU_UPDATE_TRANSCRIPTS")) return;
    for (const auto& path : transcript_files()) {
        std::string text;
        for (const auto& section : read_sections(path)) text += "# " + section.claim + '\n' + play(section.text);
        std::ofstream{path} << text;
    }
}

}  // namespace
}  // namespace moldau::group
