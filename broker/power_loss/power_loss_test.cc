// A few rounds of each kind: the program runs thousands.

#include <gtest/gtest.h>

#include "power_loss/prefixes.h"
#include "power_loss/round.h"

namespace moldau::power_loss {
namespace {

void expect_rounds_hold(RoundOptions options, std::uint64_t rounds) {
    Counts counts;
    for (std::uint64_t round = 0; round < rounds; ++round, ++options.seed) {
        const auto result = run_round(options);
        counts += result.counts;
        ASSERT_FALSE(result.violation) << result.violation->check << ": " << result.violation->detail << '\n'
                                       << repro_line(options);
    }
    // The rounds did something.
    EXPECT_GT(counts.power_losses, rounds / 2);
    EXPECT_GT(counts.records_acknowledged, rounds * 50);
    EXPECT_GT(counts.recoveries, rounds / 2);
    EXPECT_EQ(counts.synced_lost, 0u);
}

TEST(PowerLoss, TakesNothingAcknowledgedFromSyncedTopics) {
    expect_rounds_hold({.seed = 1000, .mode = Mode::kSynced, .steps = 150}, 5);
}

TEST(PowerLoss, TakesASuffixWithinItsBoundFromReplicatedTopics) {
    expect_rounds_hold({.seed = 2000, .mode = Mode::kReplicated, .steps = 150}, 5);
}

TEST(PowerLoss, TakesNothingMoreWhereBothKindsLiveTogether) {
    expect_rounds_hold({.seed = 3000, .mode = Mode::kMixed, .steps = 150}, 5);
}

TEST(PowerLoss, IsSurvivedAfterAnyPrefixOfARunsOperations) {
    std::uint64_t prefixes = 0;
    for_each_prefix({.seed = 4000, .steps = 100}, 97, [&](const RoundOptions& options, const RoundResult& result) {
        ++prefixes;
        ASSERT_FALSE(result.violation) << result.violation->check << ": " << result.violation->detail << '\n'
                                       << repro_line(options);
    });
    EXPECT_GT(prefixes, 5u);
}

TEST(PowerLoss, RepeatsARoundFromItsSeed) {
    const RoundOptions options{.seed = 5000, .steps = 60};

    EXPECT_EQ(run_round(options).counts.to_string(), run_round(options).counts.to_string());
}

}  // namespace
}  // namespace moldau::power_loss
