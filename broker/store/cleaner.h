// Keeps the logs of one core in bounds: deletes what has expired, compacts what has gathered superseded records.
//
// The problem: thousands of logs must be looked after at nearly no cost, beside clients who must not notice, and a topic may
// be deleted or its settings may change at any moment. The idea: two tasks. One looks at every log each
// log.retention.check.interval.ms, a few at a time. The other picks the log with the largest share of uncompacted bytes
// (or one whose oldest record waits too long) and compacts it in small pieces at a bounded rate. A log whose stored bytes
// are damaged or that fails otherwise is left alone from then on, said once; the others go on. Place: `LogStore` owns one
// and tells it which logs come and go.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "base/task.h"
#include "io/executor.h"
#include "io/file.h"
#include "io/random.h"
#include "log/log.h"

namespace moldau::store {

struct CleanerOptions {
    bool compacts = true;                                // log.cleaner.enable
    Millis retention_check_interval{300'000};            // log.retention.check.interval.ms
    Millis backoff{15'000};                              // log.cleaner.backoff.ms
    std::size_t dedupe_bytes = 128 << 20;                // this core's share of log.cleaner.dedupe.buffer.size
    std::uint64_t io_bytes_per_second_max = UINT64_MAX;  // this core's share of log.cleaner.io.max.bytes.per.second
};

struct CleanerStats {
    std::uint64_t runs = 0;        // compactions
    std::uint64_t bytes_read = 0;  // by compaction
    std::uint64_t bytes_kept = 0;  // of those
    std::uint64_t records_without_key = 0;
    std::uint64_t segments_deleted = 0;  // by retention
    std::uint64_t uncleanable_logs = 0;
    double dirty_ratio_max = 0;  // at the last look
};

// Lifetime: stop() before destroying. Thread: its core.
// Invariant: after forget() of a log resolves nothing here uses it.
class Cleaner {
public:
    struct Environment {
        io::Executor& executor;
        io::FileSystem& files;
        io::Random& random;
        std::function<Offset(const log::Log&)> high_watermark;
        // Log starts or cleaned offsets have moved: they are to be checkpointed. Errors are the owner's to tell.
        std::function<Task<void>(const log::Log&)> save_log_start;
        std::function<Task<void>(const log::Log&)> save_cleaned;
    };
    Cleaner(Environment environment, CleanerOptions options);
    ~Cleaner();

    void start();
    // `cleaned_to`: how far it was compacted when last checkpointed, 0 when that is not known.
    void add(log::Log& log, Offset cleaned_to);
    // Breaks off what is done with the log and resolves when nothing is. Without effect for a log that was not added.
    Task<void> forget(log::Log& log);
    // As far as `log` was compacted; 0: never.
    Offset cleaned_to(const log::Log& log) const;
    // Settings changed.
    void reconfigure(CleanerOptions options);
    const CleanerStats& stats() const;

    // One look at every log now, as the tasks do it by themselves; for tests and tools.
    Task<void> check_retention();
    // Compacts the log that needs it most; false when none does.
    Task<bool> clean_one();

    Task<void> stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace moldau::store
