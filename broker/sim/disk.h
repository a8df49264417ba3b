// A simulated disk: in memory, with every fault that the real one has, decided by a seed.
//
// The problem: what was acknowledged must be there after any crash, and real crashes cannot be had a million times. The
// idea: the disk outlives "processes"; each uses it through a `FileSystem` of its own, until the process dies (what was
// completed stays, what was submitted may or may not have happened) or the power fails (what was not synced may be lost,
// torn, reordered). Every operation is counted, so that a test can crash after each in turn:
//
//     for (std::uint64_t crash = 1;; ++crash) {
//         sim::Disk disk{{.seed = crash}};
//         disk.crash_after_operation(crash);
//         const auto acked = run_the_workload(disk);   // ends early, with sim::try_run
//         const bool crashed = disk.is_crashed();
//         disk.power_fails();
//         expect_all_there(acked, disk);               // with a new Loop and FileSystem
//         if (!crashed) break;
//     }

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/executor.h"
#include "io/file.h"
#include "sim/random.h"
#include "sim/tree.h"

namespace moldau::sim {

enum class OpKind {
    kOpen,
    kRead,
    kWrite,
    kSync,
    kTruncate,
    kAllocate,
    kList,
    kMakeDirs,
    kRemoveFile,
    kRemoveDir,
    kRename,
    kSyncDir,
    kSpace,
    kLock
};
inline constexpr std::size_t kOpKinds = 14;
std::string_view op_name(OpKind kind);

enum class Fault {
    kIo,            // kIo, nothing done; a failed sync loses what it was to sync
    kDiskFull,      // kDiskFull, nothing done
    kShortIo,       // a write leaves a part of its bytes, then kIo
    kShortDiskFull  // the same with kDiskFull
};

struct Operation {
    std::uint64_t number = 0;  // counted from 1
    OpKind kind = OpKind::kOpen;
    std::string path;
    std::uint64_t position = 0;  // for truncate and allocate the size
    std::uint64_t bytes = 0;
    bool failed = false;
    // "17 write /data/x at 4096, 100 bytes"
    std::string to_string() const;
};

struct LatencyRange {
    Nanos min{0};
    Nanos max{0};
};

inline constexpr std::uint64_t kUnlimitedBytes = std::uint64_t{1} << 40;

struct DiskOptions {
    std::uint64_t seed = 1;
    Loss loss = Loss::kSubset;  // of power_fails()
    std::uint64_t capacity_bytes = kUnlimitedBytes;
    // From submission (or from the end of the operation before it on the same file) to completion.
    LatencyRange read_latency;
    LatencyRange write_latency;
    LatencyRange sync_latency;
    LatencyRange other_latency;
};

class Job;
class JobQueue;

// Lifetime: outlives its file systems, their files and the loops that run them. One thread.
class Disk {
public:
    explicit Disk(DiskOptions options = {});
    ~Disk();
    Disk(const Disk&) = delete;
    Disk& operator=(const Disk&) = delete;

    // The process ends at once: its locks are free, its file systems are dead (what they are asked never completes), each
    // file's operations under way have happened up to a point that the seed chooses.
    void process_dies();
    // The same, and everything that was not synced is lost as `loss` says.
    void power_fails() { power_fails(options_.loss); }
    void power_fails(Loss loss);
    // Nothing completes any more once the operation `number` has; 0 takes it back. Follow with process_dies() or
    // power_fails().
    void crash_after_operation(std::uint64_t number) { crash_after_ = number; }
    bool is_crashed() const { return crashed_; }
    // Completes with kIo what dead file systems hold, and whatever they are asked from now on, so that a dead process's
    // tasks end and can be taken apart. Call it when all that the process had acknowledged is noted.
    void unwind_the_dead();

    // The operation `number`, counted from 1 over the whole life of the disk, fails.
    void fail_operation(std::uint64_t number, Fault fault) { faults_[number] = fault; }
    // Of the operations of this kind that are still to come, the `nth` (from 1) fails; if `path_part` is given, of those on
    // paths with it.
    void fail_nth(OpKind kind, std::uint64_t nth, Fault fault, std::string path_part = {});
    // Every operation of this kind fails until heal().
    void fail_all(OpKind kind, Fault fault);
    // No faults are set any more.
    void heal();

