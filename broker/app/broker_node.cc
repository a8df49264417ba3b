// Starting and stopping in order.

#include "app/broker_node.h"

#include <utility>

#include "administration/administration_handlers.h"
#include "base/logger.h"
#include "coordinator/group_admin.h"
#include "settings/changes.h"

namespace moldau::app {
namespace {

Task<void> keep(Task<Result<void>> work, Result<void>& result) {
    auto done = co_await std::move(work);
    if (!done) result = std::move(done);
}

}  // namespace

BrokerNode::BrokerNode(settings::Values values) {
    node_.values = std::move(values);
    node_.id = BrokerId{static_cast<std::int32_t>(node_.values.integer("node.id"))};
    table_.add(handlers::broker_handlers());
    table_.add(administration::administration_handlers());
    table_.add(coordinator::coordinator_handlers());
    node_.table = &table_;
}

Task<void> BrokerNode::on_every_core(Step step) {
    TaskGroup group;
    for (auto* core : environment_->cores) {
        group.start(io::run_on(core->executor(), home().executor(), [&step, core] { return step(*core); }));
    }
    co_await group.stop();
}

Task<Result<void>> BrokerNode::start(Environment environment, Listen listen) {
    environment_ = std::make_unique<Environment>(std::move(environment));
    node_.shards.resize(environment_->cores.size());
    MOLDAU_CO_TRY_ASSIGN(
        dirs, co_await DataDirs::open(environment_->files, environment_->random, node_.values, environment_->boot_id));
    dirs_ = std::move(dirs);
    MOLDAU_CO_TRY(co_await open_metadata());
    MOLDAU_CO_TRY(co_await dirs_->open_new(environment_->random, metadata_->image()));
    node_.dirs = dirs_->ids();
    node_.dir_health = dirs_->health();
    co_await watch_dirs();
    MOLDAU_CO_TRY(co_await register_self(std::move(listen)));
    MOLDAU_CO_TRY(co_await dirs_->move_strays(metadata_->image()));
    MOLDAU_CO_TRY(co_await open_cores());
    if (const Error* failed = node_.dir_health.front()->failure()) co_return fail(*failed);
    MOLDAU_CO_TRY(co_await dirs_->finish_recovery());
    watch_->start();
    metadata_->on_image(
        [this](metadata::ImageRef from, metadata::ImageRef to) { return publish(std::move(from), std::move(to)); });
    co_return Result<void>{};
}

metadata::ControllerOptions BrokerNode::controller_options() {
    metadata::ControllerOptions options;
    options.partitions_default = static_cast<std::int32_t>(node_.values.integer("num.partitions"));
    options.replication_factor_default = static_cast<std::int16_t>(node_.values.integer("default.replication.factor"));
    using Deletion = metadata::ControllerOptions::TopicDeletion;
    options.topic_deletion = node_.values.boolean("delete.topic.enable") ? Deletion::kEnabled : Deletion::kDisabled;
    options.validate_topic_configs = [this](const metadata::TopicConfigs& configs) {
        return settings::check_topic_values(configs, *home().shard().values());
    };
    options.describe_topic = [this](const std::map<std::string, std::string, std::less<>>& overrides) {
        const settings::TopicOverrides values(overrides.begin(), overrides.end());
        std::vector<metadata::DescribedConfig> described;
        for (const auto& setting : settings::topic_settings()) {
            auto effective = settings::effective_topic_value(setting, values, *home().shard().values());
            described.push_back(
                {std::string(setting.name), std::move(effective.value), static_cast<std::int8_t>(effective.source)});
        }
        return described;
    };
    return options;
}

Task<Result<void>> BrokerNode::open_metadata() {
    metadata::MetadataOptions options;
    options.dir = dirs_->first().path();
    options.node_id = node_.id;
    options.directory_id = dirs_->first().meta().directory_id;
    options.cluster_id = dirs_->first().meta().cluster_id;
    options.shutdown = dirs_->first().shutdown();
    options.controller = controller_options();
    const metadata::MetadataEnvironment environment{home().executor(), environment_->files, environment_->random};
    MOLDAU_CO_TRY_ASSIGN(service, co_await metadata::MetadataService::open(environment, options));
    metadata_ = std::move(service);
    producer_ids_ = std::make_unique<metadata::ProducerIds>(*metadata_);
    node_.metadata = metadata_.get();
    node_.producer_ids = producer_ids_.get();
    cluster_id_ = metadata_->image()->cluster_id();
    co_return Result<void>{};
}

Task<Result<void>> BrokerNode::register_self(Listen listen) {
    registration_.id = node_.id;
    registration_.incarnation = environment_->random.next_uuid();
    registration_.rack = node_.values.text("broker.rack");
    MOLDAU_CO_TRY_ASSIGN(endpoints, listen());
    registration_.endpoints = std::move(endpoints);
    co_return co_await announce();
}

// Partitions are placed in the directories that it names: those that work.
Task<Result<void>> BrokerNode::announce() {
    registration_.directories.clear();
    for (const auto& health : node_.dir_health) {
        if (health->failure() == nullptr) registration_.directories.push_back(health->id());
    }
    MOLDAU_CO_TRY(co_await metadata_->register_broker(registration_));
    co_return Result<void>{};
}

Task<void> BrokerNode::watch_dirs() {
    const auto bytes_of = [&](const char* setting) {
        const auto value = node_.values.integer(setting);
        return value < 0 ? std::nullopt : std::optional{static_cast<std::uint64_t>(value)};
    };
    store::DiskWatch::Options options{.dirs = node_.dir_health,
                                      .free_bytes_min = bytes_of("moldau.disk.free.min.bytes"),
                                      .reserve_bytes = bytes_of("moldau.disk.reserve.bytes")};
    watch_ = std::make_unique<store::DiskWatch>(store::DiskWatch::Environment{home().executor(), environment_->files},
                                                std::move(options));
    co_await watch_->look();
    watch_->on_failure([this](std::size_t dir) { return dir_failed(dir); });
    watch_->before_look([this] {
        if (const auto& failure = metadata_->failure()) node_.dir_health.front()->fail(*failure);
    });
}

Task<void> BrokerNode::dir_failed(std::size_t dir) {
    if (dir == 0) {
        LOG_ERROR("app", "the data directory that holds the metadata failed, the broker ends dir={}", node_.dirs[0].first);
        environment_->on_fatal();
        co_return;
    }
    auto announced = co_await announce();
    if (announced) co_return;
    LOG_ERROR("app", "new partitions may still be placed in the failed directory dir={} error=\"{}\"", node_.dirs[dir].first,
              announced.error().to_string());
}

Task<Result<void>> BrokerNode::open_core(CoreShare& core, metadata::ImageRef image) {
    return core.open(node_, environment_->memory, dirs_->recovered(), std::move(image));
}

Task<Result<void>> BrokerNode::open_cores() {
    const auto image = metadata_->image();
    std::vector<Result<void>> results(environment_->cores.size());
    co_await on_every_core([&](CoreShare& core) { return keep(open_core(core, image), results[core.index()]); });
    for (auto& result : results) MOLDAU_CO_TRY(std::move(result));
    co_return Result<void>{};
}

Task<void> BrokerNode::publish(metadata::ImageRef from, metadata::ImageRef to) {
    co_await on_every_core([&](CoreShare& core) { return core.publish(from, to); });
    on_published_(*from, *to);
}

Task<void> BrokerNode::stop_groups() {
    if (environment_) co_await on_every_core([](CoreShare& core) { return core.stop_groups(); });
}

Task<Result<void>> BrokerNode::close() {
    Result<void> finished;
    if (!environment_) co_return finished;
    if (watch_) co_await watch_->stop();
    if (metadata_) finished = co_await metadata_->close();
    if (!finished && !node_.dir_health.empty()) node_.dir_health.front()->mark_unclean();
    std::vector<Result<void>> results(environment_->cores.size());
    co_await on_every_core([&](CoreShare& core) { return keep(core.close(), results[core.index()]); });
    for (auto& result : results) {
        if (!result) finished = std::move(result);
    }
    producer_ids_.reset();
    metadata_.reset();
    watch_.reset();
    // Directories where nothing failed end clean, whatever happened in others.
    auto marked = dirs_ && !node_.dir_health.empty() ? co_await dirs_->mark_clean() : Result<void>{};
    if (finished) finished = std::move(marked);
    dirs_.reset();
    co_return finished;
}

}  // namespace moldau::app
