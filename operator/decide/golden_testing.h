// Texts compared with files beside the tests: MOLDAU_UPDATE_GOLDENS=1 writes them anew.

#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "operator/decide/topics.h"

namespace moldau::decide {

// `name` is a file in operator/decide/testdata.
inline void expect_golden(const std::string& name, const std::string& text) {
    const auto path = std::string{MOLDAU_SOURCE_DIR} + "/operator/decide/testdata/" + name;
    if (std::getenv("MOLDAU_UPDATE_GOLDENS") != nullptr) {
        std::ofstream{path} << text;
        return;
    }
    std::ifstream file{path};
    const std::string golden{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_EQ(golden, text) << "if this is meant: MOLDAU_UPDATE_GOLDENS=1 and look at the difference";
}

// The decision about Topics as lines; a decision of nothing is an empty text.
std::string topics_transcript(const TopicsDecision& decision);

}  // namespace moldau::decide
