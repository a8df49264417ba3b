// What the building blocks cost: a post and back, a file operation and back, an echo over loopback.

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "io/core.h"

namespace moldau::io {
namespace {

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](timeval time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Microseconds of CPU time of all threads per iteration.
class CpuCounter {
public:
    explicit CpuCounter(benchmark::State& state) : state_(state), start_(cpu_seconds()) {}
    ~CpuCounter() {
        const double spent = (cpu_seconds() - start_) * 1e6;
        state_.counters["cpu_us"] = spent / static_cast<double>(std::max<std::int64_t>(1, state_.iterations()));
    }

private:
    benchmark::State& state_;
    const double start_;
};

struct TempDir {
    TempDir() {
        path = std::filesystem::temp_directory_path() / "moldau-bench-XXXXXX";
        if (::mkdtemp(path.data()) == nullptr) std::abort();
    }
    ~TempDir() { std::filesystem::remove_all(path); }
    std::string path;
};

template <class Body>
void drive(benchmark::State& state, Body body) {
    IoThreads threads{{.writers = 4, .readers = 4}};
    Core core{0, threads};
    auto loop = [](benchmark::State& run_state, Core& here, Body work) -> Task<bool> {
        co_await work(run_state, here);
        co_return true;
    };
    const CpuCounter counter{state};
    run(core, loop(state, core, body));
}

void post_to_own_loop(benchmark::State& state) {
    drive(state, [](benchmark::State& rounds, Core& core) -> Task<void> {
        for (auto round : rounds) {
            static_cast<void>(round);
            co_await completion<bool>(
                [&](auto done) { core.executor().post([done = std::move(done)]() mutable { done(true); }); });
        }
    });
}
BENCHMARK(post_to_own_loop);

void visit_another_core(benchmark::State& state) {
    IoThreads threads{{.writers = 1, .readers = 1}};
    Core other{1, threads};
    std::thread thread{[&] { other.run(); }};
    drive(state, [&other](benchmark::State& rounds, Core& core) -> Task<void> {
        for (auto round : rounds) {
            static_cast<void>(round);
            co_await switch_to(other.executor());
            co_await switch_to(core.executor());
        }
    });
    other.stop();
    thread.join();
}
BENCHMARK(visit_another_core)->UseRealTime();

enum class Durability { kWritten, kSynced };

Task<void> append_rounds(benchmark::State& state, Core& core, std::string path, Durability durability) {
    auto opened = co_await open(core.files(), path, OpenMode::kCreate);
    constexpr std::size_t kBytes = 4'096;
    constexpr std::uint64_t kFileBytes = 64 << 20;
    const auto data = bytes::View::copy_of(std::string(kBytes, 'x'));
    std::uint64_t position = 0;
    for (auto round : state) {
        static_cast<void>(round);
        const auto count = static_cast<std::size_t>(state.range(0));
        for (std::size_t index = 0; index + 1 < count; ++index, position += kBytes) {
            opened->file->write(position, bytes::ChunkList{data}, [](auto) {});
        }
        auto written = completion<Result<void>>([&](auto done) {
            const bool only_written = durability == Durability::kWritten;
            if (only_written) return opened->file->write(position, bytes::ChunkList{data}, std::move(done));
            opened->file->write(position, bytes::ChunkList{data}, [](auto) {});
            opened->file->sync(std::move(done));
        });
        if (!co_await written) state.SkipWithError("write failed");
        position += kBytes;
        if (position + count * kBytes > kFileBytes) position = 0;
    }
}

void write_4k(benchmark::State& state) {
    const TempDir dir;
    drive(state, [&dir](benchmark::State& rounds, Core& core) {
        return append_rounds(rounds, core, dir.path + "/file", Durability::kWritten);
    });
}
BENCHMARK(write_4k)->Arg(1)->Arg(16)->UseRealTime();

void write_4k_and_sync(benchmark::State& state) {
    const TempDir dir;
    drive(state, [&dir](benchmark::State& rounds, Core& core) {
        return append_rounds(rounds, core, dir.path + "/file", Durability::kSynced);
    });
}
BENCHMARK(write_4k_and_sync)->Arg(1)->Arg(16)->UseRealTime();

Task<void> echo_back(Socket& socket) {
    bytes::Buffer buffer{64 << 10};
    for (;;) {
        const auto count = co_await read_some(socket, buffer.spare());
        if (!count || *count == 0) co_return;
        if (!co_await write(socket, bytes::ChunkList{bytes::View::copy_of(buffer.spare().first(*count))})) co_return;
    }
}

// `range` connections, one message of 1 KiB under way on each; an iteration is one round over all.
Task<void> echo_rounds(benchmark::State& state, Core& core) {
    auto acceptor = *core.network().listen({.host = "127.0.0.1", .port = 0});
    std::vector<std::unique_ptr<Socket>> sockets;
    std::vector<std::unique_ptr<Socket>> clients;
    std::int64_t serving = 0;
    for (std::int64_t index = 0; index < state.range(0); ++index) {
        clients.push_back(*co_await connect(core.network(), acceptor->local()));
        sockets.push_back(*co_await accept(*acceptor, core.network()));
        ++serving;
        spawn(echo_back(*sockets.back()), [&serving] { --serving; });
    }
    const auto message = bytes::View::copy_of(std::string(1'024, 'x'));
    std::array<std::uint8_t, 4'096> buffer;
    for (auto round : state) {
        static_cast<void>(round);
        for (auto& client : clients) co_await write(*client, bytes::ChunkList{message});
        for (auto& client : clients) co_await read_some(*client, buffer);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    clients.clear();
    while (serving > 0) co_await sleep_until(core.executor(), core.executor().now().mono + Millis{1});
}

void echo_1k_both_ends(benchmark::State& state) {
    drive(state, [](benchmark::State& rounds, Core& core) { return echo_rounds(rounds, core); });
}
BENCHMARK(echo_1k_both_ends)->Arg(1)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace moldau::io
