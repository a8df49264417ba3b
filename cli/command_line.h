// From the words of the command line to one command with its options.

#pragma once

#include <expected>
#include <string>
#include <vector>

#include "cli/frame/command.h"

namespace moldau::cli {

struct Invocation {
    Global global;
    Command command;
};

// The process is to end without a command: --help, --version (0), or wrong usage (kExitUsage).
struct Ending {
    int status;
    std::string out;
    std::string err;
};

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

class Grammar;

// Every folder's words.
void declare_all(Grammar& grammar);

// `words` without the program's name. The environment's MOLDAU_BROKERS stands in for --brokers.
std::expected<Invocation, Ending> parse_command_line(std::vector<std::string> words);

}  // namespace moldau::cli
