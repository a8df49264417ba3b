// Reading /proc.

#include "operator/metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>

namespace moldau::metrics {
namespace {

double resident_bytes() {
    std::ifstream file("/proc/self/statm");
    double total = 0;
    double resident = 0;
    file >> total >> resident;
    return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void collect_process(Registry& registry) {
    registry.value(Metric::kProcessStart) = static_cast<double>(std::time(nullptr));
    registry.on_collect([&registry] {
        registry.value(Metric::kProcessMemory) = resident_bytes();
        registry.value(Metric::kProcessCpu) = cpu_seconds();
    });
}

}  // namespace moldau::metrics
