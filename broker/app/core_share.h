// Everything of the broker that one core owns above its loop and its files, but the connections.
//
// No thread and no socket here: `BrokerCore` adds them, and a simulation runs several shares on one loop. Place: built and
// taken apart by `BrokerNode`, in the order of its start and stop.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/task_group.h"
#include "coordinator/coordinator_shard.h"
#include "handlers/broker_dispatcher.h"
#include "handlers/shard.h"
#include "io/wait_list.h"
#include "store/log_store.h"

namespace moldau::app {

// Lifetime: open() .. close(), also after a failure. Thread: its executor's, but construction and destruction.
class CoreShare {
public:
    struct Environment {
        io::Executor& executor;
        io::FileSystem& files;
        io::Random& random;
        std::size_t index = 0;
    };
    struct Memory {
        std::size_t request_bytes = 64 << 20;
        std::size_t answer_bytes = 64 << 20;
        std::size_t hot_bytes = 64 << 20;  // newest batches of all partitions
    };
    explicit CoreShare(Environment environment) : environment_(environment) {}

    // Opens the logs of this core's partitions of `image`.
    Task<Result<void>> open(handlers::Node& node, Memory memory, std::vector<handlers::PartitionTable::Recovered> recovered,
                            metadata::ImageRef image);
    // Follows the metadata: when it resolves, new partitions can be written to.
    Task<void> publish(metadata::ImageRef from, metadata::ImageRef to);
    // Groups are handed back: the first step of the end.
    Task<void> stop_groups();
    // An error means that this was no clean stop.
    Task<Result<void>> close();

    // Twice a second while open.
    void on_tick(std::function<void(Now)> callback) { on_tick_ = std::move(callback); }

    io::Executor& executor() { return environment_.executor; }
    std::size_t index() const { return environment_.index; }
    // While open.
    handlers::Shard& shard() const { return *shard_; }
    store::LogStore& store() const { return *store_; }
    handlers::BrokerDispatcher& dispatcher() const { return *dispatcher_; }

private:
    Task<void> tick_forever();

    const Environment environment_;
    std::function<void(Now)> on_tick_ = [](Now) {};
    std::unique_ptr<store::LogStore> store_;
    std::unique_ptr<handlers::Shard> shard_;
    std::unique_ptr<coordinator::CoordinatorShard> coordinator_;
    std::unique_ptr<handlers::BrokerDispatcher> dispatcher_;
    std::unique_ptr<TaskGroup> background_;
    std::unique_ptr<io::WaitList> stopping_;
};

}  // namespace moldau::app
