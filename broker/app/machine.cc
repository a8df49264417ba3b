// Reads /proc and the control group's files (version 2, then 1).

#include "app/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <optional>

namespace moldau::app {
namespace {

std::optional<std::string> first_line(const char* path) {
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    return line;
}

std::optional<double> number_in(const char* path) {
    std::ifstream file(path);
    double number = 0;
    if (!(file >> number)) return std::nullopt;
    return number;
}

// Processors' worth of time per period, nullopt without a limit.
std::optional<double> cpu_quota() {
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    double quota = 0;
    double period = 0;
    if (file >> quota >> period && period > 0) return quota / period;
    const auto old_quota = number_in("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    const auto old_period = number_in("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (old_quota && old_period && *old_quota > 0 && *old_period > 0) return *old_quota / *old_period;
    return std::nullopt;
}

std::size_t usable_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<std::size_t>(std::max(CPU_COUNT(&set), 1));
}

}  // namespace

std::size_t granted_cores() {
    const auto processors = usable_processors();
    const auto quota = cpu_quota();
    if (!quota) return processors;
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(*quota)), 1, processors);
}

std::uint64_t granted_memory_bytes() {
    const auto pages = static_cast<std::uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 1L));
    auto bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    for (const auto* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        const auto limit = number_in(path);
        if (limit && *limit > 0 && *limit < static_cast<double>(bytes)) bytes = static_cast<std::uint64_t>(*limit);
    }
    return bytes;
}

std::string boot_id() { return first_line("/proc/sys/kernel/random/boot_id").value_or(""); }

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
    return name.data();
}

}  // namespace moldau::app
