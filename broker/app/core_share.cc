// Building, ticking and dismantling one core's share.

#include "app/core_share.h"

#include "handlers/current_settings.h"

namespace moldau::app {
namespace {

constexpr Millis kTick{500};

// Memory and rate are those of all cores together.
store::CleanerOptions cleaner_options(const settings::Values& values, std::size_t cores) {
    store::CleanerOptions options;
    options.compacts = values.boolean("log.cleaner.enable");
    options.retention_check_interval = to_millis(values.integer("log.retention.check.interval.ms"));
    options.backoff = to_millis(values.integer("log.cleaner.backoff.ms"));
    options.dedupe_bytes = static_cast<std::size_t>(values.integer("log.cleaner.dedupe.buffer.size")) / cores;
    const double rate =
        settings::to_double(values.text("log.cleaner.io.max.bytes.per.second").value()) / static_cast<double>(cores);
    if (rate < static_cast<double>(options.io_bytes_per_second_max))
        options.io_bytes_per_second_max = static_cast<std::uint64_t>(rate);
    return options;
}

store::LogStore::Options store_options(const handlers::Node& node, std::size_t core, std::size_t hot_bytes) {
    store::LogStore::Options options;
    options.core = core;
    options.hot_bytes_max = hot_bytes;
    for (const auto& [path, id] : node.dirs) options.dirs.push_back(path);
    options.health = node.dir_health;
    options.wal.file_bytes = static_cast<std::uint64_t>(node.values.integer("moldau.wal.file.bytes"));
    options.checkpoint_interval = to_millis(node.values.integer("log.flush.offset.checkpoint.interval.ms"));
    options.cleaner = cleaner_options(node.values, node.shards.size());
    return options;
}

}  // namespace

Task<Result<void>> CoreShare::open(handlers::Node& node, Memory memory,
                                   std::vector<handlers::PartitionTable::Recovered> recovered, metadata::ImageRef image) {
    auto& executor = environment_.executor;
    const auto index = environment_.index;
    MOLDAU_CO_TRY_ASSIGN(store, co_await store::LogStore::open({executor, environment_.files, environment_.random},
                                                               store_options(node, index, memory.hot_bytes)));
    store_ = std::move(store);
    shard_ = std::make_unique<handlers::Shard>(
        handlers::Shard::Environment{executor, environment_.random, index, memory.request_bytes, memory.answer_bytes}, node);
    coordinator_ = std::make_unique<coordinator::CoordinatorShard>(*shard_);
    shard_->coordinator = coordinator_.get();
    shard_->on_settings([this, cores = node.shards.size()](const settings::Values& values) {
        coordinator_->reconfigure(values);
        store_->cleaner().reconfigure(cleaner_options(values, cores));
    });
    handlers::PartitionTable::Environment environment{executor, *store_, shard_->values(), index, node.shards.size(),
                                                      node.id,  {}};
    for (std::size_t dir = 0; dir < node.dirs.size(); ++dir) environment.dirs[node.dirs[dir].second] = dir;
    environment.health = node.dir_health;
    shard_->partitions = std::make_unique<handlers::PartitionTable>(std::move(environment), std::move(recovered));
    shard_->partitions->on_change([this](const auto&, const TopicPartition& name, replica::Partition* partition) {
        coordinator_->follow(name, partition);
    });
    store_->set_high_watermark_source([this](const log::Log& log) {
        const auto local = shard_->partitions->find({log.identity().topic_id, log.identity().name.partition});
        return local ? (*local)->partition->bounds().high_watermark : log.committed_end();
    });
    shard_->image = std::make_shared<const metadata::Image>();
    node.shards[index] = shard_.get();
    co_await publish(shard_->image, std::move(image));

    dispatcher_ = std::make_unique<handlers::BrokerDispatcher>(*shard_, *node.table);
    stopping_ = std::make_unique<io::WaitList>(executor);
    background_ = std::make_unique<TaskGroup>();
    background_->on_stop([this] { stopping_->notify_all(); });
    background_->start(tick_forever());
    co_return Result<void>{};
}

Task<void> CoreShare::tick_forever() {
    while (!background_->stopping()) {
        const auto now = environment_.executor.now();
        shard_->partitions->tick(now);
        on_tick_(now);
        co_await stopping_->wait_until(now.mono + kTick);
    }
}

Task<void> CoreShare::publish(metadata::ImageRef from, metadata::ImageRef to) {
    co_await handlers::follow_image(*shard_, from, to);
    metadata::Image::for_each_changed_topic(*from, *to, [&](const metadata::Topic* before, const metadata::Topic* after) {
        if (before != nullptr && after == nullptr) coordinator_->topic_deleted(before->name);
    });
}

Task<void> CoreShare::stop_groups() {
    if (coordinator_) co_await coordinator_->stop();
}

Task<Result<void>> CoreShare::close() {
    if (background_) co_await background_->stop();
    if (shard_ && shard_->partitions) co_await shard_->partitions->stop();
    Result<void> closed;
    if (store_) closed = co_await store_->close();
    dispatcher_.reset();
    coordinator_.reset();
    shard_.reset();
    store_.reset();
    co_return closed;
}

}  // namespace moldau::app
