// The program `moldau`: parses the command line, runs the command, turns its error into text and exit status.

#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include "command_line.h"
#include "print.h"

namespace {

void print_error(const moldau::Error& error) {
    auto text = "error: " + (error.context.empty() ? error.to_string() : error.context);
    for (auto at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) text.insert(at + 1, "error: ");
    std::fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace

int main(int count, char** words) {
    using namespace moldau::cli;
    const auto invocation = parse_command_line({words + 1, words + count});
    if (!invocation) {
        print(invocation.error().out);
        std::fputs(invocation.error().err.c_str(), stderr);
        return flush() ? invocation.error().status : kExitFailed;
    }
    const auto done = std::visit([&](const auto& command) { return run(invocation->global, command); }, invocation->command);
    const auto flushed = flush();
    if (!flushed) print_error(flushed.error());
    if (!done) print_error(done.error());
    if (!done && done.error().code == moldau::Errc::kUsage) return kExitUsage;
    return done && flushed ? 0 : kExitFailed;
}
