// RFC 3339 as Kubernetes writes it: metav1.Time has seconds, metav1.MicroTime six digits more.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace moldau::kube {

// "2026-11-26T20:00:00Z"; fractions beyond milliseconds are cut off. Errors: kMalformed.
Result<WallTime> parse_timestamp(std::string_view text);
// metav1.Time: "2026-11-26T20:00:00Z".
std::string format_timestamp(WallTime time);
// metav1.MicroTime: "2026-11-26T20:00:00.000000Z".
std::string format_micro_timestamp(WallTime time);

}  // namespace moldau::kube
