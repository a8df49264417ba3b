// The log on a real disk: what appending and committing a batch costs, and how long many logs take to open. Works in the
// current folder.

#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "io/core.h"
#include "log/log.h"
#include "wire/batch_builder.h"

namespace moldau::log {
namespace {

// A core on the calling thread and a folder that goes with it.
class Bench {
public:
    Bench() : folder_(std::filesystem::current_path() / "log-bench"), threads_({}), core_(0, threads_) {
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
        while (!result) core_.run();
        return *std::move(result);
    }
    std::unique_ptr<wal::WriteAheadLog> open_wal() {
        auto opened = run(wal::WriteAheadLog::open({core_.executor(), core_.files()}, {.dir = folder_ / ".moldau-wal"}));
        CHECK(opened.has_value());
        return *std::move(opened);
    }
    Task<Result<std::unique_ptr<Log>>> open(int number, wal::WriteAheadLog* wal, Shutdown shutdown) {
        const TopicPartition name{"bench", PartitionIndex{number}};
        LogIdentity identity{.dir = folder_ / name.to_string(), .name = name, .topic_id = {}};
        LogEnvironment environment{.executor = core_.executor(), .files = core_.files(), .wal = wal, .shutdown = shutdown};
        return Log::open(std::move(identity), {}, environment);
    }
    io::Executor& executor() { return core_.executor(); }

    // All of `tasks` side by side.
    template <class T>
    std::vector<T> run_all(std::vector<Task<T>> tasks) {
        std::vector<std::optional<T>> results(tasks.size());
        std::size_t left = tasks.size();
        for (std::size_t index = 0; index < tasks.size(); ++index) {
            spawn(std::move(tasks[index]), [&, index](T value) {
                results[index].emplace(std::move(value));
                if (--left == 0) core_.stop();
            });
        }
        while (left > 0) core_.run();
        std::vector<T> values;
        for (auto& result : results) values.push_back(*std::move(result));
        return values;
    }

private:
    std::filesystem::path folder_;
    io::IoThreads threads_;
    io::Core core_;
};

wire::ValidatedBatch batch_of(std::size_t bytes) {
    wire::BatchBuilder builder{{}};
    const std::vector<std::uint8_t> value(1000, 'x');
    while (builder.empty() || builder.size_bytes() + value.size() <= bytes)
        builder.append({.timestamp = 1, .value = bytes::Span{value}});
    const bytes::View built = *builder.build_plain();
    wire::ValidatedBatch batch{.header = *wire::BatchHeader::parse(built.span()),
                               .header_bytes = {},
                               .records = built.slice(wire::kBatchHeaderBytes)};
    std::copy_n(built.data(), wire::kBatchHeaderBytes, batch.header_bytes.begin());
    return batch;
}

Task<Result<void>> commit(Log& log, io::Executor& executor, const wire::ValidatedBatch& batch, std::int64_t count) {
    for (std::int64_t index = 0; index < count; ++index)
        CHECK(log.append(batch, LeaderEpoch{0}, executor.now()).has_value());
    const Offset end = log.end_offset();
    co_return co_await completion<Result<void>>([&](auto done) {
        auto once = std::make_shared<std::optional<decltype(done)>>(std::move(done));
        log.on_progress([&log, end, once] {
            if (!*once || (log.committed_end() < end && !log.failure())) return;
            auto finished = std::move(**once);
            once->reset();
            finished(Result<void>{});
        });
    });
}

void append_and_commit(benchmark::State& state) {
    Bench bench;
    const auto wal = bench.open_wal();
    auto log = *bench.run(bench.open(0, wal.get(), Shutdown::kClean));
    const auto batch = batch_of(static_cast<std::size_t>(state.range(1)));
    for (auto _ : state) {
        CHECK(bench.run(commit(*log, bench.executor(), batch, state.range(0))).has_value());
        if (!wal->needs_checkpoint()) continue;
        CHECK(bench.run(log->flush()).has_value());
        CHECK(bench.run(wal->recycle_oldest()).has_value());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
    CHECK(bench.run(log->close()).has_value());
    CHECK(bench.run(wal->close()).has_value());
}
BENCHMARK(append_and_commit)
    ->ArgNames({"batches", "bytes"})
    ->Args({1, 1024})
    ->Args({64, 1024})
    ->Args({1, 64 << 10})
    ->Args({16, 64 << 10})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// Makes the logs, with a batch each, then opens them as after `shutdown`.
void open_many(benchmark::State& state) {
    Bench bench;
    const auto count = static_cast<int>(state.range(0));
    const auto shutdown = state.range(1) == 0 ? Shutdown::kClean : Shutdown::kProcessDied;
    const auto batch = batch_of(1024);
    auto open_all = [&](Shutdown how) {
        std::vector<Task<Result<std::unique_ptr<Log>>>> tasks;
        for (int number = 0; number < count; ++number) tasks.push_back(bench.open(number, nullptr, how));
        return bench.run_all(std::move(tasks));
    };
    auto close_all = [&](std::vector<Result<std::unique_ptr<Log>>> logs) {
        std::vector<Task<Result<void>>> tasks;
        for (auto& log : logs) tasks.push_back((*log)->close());
        for (const auto& closed : bench.run_all(std::move(tasks))) CHECK(closed.has_value());
    };
    auto made = open_all(Shutdown::kClean);
    for (auto& log : made) CHECK((*log)->append(batch, LeaderEpoch{0}, bench.executor().now()).has_value());
    close_all(std::move(made));
    for (auto _ : state) {
        auto logs = open_all(shutdown);
        state.PauseTiming();
        close_all(std::move(logs));
        state.ResumeTiming();
    }
}
BENCHMARK(open_many)
    ->ArgNames({"logs", "died"})
    ->Args({1000, 0})
    ->Args({1000, 1})
    ->Iterations(3)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace moldau::log
