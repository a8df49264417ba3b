// The command line as a whole: every folder's words, errors and their exit status.

#include "cli/command_line.h"

#include <algorithm>
#include <sstream>

#include "cli/cluster/commands.h"
#include "cli/completion.h"
#include "cli/frame/grammar.h"
#include "cli/frame/print.h"
#include "cli/group/commands.h"
#include "cli/offline/commands.h"
#include "cli/operation/commands.h"
#include "cli/records/commands.h"
#include "cli/topic/commands.h"

namespace moldau::cli {

void declare_all(Grammar& grammar) {
    declare_topic(grammar);
    declare_records(grammar);
    declare_group(grammar);
    declare_cluster(grammar);
    declare_operation(grammar);
    declare_offline(grammar);
    declare_completion(grammar);
}

namespace {

// Is the answer to be JSON? Asked of words that do not parse, so by their looks.
Output output_of(const std::vector<std::string>& words) {
    const auto at = std::ranges::find(words, "--output");
    const bool is_next = at != words.end() && at + 1 != words.end() && *(at + 1) == "json";
    return is_next || std::ranges::find(words, "--output=json") != words.end() ? Output::kJson : Output::kText;
}

// CLI11 only says that a command is missing where one is misspelt.
std::string explain(const CLI::App& root, const CLI::ParseError& error) {
    const std::string text = error.what();
    const auto left = root.remaining(true);
    if (left.empty() || text.find("subcommand is required") == text.npos) return text;
    return "there is no command '" + left.front() + "'";
}

Ending wrong_usage(Output output, const std::string& text) {
    return {kExitUsage, "", error_text(output, {Errc::kUsage, text})};
}

}  // namespace

std::expected<Invocation, Ending> parse_command_line(std::vector<std::string> words) {
    if (!words.empty() && words.front() == kCompleteWord) {
        words.erase(words.begin());
        return Invocation{{}, Command::of(CompleteWords{std::move(words)})};
    }
    const auto output = output_of(words);
    Grammar grammar;
    declare_all(grammar);
    std::ranges::reverse(words);  // CLI11 takes them from the back
    try {
        grammar.root().parse(words);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream err;
        if (grammar.root().exit(error, out, err) == 0) return std::unexpected(Ending{0, out.str(), ""});
        return std::unexpected(wrong_usage(output, explain(grammar.root(), error) + ": see --help"));
    }
    if (const auto& wrong = grammar.contradiction(); !wrong.empty()) {
        return std::unexpected(wrong_usage(output, wrong));
    }
    return Invocation{grammar.take_global(), grammar.take_command()};
}

}  // namespace moldau::cli
