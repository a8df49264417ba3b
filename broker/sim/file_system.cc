// What each operation does to the simulated disk, and the objects that submit them.

#include <algorithm>
#include <utility>

#include "sim/disk.h"
#include "sim/jobs.h"

namespace moldau::sim {

namespace {

std::unexpected<Error> failed(Errc code, const Operation& operation, const char* reason) {
    std::string context = std::string{op_name(operation.kind)} + ' ' + operation.path;
    if (operation.kind == OpKind::kRead || operation.kind == OpKind::kWrite) {
        context += " at " + std::to_string(operation.position);
    }
    return fail(code, context + ": " + reason);
}

std::unexpected<Error> injected(const Operation& operation, Fault fault) {
    const bool is_full = fault == Fault::kDiskFull || fault == Fault::kShortDiskFull;
    return is_full ? failed(Errc::kDiskFull, operation, "No space left on device (injected)")
                   : failed(Errc::kIo, operation, "Input/output error (injected)");
}

bool is_short(Fault fault) { return fault == Fault::kShortIo || fault == Fault::kShortDiskFull; }

void write_front(Node& node, std::uint64_t position, const bytes::ChunkList& data, std::uint64_t bytes) {
    for (const auto& chunk : data.chunks()) {
        const auto count = std::min<std::uint64_t>(bytes, chunk.size());
        node.content.write(position, chunk.span().first(count));
        position += count;
        bytes -= count;
    }
}

}  // namespace

// Lifetime: the queue lives on while operations are under way.
class SimFile final : public io::File {
public:
    SimFile(Disk& disk, std::shared_ptr<JobQueue> queue, NodeRef node, std::string path)
        : disk_(disk), queue_(std::move(queue)), node_(std::move(node)), path_(std::move(path)) {}

    void read(std::uint64_t position, std::size_t length, io::Done<bytes::View> done) override {
        auto effect = [node = node_](const Operation& operation, std::optional<Fault> fault) -> Result<bytes::View> {
            if (fault) return injected(operation, *fault);
            return node->content.read(operation.position, operation.bytes);
        };
        // Reads run beside the queue.
        const auto alone = std::make_shared<JobQueue>(queue_->executor, queue_->process);
        submit<bytes::View>(alone, {.kind = OpKind::kRead, .path = path_, .position = position, .bytes = length},
                            std::move(effect), std::move(done));
    }
    void write(std::uint64_t position, bytes::ChunkList data, io::Done<void> done) override {
        const std::uint64_t size = data.size();
        auto effect = [&disk = disk_, node = node_, data = std::move(data)](const Operation& operation,
                                                                            std::optional<Fault> fault) {
            return FileSystem::write(disk, *node, operation, data, fault);
        };
        submit<void>(queue_, {.kind = OpKind::kWrite, .path = path_, .position = position, .bytes = size}, std::move(effect),
                     std::move(done));
    }
    void sync(io::Done<void> done) override {
        auto effect = [&disk = disk_, node = node_](const Operation& operation, std::optional<Fault> fault) {
            return FileSystem::sync(disk, *node, operation, fault);
        };
        submit<void>(queue_, {.kind = OpKind::kSync, .path = path_}, std::move(effect), std::move(done));
    }
    void truncate(std::uint64_t bytes, io::Done<void> done) override {
        auto effect = [node = node_](const Operation& operation, std::optional<Fault> fault) -> Result<void> {
            if (fault) return injected(operation, *fault);
            node->content.resize(operation.position);
            return {};
        };
        submit<void>(queue_, {.kind = OpKind::kTruncate, .path = path_, .position = bytes}, std::move(effect),
                     std::move(done));
    }
    void allocate(std::uint64_t bytes, io::Done<void> done) override {
        auto effect = [&disk = disk_, node = node_](const Operation& operation, std::optional<Fault> fault) -> Result<void> {
            if (fault) return injected(operation, *fault);
            return FileSystem::grow(disk, *node, operation);
        };
        submit<void>(queue_, {.kind = OpKind::kAllocate, .path = path_, .position = bytes}, std::move(effect),
                     std::move(done));
    }
    const std::string& path() const override { return path_; }

private:
    template <class T, class Effect>
    void submit(const std::shared_ptr<JobQueue>& queue, Operation operation, Effect effect, io::Done<T> done) {
        auto job = std::make_unique<JobOf<T>>(std::move(operation), std::move(effect), std::move(done));
        FileSystem::enqueue(disk_, queue, std::move(job));
    }

