// The lane: a queue of entries, one commit in flight, and the files that take them.

#include "wal/write_ahead_log.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/check.h"
#include "wal/lane_file.h"

namespace moldau::wal {

namespace {

constexpr std::uint64_t kFirstStepBytes = 1 << 20;  // prewritten before the first acknowledgement: some milliseconds
constexpr auto kFullFileAgeMax = std::chrono::minutes{1};
constexpr auto kDiskFullRetry = std::chrono::seconds{1};

// Does waiting help? The disk is full, or the process is short of descriptors.
bool is_passing(const Error& error) { return error.code == Errc::kDiskFull || error.code == Errc::kBusy; }

std::uint64_t room_needed(const Entry& entry) {
    return round_to_block(kGroupHeadBytes + kEntryHeadBytes + entry.batch.size());
}

}  // namespace

// Files move from `ready_` (prewritten, free) to `used_` (oldest in front, the one being written at the back) and, recycled,
// back. Invariants: used + ready + being made or freed <= files_max; at most one group is in flight; a group is written only
// once the one before is on the disk; sequences ascend through used_. Callbacks hold `alive_` weakly: after a simulated
// crash operations outlive the log.
class WriteAheadLog::Impl {
public:
    Impl(Environment environment, WalOptions options, std::uint32_t run)
        : executor_(environment.executor), files_(environment.files), options_(std::move(options)), run_(run) {}

    Task<Result<void>> open_first();
    Result<void> append(Entry entry, io::Done<void> done);
    bool needs_checkpoint() const;
    Contents oldest_contents() const;
    Task<Result<void>> recycle_oldest();
    Task<Result<void>> close();
    void drop(const WalPartition& partition);
    void fail_everything(Error error);
    const std::optional<Error>& failure() const { return failure_; }

    std::function<void()> pressure_callback;
    Counters counters;

private:
    struct Pending {
        Entry entry;
        io::Done<void> done;
    };
    struct InFlight {
        WalPartition partition;
        io::Done<void> done;
    };

    std::uint64_t entry_room_max() const { return options_.file_bytes - kBlockBytes; }
    void schedule_commit();
    void commit();
    bool find_room(std::uint64_t needed);
    std::vector<Entry> gather(std::uint64_t room);
    void committed(MonoTime started, Result<std::uint64_t> result);
    void commit_again_later(MonoTime started);
    void commit_again(MonoTime started);

    std::size_t full_count() const { return used_.empty() ? 0 : used_.size() - (stalled_ ? 0 : 1); }
    std::size_t file_count() const { return used_.size() + ready_.size() + (making_ ? 1 : 0) + (recycling_ ? 1 : 0); }
    void prepare();
    void make_file();
    void file_opened(std::string path, Result<io::OpenedFile> opened);
    void grow(LaneFile* file);
    void preparing_failed(Error error);
    void preparing_ended();

    void update_pressure();
    void check_idle();

    template <class F>
    auto guarded(F work) {
        return [alive = std::weak_ptr<bool>(alive_), work = std::move(work)](auto&&... args) mutable {
            if (!alive.expired()) work(std::forward<decltype(args)>(args)...);
        };
    }

    io::Executor& executor_;
    io::FileSystem& files_;
    const WalOptions options_;
    const std::uint32_t run_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

    std::deque<Pending> pending_;
    std::size_t pending_bytes_ = 0;
    std::vector<InFlight> in_flight_;
    bool commit_scheduled_ = false;
    bool writing_ = false;
    bool stalled_ = false;              // the newest file is full too and none is ready
    std::optional<io::TimerId> again_;  // the last group is written again then; `writing_` meanwhile
    std::uint64_t next_group_ = 1;
    std::optional<Error> failure_;

    std::deque<std::unique_ptr<LaneFile>> used_;
    std::deque<std::unique_ptr<LaneFile>> ready_;
    std::uint32_t next_index_ = 0;
    std::uint32_t next_use_ = 1;
    bool making_ = false;
    bool growing_ = false;
    bool recycling_ = false;
    bool disk_full_ = false;
    bool started_ = false;  // the first commit came: an idle lane costs one small file

