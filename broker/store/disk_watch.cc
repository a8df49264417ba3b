// The look at a directory, its reserve file, and the loop around it.

#include "store/disk_watch.h"

#include <utility>

#include "base/logger.h"

namespace moldau::store {

namespace {

constexpr std::size_t kMetaBytesMax = 64 << 10;
constexpr std::uint64_t kStartBytes = 4 << 20;

std::string reserve_path(const DirHealth& dir) { return dir.path() + '/' + kReserveFile; }

}  // namespace

Task<Result<void>> give_up_reserve_in_need(io::FileSystem& files, std::string dir) {
    MOLDAU_CO_TRY_ASSIGN(space, co_await io::space(files, dir));
    if (space.free_bytes >= kStartBytes) co_return Result<void>{};
    co_return co_await io::remove_file(files, dir + '/' + kReserveFile);
}

DiskWatch::DiskWatch(Environment environment, Options options)
    : environment_(environment), options_(std::move(options)), wake_(environment.executor) {
    for (const auto& health : options_.dirs) dirs_.push_back({.health = health});
    tasks_.on_stop([this] { wake_.notify_all(); });
}

Task<void> DiskWatch::look() {
    before_look_();
    for (std::size_t index = 0; index < dirs_.size(); ++index) {
        Watched& dir = dirs_[index];
        if (dir.health->failure() == nullptr) co_await look_at(dir);
        const Error* failed = dir.health->failure();
        if (failed == nullptr || std::exchange(dir.was_told, true)) continue;
        LOG_ERROR("store", "a data directory failed, its partitions are offline until the next start dir={} error=\"{}\"",
                  dir.health->path(), failed->to_string());
        if (on_failure_) co_await on_failure_(index);
    }
}

Task<void> DiskWatch::look_at(Watched& dir) {
    auto seen = co_await check(dir);
    if (seen) seen = co_await follow_space(dir);
    // A lack of descriptors or of space says nothing against the disk.
    if (seen || seen.error().code == Errc::kBusy || seen.error().code == Errc::kDiskFull) co_return;
    dir.health->fail(std::move(seen).error());
}

// Is it the directory that was opened? One whose disk was unmounted shows the empty folder below.
Task<Result<void>> DiskWatch::check(Watched& dir) {
    auto meta = co_await io::read_file(environment_.files, dir.health->path() + "/meta.properties", kMetaBytesMax);
    if (!meta) {
        const bool is_gone = meta.error().code == Errc::kNotFound;
        co_return is_gone ? fail(Errc::kIo, dir.health->path() + " is not there any more: its meta.properties is gone")
                          : fail(std::move(meta).error());
    }
    const auto& id = dir.health->id();
    if (id.is_zero() || meta->text().find(id.to_string()) != std::string_view::npos) co_return Result<void>{};
    co_return fail(Errc::kIo, dir.health->path() + " is another directory now: its meta.properties has another id");
}

Task<Result<void>> DiskWatch::follow_space(Watched& dir) {
    if (!dir.reserve_bytes) {
        auto file = co_await io::open(environment_.files, reserve_path(*dir.health), io::OpenMode::kRead);
        if (!file && file.error().code != Errc::kNotFound) co_return fail(std::move(file).error());
        dir.reserve_bytes = file ? file->bytes : 0;
    }
    MOLDAU_CO_TRY_ASSIGN(space, co_await io::space(environment_.files, dir.health->path()));
    dir.health->set_space(space);
    const auto limits = SpaceLimits::of(space.total_bytes, options_.free_bytes_min, options_.reserve_bytes);
    const auto full_writes = dir.health->full_writes();
    auto decision = dir.rules.see({space.free_bytes, full_writes, *dir.reserve_bytes}, limits);
    const auto changed = co_await apply(dir, decision.reserve, limits.reserve_bytes);
    if (decision.reserve == DiskSpaceRules::Reserve::kMake && changed) {
        MOLDAU_CO_TRY_ASSIGN(after, co_await io::space(environment_.files, dir.health->path()));
        decision = dir.rules.see({after.free_bytes, full_writes, *dir.reserve_bytes}, limits);
    }
    say(dir, decision, space);
    co_return changed;
}

Task<Result<void>> DiskWatch::apply(Watched& dir, DiskSpaceRules::Reserve change, std::uint64_t bytes) {
    if (change == DiskSpaceRules::Reserve::kMake) co_return co_await make_reserve(dir, bytes);
    if (change == DiskSpaceRules::Reserve::kKeep) co_return Result<void>{};
    MOLDAU_CO_TRY(co_await io::remove_file(environment_.files, reserve_path(*dir.health)));
    LOG_WARNING("store", "the disk is full, the reserve is given up dir={} bytes={}", dir.health->path(),
                *dir.reserve_bytes);
    dir.reserve_bytes = 0;
    co_return Result<void>{};
}

Task<Result<void>> DiskWatch::make_reserve(Watched& dir, std::uint64_t bytes) {
    const auto path = reserve_path(*dir.health);
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(environment_.files, path, io::OpenMode::kCreate));
    auto made = co_await io::allocate(*opened.file, bytes);
    if (!made) {
        static_cast<void>(co_await io::remove_file(environment_.files, path));
        dir.reserve_bytes = 0;
        co_return made;
    }
    dir.reserve_bytes = bytes;
    co_return Result<void>{};
}

void DiskWatch::say(Watched& dir, DiskSpaceRules::Decision decision, const io::DiskSpace& space) {
    const bool was_refusing = std::exchange(dir.is_refusing, decision.refuse);
    if (decision.refuse) {
        dir.health->refuse();
        if (was_refusing) return;
        LOG_ERROR("store", "the disk is nearly full, producers are refused until there is space dir={} free={} total={}",
                  dir.health->path(), space.free_bytes, space.total_bytes);
        return;
    }
    dir.health->accept();
    if (!was_refusing) return;
    LOG_INFO("store", "the disk has space again, producers are accepted dir={} free={} total={}", dir.health->path(),
             space.free_bytes, space.total_bytes);
}

void DiskWatch::start() { tasks_.start(look_forever()); }

Task<void> DiskWatch::look_forever() {
    while (!tasks_.stopping()) {
        co_await look();
        const auto next = environment_.executor.now().mono + options_.interval;
        while (!tasks_.stopping() && environment_.executor.now().mono < next) co_await wake_.wait_until(next);
    }
}

Task<void> DiskWatch::stop() { co_await tasks_.stop(); }

}  // namespace moldau::store
