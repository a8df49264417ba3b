// The two tasks.

#include "store/cleaner.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/logger.h"
#include "base/task_group.h"
#include "io/wait_list.h"
#include "log/segment_search.h"
#include "store/compaction_run.h"
#include "store/retention.h"

namespace moldau::store {

namespace {

// So many logs are looked at between two turns of the loop.
constexpr std::size_t kLogsAtOnce = 64;
constexpr std::size_t kBytesBetweenTurns = 64 << 10;

bool is_damage(Errc code) {
    return code == Errc::kCorrupt || code == Errc::kCorruptMessage || code == Errc::kInvalidRecord ||
           code == Errc::kMalformed || code == Errc::kLimitExceeded || code == Errc::kUnsupportedForMessageFormat;
}

}  // namespace

class Cleaner::Impl {
public:
    Impl(Environment environment, CleanerOptions options)
        : environment_(std::move(environment)),
          options_(options),
          wake_(environment_.executor),
          ended_(environment_.executor) {}

    void start();
    void add(log::Log& log, Offset cleaned_to) { logs_.emplace(&log, State{.cleaned_to = cleaned_to}); }
    Task<void> forget(log::Log& log);
    Offset cleaned_to(const log::Log& log) const;
    void reconfigure(CleanerOptions options);
    Task<void> check_retention();
    Task<bool> clean_one();
    Task<void> stop();

    CleanerStats stats_;

private:
    struct State {
        Offset cleaned_to{0};
        bool is_uncleanable = false;
        bool is_going = false;  // forget() was called
        std::size_t uses = 0;   // of a task that is under way with it
    };
    // Keeps a log from going away. forget() waits for its end.
    class Use {
    public:
        Use(Impl& owner, log::Log& log) : owner_(owner), state_(owner.logs_.at(&log)) { ++state_.uses; }
        ~Use() {
            if (--state_.uses == 0) owner_.ended_.notify_all();
        }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

    private:
        Impl& owner_;
        State& state_;
    };
    struct Pick {
        log::Log* log = nullptr;
        compaction::Cleanable range;
    };

    Now now() const { return environment_.executor.now(); }
    bool may_use(log::Log* log) const;
    std::vector<log::Log*> wanted(bool (*is_wanted)(const log::LogConfig&)) const;
    Task<void> next_turn();
    Task<void> retention_task();
    Task<void> cleaning_task();
    Task<Result<bool>> expire(log::Log& log);
    Task<Result<Offset>> expired_end(log::Log& log, RetentionLimits limits);
    Task<Pick> pick();
    Task<Result<compaction::Cleanable>> look_at(log::Log& log);
    Task<bool> pace(log::Log* log, std::size_t bytes);
    Task<Result<CompactionResult>> compact_log(Pick pick);
    void note_failure(log::Log& log, const Error& error);