    bool pressure_told_ = false;
    bool closing_ = false;
    io::Callback idle_;
};

// --- queue and commits

Result<void> WriteAheadLog::Impl::append(Entry entry, io::Done<void> done) {
    if (failure_) return fail(Errc::kIo, "write-ahead log failed before: " + failure_->context);
    if (closing_) return fail(Errc::kClosed, "write-ahead log");
    if (room_needed(entry) > entry_room_max()) return fail(Errc::kLimitExceeded, "batch larger than a write-ahead file");
    if (pending_bytes_ + entry.batch.size() > options_.pending_bytes_max)
        return fail(Errc::kBusy, "write-ahead log's queue is full");
    pending_bytes_ += entry.batch.size() + kEntryHeadBytes;
    pending_.push_back({std::move(entry), std::move(done)});
    schedule_commit();
    return {};
}

// What one turn of the loop appends goes out as one group.
void WriteAheadLog::Impl::schedule_commit() {
    if (writing_ || pending_.empty() || std::exchange(commit_scheduled_, true)) return;
    executor_.at_end_of_turn(guarded([this] {
        commit_scheduled_ = false;
        commit();
    }));
}

void WriteAheadLog::Impl::commit() {
    if (writing_ || failure_ || pending_.empty()) return check_idle();
    if (!find_room(room_needed(pending_.front().entry))) {
        update_pressure();
        return check_idle();
    }
    LaneFile& file = *used_.back();
    const auto entries = gather(file.room());
    writing_ = true;
    const auto started = executor_.now().mono;
    file.commit(next_group_++, entries,
                guarded([this, started](Result<std::uint64_t> result) { committed(started, std::move(result)); }));
    started_ = true;
    prepare();
    update_pressure();
}

// Makes used_.back() a file with `needed` bytes of room, moving on to a ready one when the newest is full.
bool WriteAheadLog::Impl::find_room(std::uint64_t needed) {
    if (!used_.empty() && !stalled_ && used_.back()->room() >= needed) return true;
    if (!used_.empty() && !stalled_) used_.back()->full_since = executor_.now().mono;
    const bool fits = !ready_.empty() && ready_.front()->room_end() >= kBlockBytes + needed;
    stalled_ = !fits;
    if (!fits) {
        started_ = true;
        prepare();
        return false;
    }
    used_.push_back(std::move(ready_.front()));
    ready_.pop_front();
    used_.back()->begin((std::uint64_t{run_} << 32) | next_use_++);
    return true;
}

// Takes entries off the queue for one group of at most `room` bytes.
std::vector<Entry> WriteAheadLog::Impl::gather(std::uint64_t room) {
    std::vector<Entry> entries;
    std::uint64_t bytes = kGroupHeadBytes;
    while (!pending_.empty() && entries.size() < kGroupEntriesMax) {
        auto& next = pending_.front();
        const auto size = kEntryHeadBytes + next.entry.batch.size();
        if (!entries.empty() && (bytes + size > kGroupBytesTarget || round_to_block(bytes + size) > room)) break;
        bytes += size;
        pending_bytes_ -= size;
        in_flight_.push_back({next.entry.partition, std::move(next.done)});
        entries.push_back(std::move(next.entry));
        pending_.pop_front();
    }
    counters.entries += entries.size();
    return entries;
}

void WriteAheadLog::Impl::committed(MonoTime started, Result<std::uint64_t> result) {
    if (!result && is_passing(result.error()) && !closing_ && !failure_) return commit_again_later(started);
    writing_ = false;
    if (!result) return fail_everything(std::move(result).error());
    used_.back()->committed();
    ++counters.commits;
    counters.bytes_written += *result;
    counters.sync_nanos +=
        static_cast<std::uint64_t>(std::chrono::duration_cast<Nanos>(executor_.now().mono - started).count());
    const std::weak_ptr<bool> alive = alive_;
    for (auto& entry : std::exchange(in_flight_, {})) {
        entry.done({});
        if (alive.expired()) return;
    }
    schedule_commit();
    check_idle();
}

// Some file systems need space even for what is prewritten.
void WriteAheadLog::Impl::commit_again_later(MonoTime started) {
    const auto when = executor_.now().mono + kDiskFullRetry;
    again_ = executor_.schedule(when, guarded([this, started] { commit_again(started); }));
}

void WriteAheadLog::Impl::commit_again(MonoTime started) {
    if (again_) executor_.cancel(*std::exchange(again_, std::nullopt));
    used_.back()->commit_again(
        guarded([this, started](Result<std::uint64_t> result) { committed(started, std::move(result)); }));
}

// After one failed write or sync nobody knows what the disk has: nothing is ever reported as committed again.
void WriteAheadLog::Impl::fail_everything(Error error) {
    if (!failure_) failure_ = error;
    if (again_) {
        executor_.cancel(*std::exchange(again_, std::nullopt));
        writing_ = false;
    }
    std::vector<io::Done<void>> dones;
    for (auto& entry : std::exchange(in_flight_, {})) dones.push_back(std::move(entry.done));
    for (auto& pending : std::exchange(pending_, {})) dones.push_back(std::move(pending.done));
    pending_bytes_ = 0;
    const std::weak_ptr<bool> alive = alive_;
    for (auto& done : dones) {
        done(fail(error));
        if (alive.expired()) return;
    }
    check_idle();
}

void WriteAheadLog::Impl::drop(const WalPartition& partition) {
    std::vector<io::Done<void>> dones;
    for (auto& entry : in_flight_) {
        if (entry.partition == partition) dones.push_back(std::exchange(entry.done, [](Result<void>) {}));
    }
    std::deque<Pending> kept;
    for (auto& pending : std::exchange(pending_, {})) {
        if (pending.entry.partition != partition) {
            kept.push_back(std::move(pending));
            continue;
        }
        pending_bytes_ -= pending.entry.batch.size() + kEntryHeadBytes;
        dones.push_back(std::move(pending.done));
    }
    pending_ = std::move(kept);
    const std::weak_ptr<bool> alive = alive_;
    for (auto& done : dones) {
        done(fail(Errc::kClosed, "the partition is deleted"));
        if (alive.expired()) return;
    }
    check_idle();
}

// --- files

Task<Result<void>> WriteAheadLog::Impl::open_first() {
    co_return co_await completion<Result<void>>([this](auto done) {
        idle_ = [this, done = std::move(done)]() mutable {
            done(failure_ ? Result<void>{fail(*failure_)} : Result<void>{});
        };
        make_file();
    });
}

// Keeps one file ready and lets it grow; only as much as the lane is used.
void WriteAheadLog::Impl::prepare() {
    if (making_ || growing_ || failure_ || disk_full_ || !started_ || (closing_ && pending_.empty())) return;
    if (!ready_.empty()) {
        if (ready_.front()->room_end() < options_.file_bytes) grow(ready_.front().get());
    } else if (file_count() < std::max<std::size_t>(options_.files_max, 2)) {
        make_file();
    }
}

void WriteAheadLog::Impl::make_file() {
    making_ = true;
    const LaneFileName name{.lane = static_cast<std::uint32_t>(options_.lane), .run = run_, .index = next_index_++};
    auto path = options_.dir + '/' + name.to_string();
    files_.open(path, io::OpenMode::kCreateNew, guarded([this, path](Result<io::OpenedFile> opened) mutable {
                    file_opened(std::move(path), std::move(opened));
                }));
}

// A file is of use only when its first room and its name are on the disk.
void WriteAheadLog::Impl::file_opened(std::string path, Result<io::OpenedFile> opened) {
    if (!opened) return preparing_failed(std::move(opened).error());
    auto file = std::make_unique<LaneFile>(std::move(opened->file), static_cast<std::uint32_t>(options_.lane));
    const auto step =
        std::min({options_.file_bytes, options_.prewrite_step_bytes, started_ ? options_.file_bytes : kFirstStepBytes});
    auto* prewriting = file.get();
    prewriting->prewrite(step, guarded([this, step, path, file = std::move(file)](Result<void> result) mutable {
                             if (!result) {
                                 file.reset();
                                 files_.remove_file(path, [](Result<void>) {});
                                 return preparing_failed(std::move(result).error());
                             }
                             file->prewritten(step);
                             files_.sync_dir(options_.dir,
                                             guarded([this, file = std::move(file)](Result<void> synced) mutable {
                                                 if (!synced) return preparing_failed(std::move(synced).error());
                                                 making_ = false;
                                                 ready_.push_back(std::move(file));
                                                 preparing_ended();
                                             }));
                         }));
}

void WriteAheadLog::Impl::grow(LaneFile* file) {
    growing_ = true;
    const auto step = std::min(options_.prewrite_step_bytes, options_.file_bytes - file->room_end());
    file->prewrite(step, guarded([this, file, step](Result<void> result) {
                       growing_ = false;
                       if (!result) return preparing_failed(std::move(result).error());
                       file->prewritten(step);
                       preparing_ended();
                   }));
}

// A full disk is no broken disk: what is prewritten can still be used, and recycled, until there is space again.
void WriteAheadLog::Impl::preparing_failed(Error error) {
    making_ = false;
    if (!is_passing(error)) return fail_everything(std::move(error));
    disk_full_ = true;
    executor_.schedule(executor_.now().mono + kDiskFullRetry, guarded([this] {
                           disk_full_ = false;
                           prepare();
                       }));
    update_pressure();
    check_idle();
}

void WriteAheadLog::Impl::preparing_ended() {
    prepare();
    if (stalled_) schedule_commit();
    check_idle();
}

// --- checkpoints

bool WriteAheadLog::Impl::needs_checkpoint() const {
    if (full_count() == 0) return false;
    return stalled_ || used_.size() * 2 > options_.files_max ||
           executor_.now().mono - used_.front()->full_since >= kFullFileAgeMax;
}

WriteAheadLog::Contents WriteAheadLog::Impl::oldest_contents() const {
    if (full_count() == 0) return {};
    const auto& contents = used_.front()->contents();
    return {contents.begin(), contents.end()};
}

void WriteAheadLog::Impl::update_pressure() {
    const bool needed = needs_checkpoint();
    const bool told = std::exchange(pressure_told_, needed);
    if (needed && !told && pressure_callback) pressure_callback();
}

// The oldest first and one at a time: a truncation recorded in a younger file must outlive the entries that it cuts.
Task<Result<void>> WriteAheadLog::Impl::recycle_oldest() {
    CHECK(!recycling_);
    if (failure_) co_return fail(*failure_);
    if (full_count() == 0) co_return Result<void>{};
    recycling_ = true;
    auto file = std::move(used_.front());
    used_.pop_front();
    if (used_.empty()) stalled_ = false;
    auto result = co_await completion<Result<void>>([&](auto done) { file->release(guarded(std::move(done))); });
    recycling_ = false;
    if (!result) {
        fail_everything(result.error());
        co_return result;
    }
    ready_.push_back(std::move(file));
    pressure_told_ = needs_checkpoint();
    disk_full_ = false;
    prepare();
    schedule_commit();
    check_idle();
    co_return Result<void>{};
}

// --- end

// A stalled queue has nobody left to make room for it.
Task<Result<void>> WriteAheadLog::Impl::close() {
    closing_ = true;
    if (again_) commit_again(executor_.now().mono);  // once more, the last time
    co_return co_await completion<Result<void>>([this](auto done) {
        idle_ = [this, done = std::move(done)]() mutable {
            done(failure_ ? Result<void>{fail(*failure_)} : Result<void>{});
        };
        check_idle();
    });
}

void WriteAheadLog::Impl::check_idle() {
    if (!idle_ || making_ || growing_ || recycling_ || writing_) return;
    if (!failure_ && !pending_.empty()) {
        if (!stalled_) return schedule_commit();
        return fail_everything({Errc::kClosed, "write-ahead log closed while full"});
    }
    auto idle = std::exchange(idle_, nullptr);
    idle();
}

// --- the public face

WriteAheadLog::WriteAheadLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WriteAheadLog::~WriteAheadLog() = default;

Task<Result<std::unique_ptr<WriteAheadLog>>> WriteAheadLog::open(Environment environment, WalOptions options) {
    CHECK(options.file_bytes >= 2 * kBlockBytes && options.file_bytes % kBlockBytes == 0);
    CHECK(options.prewrite_step_bytes >= 2 * kBlockBytes && options.prewrite_step_bytes % kBlockBytes == 0);
    MOLDAU_CO_TRY(co_await io::make_dirs(environment.files, options.dir));
    if (const auto slash = options.dir.rfind('/'); slash != std::string::npos && slash > 0) {
        MOLDAU_CO_TRY(co_await io::sync_dir(environment.files, options.dir.substr(0, slash)));
    }
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(environment.files, options.dir));
    std::uint32_t run = 0;
    for (const auto& entry : entries) {
        if (const auto name = LaneFileName::parse(entry.name)) run = std::max(run, name->run);
    }
    auto impl = std::make_unique<Impl>(environment, std::move(options), run + 1);
    MOLDAU_CO_TRY(co_await impl->open_first());
    co_return std::unique_ptr<WriteAheadLog>(new WriteAheadLog(std::move(impl)));
}

