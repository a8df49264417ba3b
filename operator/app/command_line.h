// Flags and environment of moldau-operator.

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "operator/app/options.h"

namespace moldau::app {

struct CommandLine {
    OperatorOptions options;
    enum class Print : std::uint8_t { kNothing, kMetricsDocs, kConditionsDocs } print = Print::kNothing;
    // Set: do not run; end with this status. What was to be said has been printed.
    std::optional<int> exit_status;
};

using Getenv = std::function<std::optional<std::string>(const char* name)>;

// A flag wins over its environment variable. Prints help, version and faults.
CommandLine parse_command_line(int argc, const char* const* argv, const Getenv& environment);

}  // namespace moldau::app
