// Runs a program to its end and gives what it printed. No shell.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "operator/loop/loop.h"

namespace moldau::kube {

struct Command {
    std::string program;  // with a slash: this file; without: looked for in PATH
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string, std::string>> environment;  // on top of ours
    Millis timeout{30'000};
    std::size_t output_bytes_max = 1U << 20U;
};

struct Printed {
    int status = 0;  // of exit, or 128 + signal
    std::string output;
    std::string errors;  // at most 4 KiB
};

// Standard input is empty. Errors: kIo (cannot be started), kTimedOut and kLimitExceeded (both kill it).
Task<Result<Printed>> run_program(loop::Loop& loop, Command command);

}  // namespace moldau::kube
