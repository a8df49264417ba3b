// What stands against doing something and what a person should know of it, gathered so that all is told at once.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace moldau::cli {

// Each is a whole sentence: the file, the place in it, what is wrong, what to do.
struct Findings {
    std::vector<std::string> refusals;
    std::vector<std::string> warnings;

    void refuse(std::string what) { refusals.push_back(std::move(what)); }
    void warn(std::string what) { warnings.push_back(std::move(what)); }
};

}  // namespace moldau::cli
