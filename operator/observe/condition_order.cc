// Sorting by the first row of each type.

#include "operator/observe/condition_order.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace moldau::observe {

void order_conditions(api::Kind kind, std::vector<api::Condition>& conditions) {
    const auto rows = api::condition_rows();
    const auto place_of = [&](const api::Condition& condition) {
        const auto found = std::ranges::find_if(
            rows, [&](const api::ConditionRow& row) { return row.kind == kind && row.type == condition.type; });
        return std::pair{found - rows.begin(), std::string_view{condition.type}};
    };
    std::ranges::sort(conditions, {}, place_of);
}

}  // namespace moldau::observe
