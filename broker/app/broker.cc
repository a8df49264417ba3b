// Starting and stopping in order.

#include "app/broker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "admin/metrics.h"
#include "app/machine.h"
#include "base/logger.h"
#include "coordinator/group_admin.h"

namespace moldau::app {
namespace {

constexpr Millis kDrain{4'000};
constexpr Millis kLiveness{5'000};
constexpr Millis kSnapshotWait{2'000};

std::size_t core_count(const settings::Values& values) {
    const auto asked = values.integer("moldau.cores");
    return asked > 0 ? static_cast<std::size_t>(asked) : granted_cores();
}

BrokerCore::Memory memory_per_core(const settings::Values& values, std::size_t cores) {
    const auto asked = static_cast<std::uint64_t>(values.integer("moldau.memory.bytes"));
    const auto total = asked > 0 ? asked : granted_memory_bytes() / 4;
    const auto share = static_cast<std::size_t>(std::max<std::uint64_t>(total / cores / 2, 1 << 20));
    return {share, share};
}

// Runs a step on every core at the same time.
template <class Step>
Task<void> on_every_core(std::vector<std::unique_ptr<BrokerCore>>& cores, io::Executor& home, Step step) {
    TaskGroup group;
    for (auto& core : cores) {
        group.start(io::run_on(core->io().executor(), home, [&step, target = core.get()] { return step(*target); }));
    }
    co_await group.stop();
}

Task<void> keep(Task<Result<void>> work, Result<void>& result) {
    auto done = co_await std::move(work);
    if (!done) result = std::move(done);
}

}  // namespace

Broker::Broker(settings::Values values, std::vector<ListenerPlan> listeners) : plans_(std::move(listeners)) {
    node_.values = std::move(values);
    node_.id = BrokerId{static_cast<std::int32_t>(node_.values.integer("node.id"))};
    table_.add(handlers::broker_handlers());
    table_.add(coordinator::coordinator_handlers());
    node_.table = &table_;
}

Broker::~Broker() { CHECK(stopped_ || cores_.empty()); }

Result<void> Broker::start() {
    const auto count = core_count(node_.values);
    const auto io_threads = static_cast<std::size_t>(node_.values.integer("moldau.io.threads"));
    threads_ = std::make_unique<io::IoThreads>(io::IoThreads::Options{io_threads, io_threads});
    for (std::size_t index = 0; index < count; ++index) cores_.push_back(std::make_unique<BrokerCore>(index, *threads_));
    node_.shards.resize(count);
    MOLDAU_TRY(first().run_and_wait([this] { return boot(); }));
    MOLDAU_TRY(serve_admin());
    ready_ = true;
    LOG_INFO("app", "ready node={} cluster={} cores={}", node_.id.value, cluster_id_, count);
    return {};
}

Task<Result<void>> Broker::boot() {
    auto& io = first().io();
    MOLDAU_CO_TRY_ASSIGN(dirs, co_await DataDirs::open(io.files(), io.random(), node_.values));
    dirs_ = std::move(dirs);
    node_.dirs = dirs_->ids();
    MOLDAU_CO_TRY(co_await open_metadata());
    MOLDAU_CO_TRY(co_await listen());
    MOLDAU_CO_TRY(co_await dirs_->move_strays(metadata_->image()));
    MOLDAU_CO_TRY(co_await open_cores());
    MOLDAU_CO_TRY(co_await dirs_->finish_recovery());
    metadata_->on_image(
        [this](metadata::ImageRef from, metadata::ImageRef to) { return publish(std::move(from), std::move(to)); });

    counts_ = std::make_unique<server::ConnectionCounts>(
        server::ConnectionQuota{static_cast<std::size_t>(node_.values.integer("max.connections")),
                                static_cast<std::size_t>(node_.values.integer("max.connections.per.ip"))});
    std::vector<server::ConnectionShard*> shards;
    for (auto& core : cores_) shards.push_back(&core->connections());
    for (std::size_t index = 0; index < plans_.size(); ++index) {
        servers_.push_back(std::make_unique<server::Listener>(
            server::Listener::Environment{io.executor(), shards, *counts_, next_connection_id_}, plans_[index].name,
            std::move(acceptors_[index])));
        servers_.back()->start();
    }
    co_return Result<void>{};
}

metadata::ControllerOptions Broker::controller_options() {
    metadata::ControllerOptions options;
    options.partitions_default = static_cast<std::int32_t>(node_.values.integer("num.partitions"));
    options.replication_factor_default = static_cast<std::int16_t>(node_.values.integer("default.replication.factor"));
    using Deletion = metadata::ControllerOptions::TopicDeletion;
    options.topic_deletion = node_.values.boolean("delete.topic.enable") ? Deletion::kEnabled : Deletion::kDisabled;
    options.validate_topic_config = settings::check_topic_setting;
    options.describe_topic = [this](const std::map<std::string, std::string, std::less<>>& overrides) {
        const settings::TopicOverrides values(overrides.begin(), overrides.end());
        std::vector<metadata::DescribedConfig> described;
        for (const auto& setting : settings::topic_settings()) {
            auto effective = settings::effective_topic_value(setting, values, node_.values);
            described.push_back(
                {std::string(setting.name), std::move(effective.value), static_cast<std::int8_t>(effective.source)});
        }
        return described;
    };
    return options;
}

Task<Result<void>> Broker::open_metadata() {
    auto& io = first().io();
    metadata::MetadataOptions options;
    options.dir = dirs_->first().path();
    options.node_id = node_.id;
    options.directory_id = dirs_->first().meta().directory_id;
    options.cluster_id = dirs_->first().meta().cluster_id;
    options.shutdown = dirs_->first().shutdown();
    options.controller = controller_options();
    MOLDAU_CO_TRY_ASSIGN(service,
                         co_await metadata::MetadataService::open({io.executor(), io.files(), io.random()}, options));
    metadata_ = std::move(service);
    producer_ids_ = std::make_unique<metadata::ProducerIds>(*metadata_);
    node_.metadata = metadata_.get();
    node_.producer_ids = producer_ids_.get();
    cluster_id_ = metadata_->image()->cluster_id();
    co_return Result<void>{};
}

Task<Result<void>> Broker::listen() {
    auto& io = first().io();
    metadata::BrokerRegistration registration;
    registration.id = node_.id;
    registration.incarnation = io.random().next_uuid();
    registration.rack = node_.values.text("broker.rack");
    for (const auto& [path, id] : node_.dirs) registration.directories.push_back(id);
    for (auto& plan : plans_) {
        MOLDAU_CO_TRY_ASSIGN(acceptor, io.network().listen(plan.listen));
        plan.listen.port = acceptor->local().port;
        if (plan.advertised.port == 0) plan.advertised.port = plan.listen.port;
        registration.endpoints.push_back({plan.name, plan.advertised.host, plan.advertised.port});
        acceptors_.push_back(std::move(acceptor));
    }
    MOLDAU_CO_TRY(co_await metadata_->register_broker(std::move(registration)));
    co_return Result<void>{};
}

Task<Result<void>> Broker::open_cores() {
    const auto memory = memory_per_core(node_.values, cores_.size());
    const auto image = metadata_->image();
    Result<void> opened;
    std::vector<Result<void>> results(cores_.size());
    co_await on_every_core(cores_, first().io().executor(), [&](BrokerCore& core) {
        return keep(core.open(node_, memory, dirs_->recovered(), image), results[core.io().index()]);
    });
    for (auto& result : results) MOLDAU_CO_TRY(std::move(result));
    co_return Result<void>{};
}

Task<void> Broker::publish(metadata::ImageRef from, metadata::ImageRef to) {
    co_await on_every_core(cores_, first().io().executor(), [&](BrokerCore& core) { return core.publish(from, to); });
}

Result<void> Broker::serve_admin() {
    const auto listen = node_.values.text("moldau.admin.listen").value_or("");
    if (listen.empty()) return {};
    MOLDAU_TRY_ASSIGN(address, admin::parse_http_address(listen));
    admin::HttpRoutes routes;
    routes["/metrics"] = [this] {
        return admin::HttpAnswer{200, "text/plain; version=0.0.4; charset=utf-8", admin::metrics_text(snapshot())};
    };
    routes["/livez"] = [this] {
        return is_live() ? admin::HttpAnswer{200, "text/plain", "ok\n"}
                         : admin::HttpAnswer{503, "text/plain", "a core hangs\n"};
    };
    routes["/readyz"] = [this] {
        return is_ready() ? admin::HttpAnswer{200, "text/plain", "ok\n"}
                          : admin::HttpAnswer{503, "text/plain", "not ready\n"};
    };
    MOLDAU_TRY_ASSIGN(server, admin::serve_http(address, std::move(routes)));
    http_ = std::move(server);
    return {};
}

bool Broker::is_live() const {
    const auto now = std::chrono::steady_clock::now();
    return std::ranges::all_of(cores_, [&](const auto& core) { return now - core->io().last_turn() < kLiveness; });
}

admin::NodeSnapshot Broker::snapshot() {
    admin::NodeSnapshot snapshot;
    snapshot.version = MOLDAU_VERSION;
    snapshot.cluster_id = cluster_id_;
    snapshot.node_id = node_.id.value;
    if (!ready_) return snapshot;
    std::vector<std::future<admin::CoreSnapshot>> futures;
    for (auto& core : cores_) {
        const auto promise = std::make_shared<std::promise<admin::CoreSnapshot>>();
        futures.push_back(promise->get_future());
        core->io().executor().post([this, promise, target = core.get()] {
            if (ready_) promise->set_value(target->snapshot());
        });
    }
    for (auto& future : futures) {
        if (future.wait_for(kSnapshotWait) != std::future_status::ready) continue;
        try {
            snapshot.cores.push_back(future.get());
        } catch (const std::future_error&) {
            continue;  // the broker is stopping
        }
    }
    return snapshot;
}

Result<void> Broker::stop() {
    if (std::exchange(stopped_, true) || cores_.empty()) return {};
    ready_ = false;
    http_.reset();
    auto finished = first().run_and_wait([this] { return finish(); });
    cores_.clear();
    threads_.reset();
    return finished;
}

Task<Result<void>> Broker::finish() {
    auto& home = first().io().executor();
    for (auto& server : servers_) co_await server->stop();
    const auto deadline = home.now().mono + kDrain;
    co_await on_every_core(cores_, home, [](BrokerCore& core) { return core.stop_groups(); });
    co_await on_every_core(cores_, home, [&](BrokerCore& core) { return core.stop_connections(deadline); });
    Result<void> finished;
    if (metadata_) finished = co_await metadata_->close();
    std::vector<Result<void>> results(cores_.size());
    co_await on_every_core(cores_, home, [&](BrokerCore& core) { return keep(core.close(), results[core.io().index()]); });
    for (auto& result : results) {
        if (!result) finished = std::move(result);
    }
    servers_.clear();
    acceptors_.clear();
    producer_ids_.reset();
    metadata_.reset();
    if (finished && dirs_) finished = co_await dirs_->mark_clean();
    dirs_.reset();
    co_return finished;
}

}  // namespace moldau::app
