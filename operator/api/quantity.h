// Kubernetes' quantities ("10Gi", "250m", "1e3") as numbers, to compare them.

#pragma once

#include <optional>
#include <string_view>

namespace moldau::api {

// Exact up to 64 bits. nullopt: no quantity.
std::optional<long double> parse_quantity(std::string_view text);

// "1024Mi" and "1Gi"; texts that are no quantities are the same when they are equal.
bool same_quantity(std::string_view one, std::string_view other);

}  // namespace moldau::api
