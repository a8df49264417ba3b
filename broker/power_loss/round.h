// One round: a broker with all its clients lives several lives on one disk, each ended by a loss of power, the death of the
// process or an orderly stop, at an operation of the disk that the seed chooses; after each start everything is checked.
//
// The same options replay the same round, to the bit. Place: the program and the tests run many.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "power_loss/topic_plan.h"
#include "power_loss/verdict.h"
#include "sim/content.h"

namespace moldau::power_loss {

struct RoundOptions {
    std::uint64_t seed = 1;
    Mode mode = Mode::kMixed;
    std::size_t lives = 4;    // that end in some way before the last, which only checks
    std::size_t steps = 250;  // of the clients, in each life
    // One life only, and the power fails right after this operation of the disk, with this loss (else the seed chooses).
    std::optional<std::uint64_t> power_fails_after;
    std::optional<sim::Loss> loss;
    std::function<void(const std::string&)> tell = [](const std::string&) {};  // hears a line for each start and end
};

struct RoundResult {
    std::optional<Violation> violation;
    Counts counts;
    std::uint64_t operations_of_first_life = 0;
};

RoundResult run_round(const RoundOptions& options);

// How to see a round that failed again.
std::string repro_line(const RoundOptions& options);

}  // namespace moldau::power_loss
