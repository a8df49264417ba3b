// The same run again and again, a little longer each time.

#include "power_loss/prefixes.h"

#include <limits>

namespace moldau::power_loss {

std::uint64_t for_each_prefix(RoundOptions options, std::uint64_t stride, const Visit& visit) {
    constexpr std::uint64_t kLossKinds = 4;
    const auto loss = options.loss;
    options.power_fails_after = std::numeric_limits<std::uint64_t>::max();
    const auto whole = run_round(options);
    visit(options, whole);
    for (std::uint64_t last = 1; last < whole.operations_of_first_life; last += stride) {
        options.power_fails_after = last;
        options.loss = loss.value_or(static_cast<sim::Loss>((last / stride) % kLossKinds));
        visit(options, run_round(options));
    }
    return whole.operations_of_first_life;
}

}  // namespace moldau::power_loss
