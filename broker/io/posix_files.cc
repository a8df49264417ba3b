// Queues of file operations and their way to the I/O threads and back.

#include "io/posix_files.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <span>
#include <thread>
#include <utility>

#include "io/large_read.h"
#include "io/page_cache.h"
#include "io/posix_calls.h"

namespace moldau::io {

namespace {

constexpr std::size_t kOperationsPerJobMax = 1024;

struct Operation {
    enum class Kind { kWrite, kSync, kTruncate, kAllocate };
    Kind kind = Kind::kSync;
    std::uint64_t position = 0;  // for truncate and allocate the size
    bytes::ChunkList data;
    Done<void> done;
    Result<void> result;

    std::uint64_t end_position() const { return position + data.size(); }
};

// How many operations at the front of `operations` are writes that adjoin.
std::size_t adjoining_writes(std::span<const Operation> operations) {
    std::size_t count = 0;
    while (count < operations.size() && operations[count].kind == Operation::Kind::kWrite &&
           (count == 0 || operations[count].position == operations[count - 1].end_position())) {
        ++count;
    }
    return count;
}

// Those that lie wholly before an error succeeded; the rest share it.
void write_adjoining(const posix::OpenFile& file, std::span<Operation> writes) {
    std::vector<bytes::Span> pieces;
    for (const auto& write : writes) {
        for (const auto& chunk : write.data.chunks()) pieces.push_back(chunk.span());
    }
    const auto written = posix::write_at(file, writes.front().position, pieces);
    const auto end_position = writes.front().position + written.bytes;
    for (auto& write : writes) {
        if (write.end_position() > end_position) write.result = written.result;
    }
}

Result<void> carry_out(const posix::OpenFile& file, const Operation& operation) {
    switch (operation.kind) {
        case Operation::Kind::kSync:
            return posix::sync(file);
        case Operation::Kind::kTruncate:
            return posix::truncate(file, operation.position);
        case Operation::Kind::kAllocate:
            return posix::allocate(file, operation.position);
        case Operation::Kind::kWrite:
            break;
    }
    return {};
}

void carry_out_all(const posix::OpenFile& file, std::span<Operation> operations) {
    while (!operations.empty()) {
        std::size_t count = adjoining_writes(operations);
        if (count > 0) {
            write_adjoining(file, operations.first(count));
        } else {
            operations.front().result = carry_out(file, operations.front());
            count = 1;
        }
        operations = operations.subspan(count);
    }
}

// What outlives the File object while operations are under way. Invariant: at most one job per file is with the threads.
class FileQueue : public std::enable_shared_from_this<FileQueue> {
public:
    FileQueue(PosixFileSystem& files, posix::OpenFile file) : files_(files), file_(std::move(file)) {}

    void push(Operation operation) {
        waiting_.push_back(std::move(operation));
        if (!busy_) schedule();
    }
    void read(std::uint64_t position, std::size_t length, Done<bytes::View> done);
    void bring_in(std::uint64_t position, File::Ahead ahead, Done<File::Found> done);
    const std::string& path() const { return file_.path; }
    const posix::OpenFile& file() const { return file_; }

private:
    template <class T, class Call>
    void call_reader(Call call, Done<T> done);
    void schedule() {
        busy_ = true;
        files_.before_dispatch([self = shared_from_this()] { self->submit(); });
    }

    std::vector<Operation> take_batch() {
        std::vector<Operation> batch;
        while (!waiting_.empty() && batch.size() < kOperationsPerJobMax) {
            batch.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
            // What follows a sync waits for it anyway; what it covers is reported as soon as it ends.
            if (batch.back().kind == Operation::Kind::kSync) break;
        }
        return batch;
    }

    void submit() {
        auto job = [self = shared_from_this(), batch = take_batch()]() mutable {
            carry_out_all(self->file_, batch);
            auto& executor = self->files_.executor();
            executor.post([self = std::move(self), batch = std::move(batch)]() mutable { self->complete(batch); });
        };
        files_.submit(PosixFileSystem::Pool::kWriters, std::move(job));
    }

    void complete(std::vector<Operation>& batch) {
        busy_ = false;
        if (!waiting_.empty()) schedule();
        for (auto& operation : batch) operation.done(std::move(operation.result));
    }

