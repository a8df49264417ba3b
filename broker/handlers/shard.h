// What one core of the broker holds, and what all cores share.
//
// The problem: handlers need partitions, coordinators, the cluster's image and the settings, on whichever core their request
// arrived. The idea: a `Node` is the broker, made before its cores run and not changed after; a `Shard` per core holds all
// that only this core touches. To use another core's parts a handler goes there (`on_shard`). Place: built by `app`.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "handlers/fetch_sessions.h"
#include "handlers/partition_table.h"
#include "io/executor.h"
#include "io/random.h"
#include "metadata/image.h"
#include "security/authorizer.h"
#include "server/memory_budget.h"
#include "settings/values.h"
#include "store/dir_health.h"
#include "wire/produce_validation.h"

namespace moldau::metadata {
class MetadataService;
class ProducerIds;
}  // namespace moldau::metadata
namespace moldau::coordinator {
class CoordinatorShard;
}

namespace moldau::handlers {

class Shard;
class HandlerTable;

// Lifetime: the broker's. Thread: any may read; `metadata` and `producer_ids` are used on `shards[0]` only.
struct Node {
    settings::Values values;  // of file, environment and command line; those in force are each shard's
    BrokerId id{1};
    std::unique_ptr<security::Authorizer> authorizer = std::make_unique<security::AllowAll>();
    metadata::MetadataService* metadata = nullptr;
    metadata::ProducerIds* producer_ids = nullptr;
    const HandlerTable* table = nullptr;
    std::vector<Shard*> shards;
    // Log directories in the order of the store's indexes, with their ids.
    std::vector<std::pair<std::string, Uuid>> dirs;
    // How each of them is, in the same order.
    store::DirHealths dir_health;

    // Room, failure and id of each log directory, for DescribeLogDirs; sizes are in each log's stats().
    std::vector<store::DirState> dir_states() const {
        std::vector<store::DirState> states;
        for (const auto& health : dir_health) states.push_back(health->state());
        return states;
    }

    Shard& metadata_shard() const { return *shards.front(); }
    Shard& shard_of(const PartitionKey& key) const { return *shards[store::core_of(key.topic, key.index, shards.size())]; }
};

struct HandlerCounters {
    std::uint64_t produce_batches = 0;
    std::uint64_t produce_records = 0;
    std::uint64_t produce_bytes = 0;
    std::uint64_t produce_errors = 0;
    std::uint64_t fetch_bytes = 0;
    std::uint64_t fetch_errors = 0;
    std::uint64_t requests_unsupported = 0;
};

// Lifetime: the broker's. Thread: its core.
class Shard {
public:
    struct Environment {
        io::Executor& executor;
        io::Random& random;
        std::size_t index = 0;
        std::size_t request_memory_bytes = 64 << 20;
        std::size_t answer_memory_bytes = 64 << 20;
    };
    Shard(Environment environment, Node& broker)
        : executor(environment.executor),
          random(environment.random),
          index(environment.index),
          node(broker),
          request_memory(environment.request_memory_bytes),
          answer_memory(environment.answer_memory_bytes),
          sessions(static_cast<std::size_t>(broker.values.integer("max.incremental.fetch.session.cache.slots"))),
          values_(std::make_shared<const settings::Values>(broker.values)) {}

    // The broker settings in force: never null, replaced as a whole.
    const std::shared_ptr<const settings::Values>& values() const { return values_; }
    // `callback` is told of every change from now on.
    using SettingsCallback = std::function<void(const settings::Values&)>;
    void on_settings(SettingsCallback callback) { settings_callbacks_.push_back(std::move(callback)); }
    void use(std::shared_ptr<const settings::Values> values) {
        values_ = std::move(values);
        for (const auto& callback : settings_callbacks_) callback(*values_);
    }

    io::Executor& executor;
    io::Random& random;
    const std::size_t index;
    Node& node;
    // Two budgets, so that a request which holds one and waits for the other cannot wait for itself.
    server::MemoryBudget request_memory;
    server::MemoryBudget answer_memory;
    FetchSessions sessions;
    wire::ProduceValidator validator;
    HandlerCounters counters;
    metadata::ImageRef image;  // as applied to `partitions`
    std::unique_ptr<PartitionTable> partitions;
    coordinator::CoordinatorShard* coordinator = nullptr;

private:
    std::shared_ptr<const settings::Values> values_;
    std::vector<SettingsCallback> settings_callbacks_;
};

// Runs `work()`, which returns a Task, on `target`'s core and resumes on `home`'s.
template <class Work>
auto on_shard(Shard& home, Shard& target, Work work) {
    return io::run_on(target.executor, home.executor, std::move(work));
}

}  // namespace moldau::handlers
