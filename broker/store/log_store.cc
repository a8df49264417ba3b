// A core's logs: table, ticks, checkpoints, removal, orderly end.

#include "store/log_store.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/logger.h"
#include "base/task_group.h"
#include "io/wait_list.h"

namespace moldau::store {

namespace {

constexpr auto kTickInterval = std::chrono::seconds{1};
constexpr std::size_t kSweepParts = 16;     // an idle log is looked at once in so many ticks
constexpr std::size_t kFlushesAtOnce = 16;  // docs/decisions/0001: more threads gain nothing
constexpr std::size_t kClosesAtOnce = 64;
constexpr auto kRetryAfter = std::chrono::seconds{1};

struct PartitionHash {
    std::size_t operator()(const wal::WalPartition& partition) const noexcept {
        return std::hash<TopicId>{}(partition.topic) * 31 + static_cast<std::size_t>(partition.partition.value);
    }
};

struct Entry {
    std::unique_ptr<log::Log> log;
    std::size_t dir = 0;
    std::size_t place = 0;  // in the sweep order
    Offset seen_end{-1};    // at the last tick
    bool is_active = false;
    bool is_removing = false;
    std::size_t flushes = 0;  // under way
};

bool flushes_by_time(const log::Log& log) {
    return log.config().durability == log::Durability::kReplicated && log.config().flush_ms != log::LogConfig{}.flush_ms;
}

// What workers side by side take their next piece from; the first error stays.
struct WorkList {
    std::vector<Entry*> entries;
    std::size_t next = 0;
    Result<void> result;
};

}  // namespace

std::size_t core_of(const TopicId& topic, PartitionIndex partition, std::size_t cores) {
    CHECK(cores > 0);
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: the same on every machine and in every version
    for (const auto byte : topic.value.bytes) hash = (hash ^ byte) * 0x100000001b3;
    return static_cast<std::size_t>((hash + static_cast<std::uint64_t>(partition.value)) % cores);
}

class LogStore::Impl {
public:
    Impl(Environment environment, Options options)
        : environment_(environment),
          options_(std::move(options)),
          wake_(environment.executor),
          ending_(environment.executor),
          flushed_(environment.executor) {}
    ~Impl() { environment_.executor.cancel(timer_); }

    Task<Result<void>> open();
    Task<Result<log::Log*>> open_log(std::size_t dir, TopicPartition name, TopicId topic_id, log::LogConfig config,
                                     Recovery recovery);
    std::size_t choose_dir() const;
    log::Log* find(const TopicPartition& name);
    Task<Result<void>> remove(TopicPartition name, Millis delay);
    Task<Result<void>> checkpoint();
    Task<Result<void>> save_file(std::size_t dir, std::string name);
    std::vector<log::Log*> logs();
    std::vector<wal::WriteAheadLog*> wals();
    Task<Result<void>> close();

    std::function<Offset(const log::Log&)> high_watermark_source;
    std::unique_ptr<Cleaner> cleaner;

private:
    struct Lane {
        std::string dir;
        std::shared_ptr<DirHealth> health;
        std::unique_ptr<wal::WriteAheadLog> wal;  // null: the directory was offline from the start
        std::size_t logs = 0;
        bool is_draining = false;
        bool has_failed = false;                          // its logs were told
        std::string last_failure;                         // of a checkpoint; said once, tried again and again
        std::map<std::string, OffsetCheckpoint> written;  // what each checkpoint file last got
    };

    void start_cleaner();
    Task<void> save_for_cleaner(const log::Log& log, const char* name);
    Task<Result<void>> open_lane(Lane& lane);
    void troubled(Lane& lane, const Error& error);
    void fail_lane(Lane& lane, const Error& error);
    void insert(std::unique_ptr<Entry> entry);
    void erase(Entry* entry);

    void schedule_tick();
    void tick();
    void tick_one(Entry& entry, Now now);

    void drain_soon(Lane& lane);
    Task<void> drain_in_background(Lane& lane);
    Task<Result<void>> drain(Lane& lane, bool (*wanted)(const wal::WriteAheadLog&));
    Task<Result<void>> sync_contents(wal::WriteAheadLog::Contents contents);
    Task<void> flush_worker(WorkList& work);
    Task<void> close_worker(WorkList& work);

