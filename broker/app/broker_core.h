// Everything of the broker that lives on one core, and its thread.

#pragma once

#include <cstddef>
#include <future>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>

#include "admin/snapshot.h"
#include "base/task_group.h"
#include "coordinator/coordinator_shard.h"
#include "handlers/broker_dispatcher.h"
#include "handlers/shard.h"
#include "io/core.h"
#include "server/listener.h"
#include "store/log_store.h"

namespace moldau::app {

// Lifetime: made and destroyed by the main thread; its parts by its own thread, between open() and close().
// Thread: what returns a Task runs on the core.
class BrokerCore {
public:
    struct Memory {
        std::size_t request_bytes;
        std::size_t answer_bytes;
    };
    BrokerCore(std::size_t index, io::IoThreads& threads) : core_(index, threads), thread_([this] { core_.run(); }) {}
    ~BrokerCore() {
        core_.stop();
        thread_.join();
    }

    // Opens the logs of this core's partitions of `image`.
    Task<Result<void>> open(handlers::Node& node, Memory memory, std::vector<handlers::PartitionTable::Recovered> recovered,
                            metadata::ImageRef image);
    // Follows the metadata: when it resolves, new partitions can be written to.
    Task<void> publish(metadata::ImageRef from, metadata::ImageRef to);
    // Each step on all cores before the next: groups are handed back, connections end, logs close.
    Task<void> stop_groups();
    Task<void> stop_connections(MonoTime deadline);
    // An error means that this was no clean stop.
    Task<Result<void>> close();

    io::Core& io() { return core_; }
    handlers::Shard& shard() { return *shard_; }
    server::ConnectionShard& connections() { return *connections_; }
    admin::CoreSnapshot snapshot() const;

    // From another thread: runs `work()`, which returns a Task, on this core and waits for it.
    template <class Work>
    auto run_and_wait(Work work) -> decltype(work().await_resume()) {
        using Value = decltype(work().await_resume());
        std::promise<Value> promise;
        core_.executor().post([&promise, &work] {
            if constexpr (std::is_void_v<Value>) {
                spawn(work(), [&promise] { promise.set_value(); });
            } else {
                spawn(work(), [&promise](Value value) { promise.set_value(std::move(value)); });
            }
        });
        return promise.get_future().get();
    }

private:
    Task<void> tick_forever();

    io::Core core_;
    std::unique_ptr<store::LogStore> store_;
    std::unique_ptr<handlers::Shard> shard_;
    std::unique_ptr<coordinator::CoordinatorShard> coordinator_;
    std::unique_ptr<handlers::BrokerDispatcher> dispatcher_;
    server::ServerCounters counters_;
    std::unique_ptr<server::ConnectionShard> connections_;
    std::unique_ptr<TaskGroup> background_;
    std::unique_ptr<io::WaitList> stopping_;
    std::thread thread_;
};

}  // namespace moldau::app