    Disk& disk_;
    const std::shared_ptr<JobQueue> queue_;
    const NodeRef node_;
    const std::string path_;
};

class SimLock final : public io::FileLock {
public:
    SimLock(Disk& disk, NodeRef node, std::uint64_t token) : disk_(disk), node_(std::move(node)), token_(token) {}
    ~SimLock() override { FileSystem::release_lock(disk_, node_, token_); }

private:
    Disk& disk_;
    const NodeRef node_;
    const std::uint64_t token_;
};

void FileSystem::enqueue(Disk& disk, const std::shared_ptr<JobQueue>& queue, std::unique_ptr<Job> job) {
    disk.enqueue(queue, std::move(job));
}

Result<void> FileSystem::write(Disk& disk, Node& node, const Operation& operation, const bytes::ChunkList& data,
                               std::optional<Fault> fault) {
    if (fault && !is_short(*fault)) return injected(operation, *fault);
    if (fault) {
        write_front(node, operation.position, data, data.size() == 0 ? 0 : disk.random_.below(data.size()));
        return injected(operation, *fault);
    }
    const std::uint64_t end = operation.position + data.size();
    const std::uint64_t growth = end > node.content.size() ? end - node.content.size() : 0;
    const std::uint64_t room = disk.room();
    if (growth <= room) {
        write_front(node, operation.position, data, data.size());
        return {};
    }
    const std::uint64_t missing = growth - room;
    if (missing < data.size()) write_front(node, operation.position, data, data.size() - missing);
    return failed(Errc::kDiskFull, operation, "No space left on device");
}

Result<void> FileSystem::sync(Disk& disk, Node& node, const Operation& operation, std::optional<Fault> fault) {
    if (!fault) {
        node.content.sync();
        return {};
    }
    node.content.fail_sync(disk.random_);
    return injected(operation, Fault::kIo);
}

Result<void> FileSystem::grow(Disk& disk, Node& node, const Operation& operation) {
    if (operation.position <= node.content.size()) return {};
    if (operation.position - node.content.size() > disk.room()) {
        return failed(Errc::kDiskFull, operation, "No space left on device");
    }
    node.content.resize(operation.position);
    return {};
}

void FileSystem::release_lock(Disk& disk, const NodeRef& node, std::uint64_t token) {
    const auto held = disk.locks_.find(node);
    if (held != disk.locks_.end() && held->second == token) disk.locks_.erase(held);
}

// Operations on names have no order among each other: each is a queue of one.
template <class T, class Effect>
void FileSystem::submit(OpKind kind, std::string path, Effect effect, io::Done<T> done) {
    auto checked = [effect = std::move(effect)](const Operation& operation,
                                                std::optional<Fault> fault) mutable -> Result<T> {
        if (fault) return injected(operation, *fault);
        return effect();
    };
    auto job =
        std::make_unique<JobOf<T>>(Operation{.kind = kind, .path = std::move(path)}, std::move(checked), std::move(done));
    disk_.enqueue(std::make_shared<JobQueue>(executor_, process_), std::move(job));
}

void FileSystem::open(std::string path, io::OpenMode mode, io::Done<io::OpenedFile> done) {
    auto effect = [&disk = disk_, &executor = executor_, process = process_, path, mode]() -> Result<io::OpenedFile> {
        MOLDAU_TRY_ASSIGN(node, disk.tree_.open(path, mode));
        const std::uint64_t bytes = node->content.size();
        auto queue = std::make_shared<JobQueue>(executor, process);
        return io::OpenedFile{std::make_unique<SimFile>(disk, std::move(queue), std::move(node), path), bytes};
    };
    submit<io::OpenedFile>(OpKind::kOpen, path, std::move(effect), std::move(done));
}

void FileSystem::list(std::string path, io::Done<std::vector<io::DirEntry>> done) {
    submit<std::vector<io::DirEntry>>(
        OpKind::kList, path, [&disk = disk_, path] { return disk.tree_.list(path); }, std::move(done));
}

void FileSystem::make_dirs(std::string path, io::Done<void> done) {
    submit<void>(OpKind::kMakeDirs, path, [&disk = disk_, path] { return disk.tree_.make_dirs(path); }, std::move(done));
}

void FileSystem::remove_file(std::string path, io::Done<void> done) {
    submit<void>(OpKind::kRemoveFile, path, [&disk = disk_, path] { return disk.tree_.remove_file(path); }, std::move(done));
}

void FileSystem::remove_dir(std::string path, io::Done<void> done) {
    submit<void>(OpKind::kRemoveDir, path, [&disk = disk_, path] { return disk.tree_.remove_dir(path); }, std::move(done));
}

void FileSystem::rename(std::string from, std::string to, io::Done<void> done) {
    submit<void>(
        OpKind::kRename, from + " to " + to, [&disk = disk_, from, to] { return disk.tree_.rename(from, to); },
        std::move(done));
}

void FileSystem::sync_dir(std::string path, io::Done<void> done) {
    submit<void>(OpKind::kSyncDir, path, [&disk = disk_, path] { return disk.tree_.sync_dir(path); }, std::move(done));
}

void FileSystem::space(std::string path, io::Done<io::DiskSpace> done) {
    auto effect = [&disk = disk_]() -> Result<io::DiskSpace> {
        return io::DiskSpace{.total_bytes = disk.options_.capacity_bytes, .free_bytes = disk.room()};
    };
    submit<io::DiskSpace>(OpKind::kSpace, std::move(path), std::move(effect), std::move(done));
}

void FileSystem::lock(std::string path, io::Done<std::unique_ptr<io::FileLock>> done) {
    auto effect = [&disk = disk_, path]() -> Result<std::unique_ptr<io::FileLock>> {
        MOLDAU_TRY_ASSIGN(node, disk.tree_.open(path, io::OpenMode::kCreate));
        if (disk.locks_.contains(node)) return fail(Errc::kLocked, "lock " + path);
        const std::uint64_t token = ++disk.lock_token_;
        disk.locks_.emplace(node, token);
        return std::make_unique<SimLock>(disk, std::move(node), token);
    };
    submit<std::unique_ptr<io::FileLock>>(OpKind::kLock, path, std::move(effect), std::move(done));
}

}  // namespace moldau::sim