    PosixFileSystem& files_;
    const posix::OpenFile file_;
    std::deque<Operation> waiting_;
    bool busy_ = false;  // scheduled or with the threads
};

Result<bytes::View> read_now(const posix::OpenFile& file, std::uint64_t position, std::size_t length) {
    if (length >= posix::kLargeReadBytes) return posix::read_large(file, position, length);
    bytes::Buffer buffer{length};
    MOLDAU_TRY_ASSIGN(count, posix::read_at(file, position, buffer.spare()));
    buffer.commit(count);
    return buffer.view();
}

// Runs `call(file)`, which returns a Result<T>, on a reading thread and hands its result to `done` on the loop.
template <class T, class Call>
void FileQueue::call_reader(Call call, Done<T> done) {
    auto job = [self = shared_from_this(), call = std::move(call), done = std::move(done)]() mutable {
        auto result = call(self->file_);
        auto& executor = self->files_.executor();
        executor.post([self = std::move(self), done = std::move(done), result = std::move(result)]() mutable {
            done(std::move(result));
        });
    };
    files_.submit(PosixFileSystem::Pool::kReaders, std::move(job));
}

void FileQueue::read(std::uint64_t position, std::size_t length, Done<bytes::View> done) {
    auto read = [position, length](const posix::OpenFile& file) {
        auto result = read_now(file, position, length);
        // Most of the buffer would be held for nothing.
        if (result && result->size() < length / 2) result = bytes::View::copy_of(result->span());
        return result;
    };
    call_reader<bytes::View>(std::move(read), std::move(done));
}

void FileQueue::bring_in(std::uint64_t position, File::Ahead ahead, Done<File::Found> done) {
    call_reader<File::Found>(
        [position, ahead](const posix::OpenFile& file) { return posix::bring_in(file, position, ahead); }, std::move(done));
}

class PosixFile final : public File {
public:
    PosixFile(PosixFileSystem& files, posix::OpenFile file)
        : files_(files), queue_(std::make_shared<FileQueue>(files, std::move(file))) {}
    ~PosixFile() override {
        // Closing may free a removed file's blocks, which takes the disk's time.
        files_.submit(PosixFileSystem::Pool::kWriters, [queue = std::move(queue_)]() mutable { queue.reset(); });
    }

    void read(std::uint64_t position, std::size_t length, Done<bytes::View> done) override {
        queue_->read(position, length, std::move(done));
    }
    void write(std::uint64_t position, bytes::ChunkList data, Done<void> done) override {
        push(Operation::Kind::kWrite, position, std::move(data), std::move(done));
    }
    void sync(Done<void> done) override { push(Operation::Kind::kSync, 0, {}, std::move(done)); }
    void truncate(std::uint64_t bytes, Done<void> done) override {
        push(Operation::Kind::kTruncate, bytes, {}, std::move(done));
    }
    void allocate(std::uint64_t bytes, Done<void> done) override {
        push(Operation::Kind::kAllocate, bytes, {}, std::move(done));
    }
    const std::string& path() const override { return queue_->path(); }
    bool read_cached(std::uint64_t position, bytes::MutableSpan into) override {
        return posix::read_cached(queue_->file(), position, into);
    }
    std::optional<bytes::FileRange> cached_range(std::uint64_t position, std::size_t length) override {
        const auto& file = queue_->file();
        if (!posix::can_send_at_once(file, position, length)) return std::nullopt;
        return bytes::FileRange{queue_, file.descriptor.number(), position, length};
    }
    void bring_in(std::uint64_t position, Ahead ahead, Done<Found> done) override {
        queue_->bring_in(position, ahead, std::move(done));
    }

private:
    void push(Operation::Kind kind, std::uint64_t position, bytes::ChunkList data, Done<void> done) {
        queue_->push({.kind = kind, .position = position, .data = std::move(data), .done = std::move(done), .result = {}});
    }

