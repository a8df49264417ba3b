// One processor core's share of the broker: a thread with its event loop, its files, its network, its random bits.
//
// The problem: share nothing between cores, yet one process. The idea: `Core` bundles the real implementations (Asio's loop
// and reactor, a process-wide `IoThreads` pool for what blocks) behind the interfaces of this module; everything above is
// constructed per core and gets a `Core`'s parts. Place: made by `app`, one per `moldau.cores`.

#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "io/executor.h"
#include "io/file.h"
#include "io/random.h"
#include "io/socket.h"

namespace moldau::io {

// Threads that carry out blocking file operations for all cores: writers and syncs of different files side by side, cold
// reads in a pool of their own, so that a slow sync holds up nothing but its file. The only place with a mutex.
class IoThreads {
public:
    struct Options {
        std::size_t writers = 4;
        std::size_t readers = 4;
    };
    explicit IoThreads(Options options);
    ~IoThreads();  // waits for what was submitted

    class Impl;
    Impl& impl() { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

// Lifetime: outlives all that uses its parts. Thread: `run()` is its thread; `stop()` and `last_turn()` from any.
class Core {
public:
    Core(std::size_t index, IoThreads& threads);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    std::size_t index() const;
    Executor& executor();
    FileSystem& files();
    Network& network();
    Random& random();

    // Turns the loop on the calling thread until stop(); also while there is nothing to do.
    void run();
    void stop();
    // Runs until nothing is ready, for tests and for start-up on the main thread.
    void poll();
    // When the loop last turned, for liveness; it turns at least once a second while running.
    MonoTime last_turn() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

// Turns `core`'s loop on the calling thread until `task` has ended, and returns its result: for tests, tools and start-up.
template <class T>
T run(Core& core, Task<T> task) {
    std::optional<T> result;
    core.executor().post([&] {
        spawn(std::move(task), [&](T value) {
            result.emplace(std::move(value));
            core.stop();
        });
    });
    core.run();
    return *std::move(result);
}

}  // namespace moldau::io
