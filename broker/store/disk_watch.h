// Looks at every data directory once a second: how much room is there, and is it still the directory that was opened?
//
// The problem: a disk fills, or is unmounted, by what others do; the first to notice must not be a client's record. The
// idea: each look asks for the free space, follows `DiskSpaceRules` (refuse producers, give up or remake the reserve file
// `.moldau-reserve`), reads `meta.properties` to see that the directory is there, and tells once of each that failed. Place:
// one per broker, on its first core; what it finds is in `DirHealth`, for all cores.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/task_group.h"
#include "base/time.h"
#include "io/executor.h"
#include "io/file.h"
#include "io/wait_list.h"
#include "store/dir_health.h"
#include "store/disk_space.h"

namespace moldau::store {

inline constexpr const char* kReserveFile = ".moldau-reserve";

// For the start, which writes small files before the first look: with next to nothing left the reserve goes at once.
Task<Result<void>> give_up_reserve_in_need(io::FileSystem& files, std::string dir);

// Lifetime: stop() before destroying. Thread: its core.
class DiskWatch {
public:
    struct Environment {
        io::Executor& executor;
        io::FileSystem& files;
    };
    struct Options {
        DirHealths dirs;
        std::optional<std::uint64_t> free_bytes_min;  // moldau.disk.free.min.bytes
        std::optional<std::uint64_t> reserve_bytes;   // moldau.disk.reserve.bytes
        Millis interval{1'000};
    };
    DiskWatch(Environment environment, Options options);

    // One look at all directories. One at a time.
    Task<void> look();
    // A directory failed, here or on another core: called once for each, by look(), with its index.
    void on_failure(std::function<Task<void>(std::size_t dir)> callback) { on_failure_ = std::move(callback); }
    // Runs at the beginning of every look.
    void before_look(std::function<void()> callback) { before_look_ = std::move(callback); }
    // Looks again and again, in the background.
    void start();
    Task<void> stop();

private:
    struct Watched {
        std::shared_ptr<DirHealth> health;
        DiskSpaceRules rules;
        std::optional<std::uint64_t> reserve_bytes;  // that the file has; nullopt: not looked up yet
        bool is_refusing = false;
        bool was_told = false;  // of its failure
    };
    Task<void> look_at(Watched& dir);
    Task<Result<void>> check(Watched& dir);
    Task<Result<void>> follow_space(Watched& dir);
    Task<Result<void>> apply(Watched& dir, DiskSpaceRules::Reserve change, std::uint64_t bytes);
    Task<Result<void>> make_reserve(Watched& dir, std::uint64_t bytes);
    void say(Watched& dir, DiskSpaceRules::Decision decision, const io::DiskSpace& space);
    Task<void> look_forever();

    Environment environment_;
    const Options options_;
    std::vector<Watched> dirs_;
    std::function<Task<void>(std::size_t)> on_failure_;
    std::function<void()> before_look_ = [] {};
    io::WaitList wake_;
    TaskGroup tasks_;
};

}  // namespace moldau::store
