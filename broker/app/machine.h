// What the machine, or the container around us, grants.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace moldau::app {

// The control group's processor quota rounded up, at most the processors that the process may run on; at least 1.
std::size_t granted_cores();
// The control group's memory limit, at most the machine's.
std::uint64_t granted_memory_bytes();
// Changes with each boot of the machine; empty when it cannot be read.
std::string boot_id();
std::string host_name();

}  // namespace moldau::app