    PosixFileSystem& files_;
    std::shared_ptr<FileQueue> queue_;
};

class PosixLock final : public FileLock {
public:
    explicit PosixLock(posix::Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

private:
    posix::Descriptor descriptor_;
};

}  // namespace

PosixFileSystem::~PosixFileSystem() {
    while (in_flight_.load(std::memory_order_acquire) > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void PosixFileSystem::arm() {
    if (std::exchange(armed_, true)) return;
    executor_.at_end_of_turn([this] { dispatch(); });
}

void PosixFileSystem::before_dispatch(Callback callback) {
    before_dispatch_.push_back(std::move(callback));
    arm();
}

void PosixFileSystem::submit(Pool pool, Callback job) {
    (pool == Pool::kWriters ? writer_jobs_ : reader_jobs_).push_back(std::move(job));
    arm();
}

void PosixFileSystem::dispatch() {
    for (auto& callback : std::exchange(before_dispatch_, {})) callback();
    armed_ = false;
    auto writer_jobs = counted(std::exchange(writer_jobs_, {}));
    auto reader_jobs = counted(std::exchange(reader_jobs_, {}));
    if (!writer_jobs.empty()) threads_.writers().submit(writer_jobs);
    if (!reader_jobs.empty()) threads_.readers().submit(reader_jobs);
}

std::vector<Callback> PosixFileSystem::counted(std::vector<Callback> jobs) {
    in_flight_.fetch_add(jobs.size(), std::memory_order_relaxed);
    for (auto& job : jobs) {
        job = [this, run = std::move(job)]() mutable {
            run();
            run = nullptr;
            in_flight_.fetch_sub(1, std::memory_order_release);  // from here on `this` may be gone
        };
    }
    return jobs;
}

// Runs `call()`, which returns a Result<T>, on a thread and hands its result to `done` on the loop.
template <class T, class Call>
void PosixFileSystem::call(Call call, Done<T> done) {
    submit(Pool::kWriters, [this, call = std::move(call), done = std::move(done)]() mutable {
        executor_.post([result = call(), done = std::move(done)]() mutable { done(std::move(result)); });
    });
}

void PosixFileSystem::open(std::string path, OpenMode mode, Done<OpenedFile> done) {
    auto finish = [this, path, done = std::move(done)](Result<posix::Opened> opened) mutable {
        if (!opened) return done(fail(std::move(opened).error()));
        auto file = std::make_unique<PosixFile>(*this, posix::OpenFile{std::move(opened->descriptor), std::move(path)});
        done(OpenedFile{std::move(file), opened->bytes});
    };
    call<posix::Opened>([path = std::move(path), mode] { return posix::open_file(path, mode); }, std::move(finish));
}

void PosixFileSystem::list(std::string path, Done<std::vector<DirEntry>> done) {
    call<std::vector<DirEntry>>([path = std::move(path)] { return posix::list(path); }, std::move(done));
}

void PosixFileSystem::make_dirs(std::string path, Done<void> done) {
    call<void>([path = std::move(path)] { return posix::make_dirs(path); }, std::move(done));
}

void PosixFileSystem::remove_file(std::string path, Done<void> done) {
    call<void>([path = std::move(path)] { return posix::remove_file(path); }, std::move(done));
}

void PosixFileSystem::remove_dir(std::string path, Done<void> done) {
    call<void>([path = std::move(path)] { return posix::remove_dir(path); }, std::move(done));
}

void PosixFileSystem::rename(std::string from, std::string to, Done<void> done) {
    call<void>([from = std::move(from), to = std::move(to)] { return posix::rename(from, to); }, std::move(done));
}

void PosixFileSystem::sync_dir(std::string path, Done<void> done) {
    call<void>([path = std::move(path)] { return posix::sync_dir(path); }, std::move(done));
}

void PosixFileSystem::space(std::string path, Done<DiskSpace> done) {
    call<DiskSpace>([path = std::move(path)] { return posix::space(path); }, std::move(done));
}

void PosixFileSystem::lock(std::string path, Done<std::unique_ptr<FileLock>> done) {
    auto finish = [done = std::move(done)](Result<posix::Descriptor> locked) mutable {
        if (!locked) return done(fail(std::move(locked).error()));
        done(std::make_unique<PosixLock>(*std::move(locked)));
    };
    call<posix::Descriptor>([path = std::move(path)] { return posix::lock(path); }, std::move(finish));
}

}  // namespace moldau::io
