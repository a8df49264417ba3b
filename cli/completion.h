// What can stand next on the command line, for shells.
//
// The idea: a shell's script only asks `moldau __complete WORDS`, and that walks the same tree of commands that parses them,
// so completion never disagrees with the tool. Names of topics, groups and brokers are asked of the cluster, for a second at
// most.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/frame/global.h"

namespace moldau::cli {

class Grammar;

enum class Shell { kBash, kZsh, kFish };

struct Completion {
    Shell shell = Shell::kBash;
};
struct CompleteWords {
    std::vector<std::string> words;  // the last is the one to complete, perhaps empty
};

inline constexpr const char* kCompleteWord = "__complete";

struct Candidate {
    std::string word;
    std::string text;  // what it is; may be empty
    bool operator==(const Candidate&) const = default;
};

enum class NameKind { kTopic, kGroup, kBroker };
using NameLookup = std::function<std::vector<std::string>(NameKind kind)>;

// In the tree's order; those that begin with the last word. None: the shell may offer files.
std::vector<Candidate> candidates(Grammar& grammar, const std::vector<std::string>& words, const NameLookup& names);

Result<void> run(const Global& global, const Completion& options);
Result<void> run(const Global& global, const CompleteWords& options);

void declare_completion(Grammar& grammar);

}  // namespace moldau::cli
