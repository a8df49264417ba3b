// The program `moldau`: parses the command line, runs the command, turns its error into text and exit status.

#include <cstdio>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/frame/print.h"

int main(int count, char** words) {
    using namespace moldau::cli;
    const auto invocation = parse_command_line({words + 1, words + count});
    if (!invocation) {
        print(invocation.error().out);
        std::fputs(invocation.error().err.c_str(), stderr);
        return flush() ? invocation.error().status : kExitFailed;
    }
    const auto done = invocation->command.execute(invocation->global);
    const auto flushed = flush();
    for (const auto* result : {&flushed, &done}) {
        if (!*result) std::fputs(error_text(invocation->global.output, result->error()).c_str(), stderr);
    }
    if (!done && done.error().code == moldau::Errc::kUsage) return kExitUsage;
    return done && flushed ? 0 : kExitFailed;
}