Result<void> WriteAheadLog::append(const WalPartition& partition, Offset base, Offset end, bytes::ChunkList batch,
                                   io::Done<void> done) {
    CHECK(base >= Offset{0} && base < end && !batch.empty());
    return impl_->append({EntryType::kBatch, partition, base, end, std::move(batch)}, std::move(done));
}

Result<void> WriteAheadLog::truncated(const WalPartition& partition, Offset end, io::Done<void> done) {
    CHECK(end >= Offset{0});
    return impl_->append({EntryType::kTruncation, partition, end, end, {}}, std::move(done));
}

bool WriteAheadLog::needs_checkpoint() const { return impl_->needs_checkpoint(); }
WriteAheadLog::Contents WriteAheadLog::oldest_contents() const { return impl_->oldest_contents(); }
Task<Result<void>> WriteAheadLog::recycle_oldest() { return impl_->recycle_oldest(); }
void WriteAheadLog::on_pressure(std::function<void()> callback) { impl_->pressure_callback = std::move(callback); }
void WriteAheadLog::drop(const WalPartition& partition) { impl_->drop(partition); }
void WriteAheadLog::fail_with(Error error) { impl_->fail_everything(std::move(error)); }
const std::optional<Error>& WriteAheadLog::failure() const { return impl_->failure(); }
const WriteAheadLog::Counters& WriteAheadLog::counters() const { return impl_->counters; }
Task<Result<void>> WriteAheadLog::close() { return impl_->close(); }

}  // namespace moldau::wal
