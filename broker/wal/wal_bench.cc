// The lane on a real disk: what a commit of some batches costs, and how long opening takes. Works in the current folder.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "base/check.h"
#include "io/core.h"
#include "wal/write_ahead_log.h"

namespace moldau::wal {
namespace {

// A core on the calling thread and a folder that goes with it.
class Bench {
public:
    Bench() : folder_(std::filesystem::current_path() / "wal-bench"), threads_({}), core_(0, threads_) {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    ~Bench() { std::filesystem::remove_all(folder_); }

    template <class T>
    T run(Task<T> task) {
        std::optional<T> result;
        spawn(std::move(task), [&](T value) {
            result.emplace(std::move(value));
            core_.stop();
        });
        if (!result) core_.run();
        return *std::move(result);
    }
    std::unique_ptr<WriteAheadLog> open() {
        auto opened = run(WriteAheadLog::open({core_.executor(), core_.files()}, {.dir = folder_ / ".moldau-wal"}));
        CHECK(opened.has_value());
        return *std::move(opened);
    }

private:
    std::filesystem::path folder_;
    io::IoThreads threads_;
    io::Core core_;
};

// Appends `count` batches in one turn, waits for all.
Task<Result<void>> commit(WriteAheadLog& log, std::int64_t count, const bytes::View& batch) {
    co_return co_await completion<Result<void>>([&](auto done) {
        for (std::int64_t index = 0; index < count; ++index) {
            const WalPartition partition{TopicId{}, PartitionIndex{static_cast<std::int32_t>(index)}};
            io::Done<void> last;
            if (index + 1 == count) last = std::move(done);
            const auto queued = log.append(partition, Offset{0}, Offset{1}, bytes::ChunkList{batch},
                                           [last = std::move(last)](Result<void> result) mutable {
                                               if (last) last(std::move(result));
                                           });
            CHECK(queued.has_value());
        }
    });
}

void commit_batches(benchmark::State& state) {
    Bench bench;
    const auto log = bench.open();
    const auto batch = bytes::View::copy_of(std::string(static_cast<std::size_t>(state.range(1)), 'x'));
    for (auto _ : state) {
        CHECK(bench.run(commit(*log, state.range(0), batch)).has_value());
        if (log->needs_checkpoint()) CHECK(bench.run(log->recycle_oldest()).has_value());
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0) * state.range(1));
    CHECK(bench.run(log->close()).has_value());
}
BENCHMARK(commit_batches)
    ->ArgNames({"batches", "bytes"})
    ->Args({1, 1024})
    ->Args({64, 1024})
    ->Args({16, 64 << 10})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

void open_lane(benchmark::State& state) {
    for (auto _ : state) {
        Bench bench;
        const auto log = bench.open();
        CHECK(bench.run(log->close()).has_value());
    }
}
BENCHMARK(open_lane)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace moldau::wal