    Environment environment_;
    CleanerOptions options_;
    std::unordered_map<const log::Log*, State> logs_;
    std::size_t bytes_since_turn_ = 0;
    MonoTime paid_until_{};  // of the rate of I/O
    io::WaitList wake_;      // of sleepers
    io::WaitList ended_;     // of uses
    TaskGroup tasks_;
};

void Cleaner::Impl::start() {
    tasks_.on_stop([this] { wake_.notify_all(); });
    tasks_.start(retention_task());
    tasks_.start(cleaning_task());
}

Task<void> Cleaner::Impl::forget(log::Log& log) {
    const auto found = logs_.find(&log);
    if (found == logs_.end()) co_return;
    found->second.is_going = true;
    wake_.notify_all();
    while (logs_.at(&log).uses > 0) co_await ended_.wait();
    logs_.erase(&log);
}

Offset Cleaner::Impl::cleaned_to(const log::Log& log) const {
    const auto found = logs_.find(&log);
    return found == logs_.end() ? Offset{0} : found->second.cleaned_to;
}

void Cleaner::Impl::reconfigure(CleanerOptions options) {
    options_ = options;
    wake_.notify_all();
}

bool Cleaner::Impl::may_use(log::Log* log) const {
    const auto found = logs_.find(log);
    return found != logs_.end() && !found->second.is_going && !tasks_.stopping() && !log->failure();
}

std::vector<log::Log*> Cleaner::Impl::wanted(bool (*is_wanted)(const log::LogConfig&)) const {
    std::vector<log::Log*> all;
    for (const auto& [log, state] : logs_) {
        if (is_wanted(log->config())) all.push_back(const_cast<log::Log*>(log));
    }
    return all;
}

Task<void> Cleaner::Impl::next_turn() {
    co_await completion<bool>(
        [this](auto done) { environment_.executor.post([done = std::move(done)]() mutable { done(true); }); });
}

// --- retention

Task<void> Cleaner::Impl::retention_task() {
    MonoTime due = now().mono + options_.retention_check_interval;
    while (!tasks_.stopping()) {
        due = std::min(due, now().mono + options_.retention_check_interval);
        if (now().mono < due) {
            co_await wake_.wait_until(due);
            continue;
        }
        co_await check_retention();
        due = now().mono + options_.retention_check_interval;
    }
}

Task<void> Cleaner::Impl::check_retention() {
    const auto logs = wanted([](const log::LogConfig& config) {
        return config.deletes && (config.retention_ms >= 0 || config.retention_bytes >= 0);
    });
    std::size_t looked_at = 0;
    for (log::Log* log : logs) {
        if (++looked_at % kLogsAtOnce == 0) co_await next_turn();
        if (!may_use(log)) continue;
        const Use use{*this, *log};
        auto expired = co_await expire(*log);
        if (!expired) {
            note_failure(*log, expired.error());
        } else if (*expired) {
            co_await environment_.save_log_start(*log);
        }
    }
}

// Where the records end that are too old or too many.
Task<Result<Offset>> Cleaner::Impl::expired_end(log::Log& log, RetentionLimits limits) {
    const auto segments = log.segments();
    std::vector<SegmentAge> ages;
    for (const auto& segment : segments) ages.push_back({segment->end_offset(), segment->bytes(), -1});
    std::size_t count = count_too_many(ages, limits);
    const log::SearchContext context{.files = environment_.files, .dir = log.identity().dir};
    for (; count < segments.size() && limits.retention_ms >= 0; ++count) {
        MOLDAU_CO_TRY_ASSIGN(largest, co_await log::largest_timestamp(context, segments[count], ages[count].end));
        ages[count].newest = largest.timestamp >= 0 ? largest.timestamp : to_timestamp(segments[count]->begun());
        if (!is_too_old(ages[count], limits)) break;
    }
    co_return count == 0 ? Offset{0} : ages[count - 1].end;
}

Task<Result<bool>> Cleaner::Impl::expire(log::Log& log) {
    const RetentionLimits limits{.now = to_timestamp(now().wall),
                                 .retention_ms = log.config().retention_ms,
                                 .retention_bytes = log.config().retention_bytes,
                                 .high_watermark = environment_.high_watermark(log)};
    MOLDAU_CO_TRY_ASSIGN(end, co_await expired_end(log, limits));
    if (end <= log.log_start_offset() || !may_use(&log) || !log.config().deletes) co_return false;
    const std::size_t before = log.segments().size();
    if (end == log.end_offset()) log.roll(now());
    const std::size_t with_new = log.segments().size();
    MOLDAU_CO_TRY(co_await log.advance_start(end));
    const std::size_t after = log.segments().size();
    stats_.segments_deleted += std::max(before, with_new) - std::min(with_new, after);
    LOG_INFO("cleaner", "deleted expired segments partition={} log_start={}", log.identity().name.to_string(), end.value);
    co_return true;
}

// --- compaction

Task<void> Cleaner::Impl::cleaning_task() {
    while (!tasks_.stopping()) {
        if (options_.compacts && co_await clean_one()) continue;
        const MonoTime due = now().mono + options_.backoff;
        while (!tasks_.stopping() && now().mono < due) co_await wake_.wait_until(due);
    }
}

Task<Result<compaction::Cleanable>> Cleaner::Impl::look_at(log::Log& log) {
    const auto& config = log.config();
    const bool by_time =
        config.min_compaction_lag_ms > 0 || config.max_compaction_lag_ms != log::LogConfig{}.max_compaction_lag_ms;
    MOLDAU_CO_TRY_ASSIGN(
        facts, co_await closed_segments(log, environment_.files, by_time ? Timestamps::kLookedUp : Timestamps::kLeftOut));
    const Offset high_watermark = environment_.high_watermark(log);
    const Offset limit = std::min(log.last_stable_offset(high_watermark), log.recovery_point());
    const auto found = logs_.find(&log);
    co_return compaction::find_cleanable(facts, {.cleaned_to = found == logs_.end() ? Offset{0} : found->second.cleaned_to,
                                                 .limit = limit,
                                                 .now = to_timestamp(now().wall),
                                                 .min_lag_ms = config.min_compaction_lag_ms,
                                                 .max_lag_ms = config.max_compaction_lag_ms,
                                                 .min_dirty_ratio = config.min_cleanable_dirty_ratio});
}

Task<Cleaner::Impl::Pick> Cleaner::Impl::pick() {
    Pick best;
    double ratio_max = 0;
    std::size_t looked_at = 0;
    for (log::Log* log : wanted([](const log::LogConfig& config) { return config.compacts; })) {
        if (++looked_at % kLogsAtOnce == 0) co_await next_turn();
        if (!may_use(log) || logs_.at(log).is_uncleanable || log->segments().size() < 2) continue;
        const Use use{*this, *log};
        auto range = co_await look_at(*log);
        if (!range) {
            note_failure(*log, range.error());
            continue;
        }
        ratio_max = std::max(ratio_max, range->dirty_ratio());
        if (!range->is_due) continue;
        const auto urgency = [](const compaction::Cleanable& of) { return std::pair{of.is_overdue, of.dirty_ratio()}; };
        if (best.log == nullptr || urgency(*range) > urgency(best.range)) best = {log, *range};
    }
    stats_.dirty_ratio_max = ratio_max;
    co_return best;
}

// False when the work on the log is to end.
Task<bool> Cleaner::Impl::pace(log::Log* log, std::size_t bytes) {
    bytes_since_turn_ += bytes;
    if (bytes_since_turn_ >= kBytesBetweenTurns) {
        bytes_since_turn_ = 0;
        co_await next_turn();
    }
    const auto rate = options_.io_bytes_per_second_max;
    const double seconds = static_cast<double>(bytes) / static_cast<double>(std::max<std::uint64_t>(rate, 1));
    paid_until_ =
        std::max(paid_until_, now().mono) + std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
    const auto goes_on = [&] { return may_use(log) && log->config().compacts && options_.compacts; };
    constexpr Millis kLead{10};  // sleeping for less is not worth a timer
    while (goes_on() && paid_until_ > now().mono + kLead) co_await wake_.wait_until(paid_until_);
    co_return goes_on();
}

Task<Result<CompactionResult>> Cleaner::Impl::compact_log(Pick pick) {
    log::Log* const log = pick.log;
    compaction::HashSeed seed;
    seed.first = environment_.random.next_u64();
    seed.second = environment_.random.next_u64();
    co_return co_await compact({.log = *log,
                                .files = environment_.files,
                                .range = pick.range,
                                .high_watermark = environment_.high_watermark(*log),
                                .seed = seed,
                                .dedupe_bytes = options_.dedupe_bytes,
                                .now = to_timestamp(now().wall),
                                .pace = [this, log](std::size_t bytes) { return pace(log, bytes); }});
}

Task<bool> Cleaner::Impl::clean_one() {
    const Pick picked = co_await pick();
    if (picked.log == nullptr || !may_use(picked.log)) co_return false;
    log::Log& log = *picked.log;
    const Use use{*this, log};
    auto result = co_await compact_log(picked);
    if (!result) {
        note_failure(log, result.error());
        co_return false;
    }
    logs_.at(&log).cleaned_to = result->cleaned_to;
    ++stats_.runs;
    stats_.bytes_read += result->stats.bytes_read;
    stats_.bytes_kept += result->stats.bytes_kept;
    stats_.records_without_key += result->stats.records_without_key;
    LOG_INFO("cleaner",
             "compacted partition={} cleaned_to={} bytes_before={} bytes_after={} segments_before={} segments_after={}",
             log.identity().name.to_string(), result->cleaned_to.value, result->stats.bytes_read, result->stats.bytes_kept,
             result->segments_before, result->segments_after);
    co_await environment_.save_cleaned(log);
    co_return true;
}

// What passes by itself, or is the disk's, is not the log's fault.
void Cleaner::Impl::note_failure(log::Log& log, const Error& error) {
    if (!is_damage(error.code)) {
        if (error.code != Errc::kClosed && error.code != Errc::kBusy)
            LOG_WARNING("cleaner", "could not clean partition={} error=\"{}\"", log.identity().name.to_string(),
                        error.to_string());
        return;
    }
    State& state = logs_.at(&log);
    if (std::exchange(state.is_uncleanable, true)) return;
    ++stats_.uncleanable_logs;
    LOG_ERROR("cleaner", "cannot be cleaned any more partition={} error=\"{}\"", log.identity().name.to_string(),
              error.to_string());
}

Task<void> Cleaner::Impl::stop() { co_await tasks_.stop(); }

// --- the public face

Cleaner::Cleaner(Environment environment, CleanerOptions options)
    : impl_(std::make_unique<Impl>(std::move(environment), options)) {}
Cleaner::~Cleaner() = default;
void Cleaner::start() { impl_->start(); }
void Cleaner::add(log::Log& log, Offset cleaned_to) { impl_->add(log, cleaned_to); }
Task<void> Cleaner::forget(log::Log& log) { return impl_->forget(log); }
Offset Cleaner::cleaned_to(const log::Log& log) const { return impl_->cleaned_to(log); }
void Cleaner::reconfigure(CleanerOptions options) { impl_->reconfigure(options); }
const CleanerStats& Cleaner::stats() const { return impl_->stats_; }
Task<void> Cleaner::check_retention() { return impl_->check_retention(); }
Task<bool> Cleaner::clean_one() { return impl_->clean_one(); }
Task<void> Cleaner::stop() { return impl_->stop(); }

}  // namespace moldau::store
