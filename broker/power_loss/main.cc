// moldau-power-loss: rounds of power loss by seed, or recovery over every prefix of one run.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "power_loss/prefixes.h"
#include "power_loss/round.h"

namespace {

using namespace moldau::power_loss;

int report(const Counts& counts, std::uint64_t failures) {
    std::printf("%sviolations %llu\n", counts.to_string().c_str(), static_cast<unsigned long long>(failures));
    return failures == 0 ? 0 : 1;
}

bool say(const RoundOptions& options, const RoundResult& result) {
    if (!result.violation) return false;
    std::printf("VIOLATION %s: %s\n  %s\n", result.violation->check.c_str(), result.violation->detail.c_str(),
                repro_line(options).c_str());
    std::fflush(stdout);
    return true;
}

int run_rounds(RoundOptions options, std::uint64_t rounds) {
    Counts counts;
    std::uint64_t failures = 0;
    for (std::uint64_t round = 0; round < rounds; ++round, ++options.seed) {
        const auto result = run_round(options);
        counts += result.counts;
        if (say(options, result)) ++failures;
    }
    return report(counts, failures);
}

int run_prefixes(const RoundOptions& options, std::uint64_t stride) {
    Counts counts;
    std::uint64_t failures = 0;
    const auto operations = for_each_prefix(options, stride, [&](const RoundOptions& prefix, const RoundResult& result) {
        counts += result.counts;
        if (say(prefix, result)) ++failures;
    });
    std::printf("operations_of_the_run %llu\n", static_cast<unsigned long long>(operations));
    return report(counts, failures);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Rounds of power loss on a simulated disk"};
    RoundOptions options;
    std::uint64_t rounds = 1;
    std::uint64_t stride = 0;
    std::uint64_t power_fails_after = 0;
    int loss = -1;
    const std::map<std::string, Mode> modes{
        {"synced", Mode::kSynced}, {"replicated", Mode::kReplicated}, {"mixed", Mode::kMixed}};
    app.add_option("--seed", options.seed, "of the first round");
    app.add_option("--rounds", rounds, "how many, each with the next seed");
    app.add_option("--mode", options.mode, "synced, replicated or mixed")->transform(CLI::CheckedTransformer(modes));
    app.add_option("--lives", options.lives, "of the broker in each round");
    app.add_option("--steps", options.steps, "of the clients in each life");
    app.add_option("--prefixes", stride, "instead: recovery over every n-th prefix of the operations of one run");
    app.add_option("--power-fails-after", power_fails_after, "one life, to this operation");
    app.add_option("--loss", loss, "what the power failure takes: 0 all, 1 a suffix, 2 any part, 3 nothing");
    bool verbose = false;
    app.add_flag("--verbose", verbose, "tell of each life's end");
    CLI11_PARSE(app, argc, argv);
    if (verbose) options.tell = [](const std::string& line) { std::printf("  %s\n", line.c_str()); };
    if (power_fails_after > 0) options.power_fails_after = power_fails_after;
    if (loss >= 0) options.loss = static_cast<moldau::sim::Loss>(loss);
    return stride > 0 ? run_prefixes(options, stride) : run_rounds(options, rounds);
}