    void flip_bit(const std::string& path, std::uint64_t position, unsigned bit = 0);
    void set_capacity(std::uint64_t bytes) { options_.capacity_bytes = bytes; }

    // Operations carried out so far.
    std::uint64_t operations() const { return operations_; }
    // The last ones, at most 10,000.
    const std::deque<Operation>& log() const { return log_; }

    // Looking and laying down without a process. Contents are as the processes see them; what is laid down is durable, with
    // its folders.
    bool exists(const std::string& path) const { return tree_.find(path) != nullptr; }
    std::string content(const std::string& path) const;
    std::vector<std::string> names(const std::string& path) const;
    void put(const std::string& path, std::string_view content);

private:
    friend class FileSystem;
    struct PlannedFault {
        OpKind kind;
        bool every;
        std::int64_t left;  // fails at 1
        Fault fault;
        std::string path_part;
    };
    enum class InFlight { kMayHappen, kDoesNotHappen };

    Nanos latency(OpKind kind);
    void enqueue(const std::shared_ptr<JobQueue>& queue, std::unique_ptr<Job> job);
    void arm(const std::shared_ptr<JobQueue>& queue);
    void carry_out_front(const std::shared_ptr<JobQueue>& queue);
    std::optional<Fault> next_fault(const Operation& operation);
    void record(const Operation& operation);
    void end_process(InFlight in_flight);
    void happen_in_part(JobQueue& queue);
    // Bytes that files may still grow by.
    std::uint64_t room() const {
        if (options_.capacity_bytes == kUnlimitedBytes) return kUnlimitedBytes;  // saves the walk over all files
        const auto used = tree_.used_bytes();
        return used < options_.capacity_bytes ? options_.capacity_bytes - used : 0;
    }

    DiskOptions options_;
    Random random_;
    Tree tree_;
    std::uint64_t process_ = 1;
    std::uint64_t unwound_before_ = 0;  // processes before this one fail instead of waiting
    std::uint64_t operations_ = 0;
    std::uint64_t crash_after_ = 0;
    bool crashed_ = false;
    std::map<std::uint64_t, Fault> faults_;
    std::vector<PlannedFault> planned_;
    std::deque<Operation> log_;
    std::list<std::shared_ptr<JobQueue>> busy_;  // with jobs, in the order of their first
    std::vector<std::unique_ptr<Job>> held_;     // of dead processes
    std::map<NodeRef, std::uint64_t> locks_;     // with the holder's token
    std::uint64_t lock_token_ = 0;
};

// One process's (and loop's) way to the disk. Lifetime: within the disk's and the executor's; dead once its process has
// ended.
class FileSystem final : public io::FileSystem {
public:
    FileSystem(Disk& disk, io::Executor& executor) : disk_(disk), executor_(executor), process_(disk.process_) {}

    void open(std::string path, io::OpenMode mode, io::Done<io::OpenedFile> done) override;
    void list(std::string path, io::Done<std::vector<io::DirEntry>> done) override;
    void make_dirs(std::string path, io::Done<void> done) override;
    void remove_file(std::string path, io::Done<void> done) override;
    void remove_dir(std::string path, io::Done<void> done) override;
    void rename(std::string from, std::string to, io::Done<void> done) override;
    void sync_dir(std::string path, io::Done<void> done) override;
    void space(std::string path, io::Done<io::DiskSpace> done) override;
    void lock(std::string path, io::Done<std::unique_ptr<io::FileLock>> done) override;

    Disk& disk() { return disk_; }

private:
    friend class SimFile;
    friend class SimLock;
    template <class T, class Effect>
    void submit(OpKind kind, std::string path, Effect effect, io::Done<T> done);
    static void enqueue(Disk& disk, const std::shared_ptr<JobQueue>& queue, std::unique_ptr<Job> job);
    // What a file's operations do to the disk.
    static Result<void> write(Disk& disk, Node& node, const Operation& operation, const bytes::ChunkList& data,
                              std::optional<Fault> fault);
    static Result<void> sync(Disk& disk, Node& node, const Operation& operation, std::optional<Fault> fault);
    static Result<void> grow(Disk& disk, Node& node, const Operation& operation);
    static void release_lock(Disk& disk, const NodeRef& node, std::uint64_t token);

    Disk& disk_;
    io::Executor& executor_;
    const std::uint64_t process_;
};

}  // namespace moldau::sim
