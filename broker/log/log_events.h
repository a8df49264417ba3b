// What the log tells people about: damage that it meets. Everything else is in `RecoveryReport` and the errors.

#pragma once

#include <string_view>

namespace moldau::log {

// Stored bytes are damaged, and somebody must act.
void report_damage(std::string_view what);
// Bytes were kept aside or an index was built anew: nothing is lost.
void report_repair(std::string_view what);

}  // namespace moldau::log