    OffsetCheckpoint gather(const Lane& lane, const std::function<std::optional<Offset>(const log::Log&)>& value) const;
    Task<Result<void>> write_changed(Lane& lane, const char* name, OffsetCheckpoint offsets);
    Task<Result<void>> write_log_starts(Lane& lane);
    Task<Result<void>> write_cleaned(Lane& lane);
    Task<Result<void>> write_checkpoints_of(Lane& lane);
    Task<Result<void>> write_checkpoints();
    Task<void> write_checkpoints_in_background();

    Task<void> remove_bytes(std::string dir, Millis delay);

    Environment environment_;
    const Options options_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    log::HotBudget hot_budget_{options_.hot_bytes_max};

    std::unordered_map<TopicPartition, std::unique_ptr<Entry>> entries_;
    std::unordered_map<wal::WalPartition, Entry*, PartitionHash> by_id_;
    std::vector<Entry*> sweep_;
    std::vector<Entry*> active_;
    std::size_t sweep_next_ = 0;
    std::size_t changing_ = 0;  // openings and removals under way

    io::TimerId timer_;
    MonoTime files_due_{};
    bool writing_files_ = false;
    bool closing_ = false;
    io::WaitList wake_;    // of those who wait for `writing_files_`, `changing_` or a lane's draining
    io::WaitList ending_;  // of the deleted logs whose bytes wait for their time: thousands, woken early by the end alone
    io::WaitList flushed_;
    TaskGroup tasks_;
};

// --- opening and the table

Task<Result<void>> LogStore::Impl::open() {
    CHECK(options_.health.empty() || options_.health.size() == options_.dirs.size());
    for (std::size_t dir = 0; dir < options_.dirs.size(); ++dir) {
        auto& lane = *lanes_.emplace_back(std::make_unique<Lane>());
        lane.dir = options_.dirs[dir];
        lane.health = options_.health.empty() ? std::make_shared<DirHealth>(lane.dir, Uuid{}) : options_.health[dir];
        auto opened = co_await open_lane(lane);
        if (!opened && opened.error().code != Errc::kIo) co_return opened;
        if (!opened) lane.health->fail(std::move(opened).error());
    }
    files_due_ = environment_.executor.now().mono + options_.checkpoint_interval;
    start_cleaner();
    schedule_tick();
    co_return Result<void>{};
}

void LogStore::Impl::start_cleaner() {
    Cleaner::Environment environment{
        .executor = environment_.executor,
        .files = environment_.files,
        .random = environment_.random,
        .high_watermark =
            [this](const log::Log& log) { return high_watermark_source ? high_watermark_source(log) : log.committed_end(); },
        .save_log_start = [this](const log::Log& log) { return save_for_cleaner(log, kLogStartFile); },
        .save_cleaned = [this](const log::Log& log) { return save_for_cleaner(log, kCleanedFile); }};
    cleaner = std::make_unique<Cleaner>(std::move(environment), options_.cleaner);
    cleaner->start();
}

Task<void> LogStore::Impl::save_for_cleaner(const log::Log& log, const char* name) {
    const auto found = entries_.find(log.identity().name);
    if (found == entries_.end() || !found->second) co_return;
    const std::size_t dir = found->second->dir;
    const auto saved = co_await save_file(dir, name);
    if (!saved)
        LOG_WARNING("log", "could not write a checkpoint file dir={} file={} error=\"{}\"", lanes_[dir]->dir, name,
                    saved.error().to_string());
}

Task<Result<void>> LogStore::Impl::open_lane(Lane& lane) {
    if (lane.health->failure() != nullptr) co_return Result<void>{};
    auto options = options_.wal;
    options.dir = lane.dir + "/.moldau-wal";
    options.lane = options_.core;
    MOLDAU_CO_TRY_ASSIGN(wal,
                         co_await wal::WriteAheadLog::open({environment_.executor, environment_.files}, std::move(options)));
    lane.wal = std::move(wal);
    lane.wal->on_pressure([this, &lane] { drain_soon(lane); });
    co_return Result<void>{};
}

Task<Result<log::Log*>> LogStore::Impl::open_log(std::size_t dir, TopicPartition name, TopicId topic_id,
                                                 log::LogConfig config, Recovery recovery) {
    CHECK(dir < lanes_.size());
    if (closing_) co_return fail(Errc::kClosed, "log store");
    MOLDAU_CO_TRY(lanes_[dir]->health->online());
    const auto [place, is_new] = entries_.try_emplace(name, nullptr);  // null: being opened
    if (!is_new) co_return fail(Errc::kBusy, name.to_string() + " is open already");
    log::LogIdentity identity{.dir = lanes_[dir]->dir + '/' + name.to_string(), .name = name, .topic_id = topic_id};
    const log::LogEnvironment environment{.executor = environment_.executor,
                                          .files = environment_.files,
                                          .wal = lanes_[dir]->wal.get(),
                                          .replay = recovery.replay,
                                          .hot_budget = &hot_budget_,
                                          .shutdown = recovery.shutdown,
                                          .high_watermark_checkpoint = recovery.high_watermark_checkpoint,
                                          .recovery_point = recovery.recovery_point,
                                          .log_start_checkpoint = recovery.log_start_checkpoint,
                                          .on_trouble = [this, dir](const Error& error) { troubled(*lanes_[dir], error); }};
    ++changing_;
    auto opened = co_await log::Log::open(std::move(identity), config, environment);
    if (--changing_ == 0) wake_.notify_all();
    if (!opened) {
        entries_.erase(name);
        const bool is_owed = recovery.replay && !recovery.replay->entries({topic_id, name.partition}).empty();
        if (is_owed || recovery.shutdown != log::Shutdown::kClean) lanes_[dir]->health->mark_unclean();
        co_return fail(std::move(opened).error());
    }
    auto entry = std::make_unique<Entry>();
    entry->log = *std::move(opened);
    entry->dir = dir;
    log::Log* log = entry->log.get();
    // A checkpoint that speaks of what a power loss took would have the next start report the same damage again.
    if (log->recovery().damage) files_due_ = environment_.executor.now().mono;
    insert(std::move(entry));
    cleaner->add(*log, recovery.cleaned_to);
    co_return log;
}

// Never calls the log: it may be in the middle of its own failure.
void LogStore::Impl::troubled(Lane& lane, const Error& error) {
    if (error.code == Errc::kDiskFull) return lane.health->met_full_disk();
    if (error.code == Errc::kIo) lane.health->fail(error);
}

void LogStore::Impl::fail_lane(Lane& lane, const Error& error) {
    if (std::exchange(lane.has_failed, true)) return;
    for (auto* entry : sweep_) {
        if (lanes_[entry->dir].get() == &lane && !entry->is_removing) entry->log->fail_with(error);
    }
    if (lane.wal) lane.wal->fail_with(error);
}

void LogStore::Impl::insert(std::unique_ptr<Entry> entry) {
    auto& identity = entry->log->identity();
    entry->place = sweep_.size();
    sweep_.push_back(entry.get());
    if (flushes_by_time(*entry->log)) {
        entry->is_active = true;
        active_.push_back(entry.get());
    }
    ++lanes_[entry->dir]->logs;
    by_id_.insert_or_assign({identity.topic_id, identity.name.partition}, entry.get());
    entries_[identity.name] = std::move(entry);
}

void LogStore::Impl::erase(Entry* entry) {
    const auto name = entry->log->identity().name;
    sweep_[entry->place] = sweep_.back();
    sweep_[entry->place]->place = entry->place;
    sweep_.pop_back();
    std::erase(active_, entry);
    const auto id = by_id_.find({entry->log->identity().topic_id, name.partition});
    if (id != by_id_.end() && id->second == entry) by_id_.erase(id);
    --lanes_[entry->dir]->logs;
    entries_.erase(name);
}

std::size_t LogStore::Impl::choose_dir() const {
    const auto fewest = std::ranges::min_element(
        lanes_, {}, [](const auto& lane) { return std::pair{lane->health->failure() != nullptr, lane->logs}; });
    return static_cast<std::size_t>(fewest - lanes_.begin());
}

log::Log* LogStore::Impl::find(const TopicPartition& name) {
    const auto found = entries_.find(name);
    const bool is_there = found != entries_.end() && found->second && !found->second->is_removing;
    return is_there ? found->second->log.get() : nullptr;
}

std::vector<log::Log*> LogStore::Impl::logs() {
    std::vector<log::Log*> all;
    for (auto* entry : sweep_) {
        if (!entry->is_removing) all.push_back(entry->log.get());
    }
    return all;
}

std::vector<wal::WriteAheadLog*> LogStore::Impl::wals() {
    std::vector<wal::WriteAheadLog*> all;
    for (const auto& lane : lanes_) {
        if (lane->wal) all.push_back(lane->wal.get());
    }
    return all;
}

// --- removal

Task<Result<void>> LogStore::Impl::remove(TopicPartition name, Millis delay) {
    if (closing_) co_return fail(Errc::kClosed, "log store");
    if (find(name) == nullptr) co_return fail(Errc::kNotFound, name.to_string());
    ++changing_;
    Entry* entry = entries_.at(name).get();
    entry->is_removing = true;  // a checkpoint no longer waits for it, which could be waiting for the checkpoint
    entry->log->stop_waiting_for_space();
    if (auto& wal = lanes_[entry->dir]->wal) wal->drop({entry->log->identity().topic_id, name.partition});
    co_await cleaner->forget(*entry->log);
    while (entry->flushes > 0) co_await flushed_.wait();
    auto renamed = co_await entry->log->close_and_mark_deleted(environment_.random.next_uuid());
    erase(entry);
    if (--changing_ == 0) wake_.notify_all();
    if (!renamed) co_return fail(std::move(renamed).error());
    tasks_.start(remove_bytes(*std::move(renamed), delay));
    co_return Result<void>{};
}

Task<void> LogStore::Impl::remove_bytes(std::string dir, Millis delay) {
    const auto when = environment_.executor.now().mono + delay;
    while (!tasks_.stopping() && environment_.executor.now().mono < when) co_await ending_.wait_until(when);
    if (tasks_.stopping()) co_return;
    const auto removed = co_await io::remove_dir(environment_.files, dir);
    if (!removed) LOG_WARNING("log", "could not remove a deleted log dir={} error=\"{}\"", dir, removed.error().to_string());
}

// --- ticks

void LogStore::Impl::schedule_tick() {
    timer_ = environment_.executor.schedule(environment_.executor.now().mono + kTickInterval, [this] { tick(); });
}

// Thousands of idle logs must cost nothing: those that grow, or flush by time, are ticked every time, the others in turn.
void LogStore::Impl::tick() {
    const Now now = environment_.executor.now();
    for (const auto& lane : lanes_) {
        if (const Error* failed = lane->health->failure()) fail_lane(*lane, *failed);
    }
    for (std::size_t index = 0; index < active_.size();) {
        Entry& entry = *active_[index];
        const bool is_idle = entry.log->end_offset() == entry.seen_end && !flushes_by_time(*entry.log);
        tick_one(entry, now);
        if (!is_idle) {
            ++index;
            continue;
        }
        entry.is_active = false;
        active_[index] = active_.back();
        active_.pop_back();
    }
    const auto count = std::min(sweep_.size(), sweep_.size() / kSweepParts + 1);
    for (std::size_t step = 0; step < count; ++step) {
        Entry& entry = *sweep_[sweep_next_++ % sweep_.size()];
        if (entry.is_active) continue;
        if (entry.log->end_offset() != entry.seen_end || flushes_by_time(*entry.log)) {
            entry.is_active = true;
            active_.push_back(&entry);
        }
        tick_one(entry, now);
    }
    for (const auto& lane : lanes_) {
        if (lane->wal && lane->wal->needs_checkpoint()) drain_soon(*lane);
    }
    if (now.mono >= files_due_) {
        files_due_ = now.mono + options_.checkpoint_interval;
        tasks_.start(write_checkpoints_in_background());
    }
    schedule_tick();
}

void LogStore::Impl::tick_one(Entry& entry, Now now) {
    entry.seen_end = entry.log->end_offset();
    if (!entry.is_removing) entry.log->tick(now);
}

// --- recycling write-ahead files

void LogStore::Impl::drain_soon(Lane& lane) {
    if (!lane.is_draining && !lane.has_failed) tasks_.start(drain_in_background(lane));
}

Task<void> LogStore::Impl::drain_in_background(Lane& lane) {
    const auto drained = co_await drain(lane, [](const wal::WriteAheadLog& wal) { return wal.needs_checkpoint(); });
    const auto text = drained ? std::string{} : drained.error().to_string();
    if (!drained && text != lane.last_failure) LOG_ERROR("log", "a checkpoint failed dir={} error=\"{}\"", lane.dir, text);
    lane.last_failure = text;
    if (!drained && closing_) (void)co_await lane.wal->close();  // what waits for room there must not wait for ever
}

// Recycles full files, oldest first, while `wanted`. After a failure the next try waits: the files keep what segments lack.
Task<Result<void>> LogStore::Impl::drain(Lane& lane, bool (*wanted)(const wal::WriteAheadLog&)) {
    while (lane.is_draining) co_await wake_.wait();
    lane.is_draining = true;
    Result<void> result;
    while (result && wanted(*lane.wal)) {
        result = co_await sync_contents(lane.wal->oldest_contents());
        if (result) result = co_await lane.wal->recycle_oldest();
    }
    if (!result && !closing_) co_await wake_.wait_until(environment_.executor.now().mono + kRetryAfter);
    lane.is_draining = false;
    wake_.notify_all();
    co_return result;
}

Task<Result<void>> LogStore::Impl::sync_contents(wal::WriteAheadLog::Contents contents) {
    WorkList work;
    for (const auto& [partition, end] : contents) {
        const auto found = by_id_.find(partition);
        if (found == by_id_.end() || found->second->is_removing) continue;
        const log::Log& log = *found->second->log;
        if (log.recovery_point() >= std::min(end, log.end_offset())) continue;
        ++found->second->flushes;
        work.entries.push_back(found->second);
    }
    TaskGroup workers;
    for (std::size_t count = 0; count < std::min(kFlushesAtOnce, work.entries.size()); ++count)
        workers.start(flush_worker(work));
    co_await workers.stop();
    co_return std::move(work.result);
}

Task<void> LogStore::Impl::flush_worker(WorkList& work) {
    while (work.next < work.entries.size()) {
        Entry& entry = *work.entries[work.next++];
        auto flushed = entry.is_removing ? Result<void>{} : co_await entry.log->flush();
        if (!flushed && work.result && !entry.is_removing) work.result = std::move(flushed);
        if (--entry.flushes == 0) flushed_.notify_all();
    }
}

// --- checkpoint files

OffsetCheckpoint LogStore::Impl::gather(const Lane& lane,
                                        const std::function<std::optional<Offset>(const log::Log&)>& value) const {
    OffsetCheckpoint offsets;
    for (const auto* entry : sweep_) {
        if (entry->is_removing || lanes_[entry->dir].get() != &lane) continue;
        if (const auto offset = value(*entry->log)) offsets.emplace(entry->log->identity().name, *offset);
    }
    return offsets;
}

Task<Result<void>> LogStore::Impl::write_changed(Lane& lane, const char* name, OffsetCheckpoint offsets) {
    if (const auto found = lane.written.find(name); found != lane.written.end() && found->second == offsets)
        co_return Result<void>{};
    const auto path = lane.dir + '/' + name + '.' + std::to_string(options_.core);
    MOLDAU_CO_TRY(co_await write_checkpoint(environment_.files, path, offsets));
    lane.written.insert_or_assign(name, std::move(offsets));
    co_return Result<void>{};
}

Task<Result<void>> LogStore::Impl::write_log_starts(Lane& lane) {
    return write_changed(lane, kLogStartFile, gather(lane, [](const log::Log& log) -> std::optional<Offset> {
                             return log.log_start_offset() > Offset{0} ? std::optional{log.log_start_offset()}
                                                                       : std::nullopt;
                         }));
}

Task<Result<void>> LogStore::Impl::write_cleaned(Lane& lane) {
    return write_changed(lane, kCleanedFile, gather(lane, [this](const log::Log& log) -> std::optional<Offset> {
                             const Offset cleaned_to = cleaner->cleaned_to(log);
                             return cleaned_to > Offset{0} ? std::optional{cleaned_to} : std::nullopt;
                         }));
}

Task<Result<void>> LogStore::Impl::save_file(std::size_t dir, std::string name) {
    while (writing_files_) co_await wake_.wait();
    writing_files_ = true;
    Lane& lane = *lanes_.at(dir);
    auto result = lane.health->online();
    if (result) result = co_await (name == kCleanedFile ? write_cleaned(lane) : write_log_starts(lane));
    if (!result) troubled(lane, result.error());
    writing_files_ = false;
    wake_.notify_all();
    co_return result;
}

Task<Result<void>> LogStore::Impl::write_checkpoints_of(Lane& lane) {
    MOLDAU_CO_TRY(co_await write_changed(lane, kRecoveryPointFile,
                                         gather(lane, [](const log::Log& log) { return log.recovery_point(); })));
    MOLDAU_CO_TRY(co_await write_log_starts(lane));
    if (!high_watermark_source) co_return Result<void>{};
    co_return co_await write_changed(lane, kHighWatermarkFile, gather(lane, high_watermark_source));
}

Task<Result<void>> LogStore::Impl::write_checkpoints() {
    while (writing_files_) co_await wake_.wait();
    writing_files_ = true;
    Result<void> result;
    for (const auto& lane : lanes_) {
        if (lane->health->failure() != nullptr) continue;
        auto written = co_await write_checkpoints_of(*lane);
        if (!written) troubled(*lane, written.error());
        if (!written && result) result = std::move(written);
    }
    writing_files_ = false;
    wake_.notify_all();
    co_return result;
}

Task<void> LogStore::Impl::write_checkpoints_in_background() {
    const auto written = co_await write_checkpoints();
    if (!written) LOG_ERROR("log", "could not write checkpoint files error=\"{}\"", written.error().to_string());
}

Task<Result<void>> LogStore::Impl::checkpoint() {
    for (const auto& lane : lanes_) {
        if (!lane->wal || lane->has_failed) continue;
        MOLDAU_CO_TRY(co_await drain(
            *lane, [](const wal::WriteAheadLog& wal) { return wal.needs_checkpoint() || !wal.oldest_contents().empty(); }));
    }
    co_return co_await write_checkpoints();
}

// --- end

Task<void> LogStore::Impl::close_worker(WorkList& work) {
    while (work.next < work.entries.size()) {
        Entry& entry = *work.entries[work.next++];
        auto closed = co_await entry.log->close();
        if (!closed) lanes_[entry.dir]->health->mark_unclean();
        if (!closed && work.result) work.result = std::move(closed);
    }
}

// Logs first, with checkpoints still running: what they wait for may need room in the write-ahead log.
Task<Result<void>> LogStore::Impl::close() {
    if (std::exchange(closing_, true)) co_return Result<void>{};
    environment_.executor.cancel(timer_);
    wake_.notify_all();
    if (cleaner) co_await cleaner->stop();
    while (changing_ > 0) co_await wake_.wait();
    for (const auto& lane : lanes_) {
        if (lane->wal && lane->wal->needs_checkpoint()) drain_soon(*lane);
    }
    for (auto* entry : sweep_) entry->log->stop_waiting_for_space();
    WorkList work{.entries = sweep_, .next = 0, .result = {}};
    TaskGroup workers;
    for (std::size_t count = 0; count < std::min(kClosesAtOnce, work.entries.size()); ++count)
        workers.start(close_worker(work));
    co_await workers.stop();
    Result<void> result = std::move(work.result);
    tasks_.request_stop();
    wake_.notify_all();
    ending_.notify_all();
    co_await tasks_.stop();
    auto written = co_await write_checkpoints();
    if (result) result = std::move(written);
    for (const auto& lane : lanes_) {
        if (!lane->wal) continue;
        auto closed = co_await lane->wal->close();
        if (!closed) lane->health->mark_unclean();
        if (result) result = std::move(closed);
    }
    co_return result;
}

// --- the public face

LogStore::LogStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LogStore::~LogStore() = default;

Task<Result<std::unique_ptr<LogStore>>> LogStore::open(Environment environment, Options options) {
    auto impl = std::make_unique<Impl>(environment, std::move(options));
    MOLDAU_CO_TRY(co_await impl->open());
    co_return std::unique_ptr<LogStore>(new LogStore(std::move(impl)));
}

Task<Result<log::Log*>> LogStore::open_log(std::size_t dir, TopicPartition name, TopicId topic_id, log::LogConfig config,
                                           Recovery recovery) {
    return impl_->open_log(dir, std::move(name), topic_id, config, recovery);
}
std::size_t LogStore::choose_dir() const { return impl_->choose_dir(); }
log::Log* LogStore::find(const TopicPartition& name) { return impl_->find(name); }
Task<Result<void>> LogStore::remove(TopicPartition name, Millis delay) { return impl_->remove(std::move(name), delay); }
void LogStore::set_high_watermark_source(std::function<Offset(const log::Log&)> source) {
    impl_->high_watermark_source = std::move(source);
}
Task<Result<void>> LogStore::checkpoint() { return impl_->checkpoint(); }
Task<Result<void>> LogStore::save_log_starts(std::size_t dir) { return impl_->save_file(dir, kLogStartFile); }
Cleaner& LogStore::cleaner() { return *impl_->cleaner; }
const Cleaner& LogStore::cleaner() const { return *impl_->cleaner; }
std::vector<log::Log*> LogStore::logs() { return impl_->logs(); }
std::vector<wal::WriteAheadLog*> LogStore::wals() { return impl_->wals(); }
Task<Result<void>> LogStore::close() { return impl_->close(); }

}  // namespace moldau::store
