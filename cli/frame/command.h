// One command with its options, whichever it is.
//
// The problem: the commands live in folders of their own, and neither the grammar nor main should know them all. The idea: a
// command is a struct of options for which there is `Result<void> run(const Global&, const Options&)` beside it; this keeps
// the one and calls the other.

#pragma once

#include <any>
#include <utility>

#include "base/result.h"
#include "cli/frame/global.h"

namespace moldau::cli {

class Command {
public:
    Command() = default;
    template <class Options>
    static Command of(Options options) {
        Command made;
        made.options_ = std::move(options);
        made.run_ = [](const Global& global, const std::any& any) { return run(global, *std::any_cast<Options>(&any)); };
        return made;
    }

    // Prints the answer to standard output. An error has a whole sentence for people in `context`, or several, one a line,
    // when it was asked for several things; kUsage says that the question was wrong and nothing was changed.
    Result<void> execute(const Global& global) const { return run_(global, options_); }
    // The options when they are of that type, else null.
    template <class Options>
    const Options* as() const {
        return std::any_cast<Options>(&options_);
    }

private:
    std::any options_;
    Result<void> (*run_)(const Global&, const std::any&) = nullptr;
};

}  // namespace moldau::cli
