// Building, ticking and dismantling one core's share.

#include "app/broker_core.h"

#include "base/logger.h"

namespace moldau::app {
namespace {

constexpr Millis kTick{500};

store::LogStore::Options store_options(const handlers::Node& node, std::size_t core) {
    store::LogStore::Options options;
    options.core = core;
    for (const auto& [path, id] : node.dirs) options.dirs.push_back(path);
    options.wal.file_bytes = static_cast<std::uint64_t>(node.values.integer("moldau.wal.file.bytes"));
    options.checkpoint_interval = Millis{node.values.integer("log.flush.offset.checkpoint.interval.ms")};
    return options;
}

server::ConnectionLimits connection_limits(const settings::Values& values) {
    server::ConnectionLimits limits;
    limits.frame_bytes_max = static_cast<std::size_t>(values.integer("socket.request.max.bytes"));
    return limits;
}

}  // namespace

Task<Result<void>> BrokerCore::open(handlers::Node& node, Memory memory,
                                    std::vector<handlers::PartitionTable::Recovered> recovered, metadata::ImageRef image) {
    auto& executor = core_.executor();
    const auto index = core_.index();
    MOLDAU_CO_TRY_ASSIGN(
        store, co_await store::LogStore::open({executor, core_.files(), core_.random()}, store_options(node, index)));
    store_ = std::move(store);
    shard_ = std::make_unique<handlers::Shard>(
        handlers::Shard::Environment{executor, core_.random(), index, memory.request_bytes, memory.answer_bytes}, node);
    coordinator_ = std::make_unique<coordinator::CoordinatorShard>(*shard_);
    shard_->coordinator = coordinator_.get();
    handlers::PartitionTable::Environment environment{executor,           *store_, node.values, index,
                                                      node.shards.size(), node.id, {}};
    for (std::size_t dir = 0; dir < node.dirs.size(); ++dir) environment.dirs[node.dirs[dir].second] = dir;
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
    connections_ =
        std::make_unique<server::ConnectionShard>(server::ConnectionServices{executor, shard_->request_memory, *dispatcher_,
                                                                             counters_, connection_limits(node.values)},
                                                  core_.network(), Millis{node.values.integer("connections.max.idle.ms")});
    stopping_ = std::make_unique<io::WaitList>(executor);
    background_ = std::make_unique<TaskGroup>();
    background_->on_stop([this] { stopping_->notify_all(); });
    background_->start(tick_forever());
    co_return Result<void>{};
}

Task<void> BrokerCore::tick_forever() {
    while (!background_->stopping()) {
        const auto now = core_.executor().now();
        shard_->partitions->tick(now);
        connections_->tick(now.mono);
        co_await stopping_->wait_until(now.mono + kTick);
    }
}

Task<void> BrokerCore::publish(metadata::ImageRef from, metadata::ImageRef to) {
    co_await shard_->partitions->apply(from, to);
    shard_->image = to;
    metadata::Image::for_each_changed_topic(*from, *to, [&](const metadata::Topic* before, const metadata::Topic* after) {
        if (before != nullptr && after == nullptr) coordinator_->topic_deleted(before->name);
    });
}

Task<void> BrokerCore::stop_groups() {
    if (coordinator_) co_await coordinator_->stop();
}

Task<void> BrokerCore::stop_connections(MonoTime deadline) {
    if (connections_) co_await connections_->stop(deadline);
}

Task<Result<void>> BrokerCore::close() {
    if (background_) co_await background_->stop();
    if (shard_ && shard_->partitions) co_await shard_->partitions->stop();
    Result<void> closed;
    if (store_) closed = co_await store_->close();
    connections_.reset();
    dispatcher_.reset();
    coordinator_.reset();
    shard_.reset();
    store_.reset();
    co_return closed;
}

admin::CoreSnapshot BrokerCore::snapshot() const {
    return admin::take_snapshot(*shard_, *store_, dispatcher_->stats(), counters_);
}

}  // namespace moldau::app
