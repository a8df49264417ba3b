// Recovery over every prefix of the operations of one long run: the power fails after each, and whatever the disk then has,
// everything acknowledged must be there.

#pragma once

#include <cstdint>
#include <functional>

#include "power_loss/round.h"

namespace moldau::power_loss {

// Runs `options` once to count its operations, then again up to every `stride`-th operation, each with a loss of another
// kind in turn, or with `options.loss`. The number of operations of the whole run.
using Visit = std::function<void(const RoundOptions&, const RoundResult&)>;
std::uint64_t for_each_prefix(RoundOptions options, std::uint64_t stride, const Visit& visit);

}  // namespace moldau::power_loss
