// Threads, connections and the admin listener around the node.

#include "app/broker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "admin/metrics.h"
#include "app/logging.h"
#include "app/machine.h"
#include "base/logger.h"
#include "base/task_group.h"

namespace moldau::app {
namespace {

constexpr Millis kDrain{4'000};
constexpr Millis kLiveness{5'000};
constexpr Millis kSnapshotWait{2'000};

std::size_t core_count(const settings::Values& values) {
    const auto asked = values.integer("moldau.cores");
    return asked > 0 ? static_cast<std::size_t>(asked) : granted_cores();
}

CoreShare::Memory memory_per_core(const settings::Values& values, std::size_t cores) {
    const auto asked = static_cast<std::uint64_t>(values.integer("moldau.memory.bytes"));
    const auto total = asked > 0 ? asked : granted_memory_bytes() / 4;
    const auto share = static_cast<std::size_t>(std::max<std::uint64_t>(total / cores / 2, 1 << 20));
    return {share, share, share / 2};
}

std::optional<int> buffer_bytes(const settings::Values& values, const char* name) {
    const auto bytes = static_cast<int>(values.integer(name));
    return bytes > 0 ? std::optional{bytes} : std::nullopt;
}

io::ListenOptions listen_options(const settings::Values& values) {
    return {.backlog = static_cast<int>(values.integer("socket.listen.backlog.size")),
            .send_buffer_bytes = buffer_bytes(values, "socket.send.buffer.bytes"),
            .receive_buffer_bytes = buffer_bytes(values, "socket.receive.buffer.bytes")};
}

server::ConnectionQuota quota_of(const settings::Values& values) {
    return {static_cast<std::size_t>(values.integer("max.connections")),
            static_cast<std::size_t>(values.integer("max.connections.per.ip"))};
}

}  // namespace

Broker::Broker(settings::Values values, std::vector<ListenerPlan> listeners)
    : node_(std::move(values)), plans_(std::move(listeners)) {}

Broker::~Broker() { CHECK(stopped_ || cores_.empty()); }

Result<void> Broker::start() {
    const auto count = core_count(node_.values());
    const auto io_threads = static_cast<std::size_t>(node_.values().integer("moldau.io.threads"));
    threads_ = std::make_unique<io::IoThreads>(io::IoThreads::Options{io_threads, io_threads});
    for (std::size_t index = 0; index < count; ++index) cores_.push_back(std::make_unique<BrokerCore>(index, *threads_));
    MOLDAU_TRY(serve_admin());
    MOLDAU_TRY(open_operator_api());
    MOLDAU_TRY(first().run_and_wait([this] { return boot(); }));
    phase_ = Phase::kServing;
    LOG_INFO("app", "ready node={} cluster={} cores={}", node_.id().value, cluster_id(), count);
    return {};
}

Task<Result<void>> Broker::boot() {
    auto& io = first().io();
    BrokerNode::Environment environment{
        io.files(), io.random(), {}, boot_id(), memory_per_core(node_.values(), cores_.size())};
    for (auto& core : cores_) environment.cores.push_back(&core->share());
    environment.on_fatal = [this] {
        failed_ = true;
        if (on_fatal_) on_fatal_();
    };
    MOLDAU_CO_TRY(co_await node_.start(std::move(environment), [this] { return listen(); }));
    co_await serve();
    co_await serve_operators();
    co_return Result<void>{};
}

Result<void> Broker::open_operator_api() {
    const auto listen = node_.values().text("moldau.internal.listen").value_or("");
    if (listen.empty()) return {};
    operator_api::ServerOptions options{.address = listen, .node = node_.id(), .version = MOLDAU_VERSION};
    MOLDAU_TRY_ASSIGN(server, operator_api::Server::listen(first().io().executor(), node_.authorizer(), std::move(options)));
    operator_server_ = std::move(server);
    operator_address_ = listen.substr(0, listen.rfind(':') + 1) + std::to_string(operator_server_->port());
    return {};
}

Task<void> Broker::serve_operators() {
    if (!operator_server_) co_return;
    operations_ = std::make_unique<operator_api::Operations>(first().share().shard(), MOLDAU_VERSION);
    node_.on_published([this](const metadata::Image& from, const metadata::Image& to) { operations_->follow(from, to); });
    operator_server_->serve(*operations_);
}

Task<void> Broker::stop_operators() {
    if (operator_server_) co_await operator_server_->stop_serving();
    if (operations_) co_await operations_->stop();
    node_.on_published([](const auto&, const auto&) {});
    operations_.reset();
}

Result<std::vector<metadata::Endpoint>> Broker::listen() {
    std::vector<metadata::Endpoint> endpoints;
    for (auto& plan : plans_) {
        MOLDAU_TRY_ASSIGN(acceptor, first().io().network().listen(plan.listen, listen_options(node_.values())));
        plan.listen.port = acceptor->local().port;
        if (plan.advertised.port == 0) plan.advertised.port = plan.listen.port;
        endpoints.push_back({plan.name, plan.advertised.host, plan.advertised.port});
        acceptors_.push_back(std::move(acceptor));
    }
    return endpoints;
}

Task<void> Broker::serve() {
    co_await on_every_core([](BrokerCore& core) { return core.open_connections(); });
    auto& shard = first().share().shard();
    counts_ = std::make_unique<server::ConnectionCounts>(quota_of(*shard.values()));
    set_log_level(*shard.values());
    shard.on_settings([this](const settings::Values& values) {
        counts_->set_quota(quota_of(values));
        set_log_level(values);
    });
    std::vector<server::ConnectionShard*> shards;
    for (auto& core : cores_) shards.push_back(&core->connections());
    for (std::size_t index = 0; index < plans_.size(); ++index) {
        servers_.push_back(std::make_unique<server::Listener>(
            server::Listener::Environment{first().io().executor(), shards, *counts_, next_connection_id_},
            plans_[index].name, std::move(acceptors_[index])));
        servers_.back()->start();
    }
}

Task<void> Broker::on_every_core(std::function<Task<void>(BrokerCore&)> step) {
    TaskGroup group;
    for (auto& core : cores_) {
        group.start(io::run_on(core->io().executor(), first().io().executor(),
                               [&step, target = core.get()] { return step(*target); }));
    }
    co_await group.stop();
}

Result<void> Broker::serve_admin() {
    const auto listen = node_.values().text("moldau.admin.listen").value_or("");
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
    routes["/readyz"] = [this] { return admin::HttpAnswer{is_ready() ? 200 : 503, "text/plain", std::string(readiness())}; };
    MOLDAU_TRY_ASSIGN(server, admin::serve_http(address, std::move(routes)));
    http_ = std::move(server);
    return {};
}

std::string_view Broker::readiness() const {
    switch (phase_.load()) {
        case Phase::kRecovering:
            return "recovering\n";
        case Phase::kServing:
            return "ok\n";
        case Phase::kStopping:
            return "stopping\n";
    }
    return "";
}

bool Broker::is_live() const {
    if (!is_ready()) return true;
    const auto now = std::chrono::steady_clock::now();
    return std::ranges::all_of(cores_, [&](const auto& core) { return now - core->io().last_turn() < kLiveness; });
}

admin::CoreSnapshot Broker::snapshot_of(const BrokerCore& core) const {
    auto snapshot = core.snapshot();
    if (&core != cores_.front().get() || !operator_server_) return snapshot;
    for (const auto& calls : operator_server_->counts()) {
        snapshot.operator_calls.push_back({std::string(calls.method), std::string(calls.code), calls.count});
    }
    snapshot.operator_feeds = operator_server_->feeds();
    return snapshot;
}

admin::NodeSnapshot Broker::snapshot() {
    admin::NodeSnapshot snapshot;
    snapshot.version = MOLDAU_VERSION;
    snapshot.node_id = node_.id().value;
    if (!is_ready()) return snapshot;
    snapshot.cluster_id = cluster_id();
    snapshot.dirs = node_.dir_states();
    std::vector<std::future<admin::CoreSnapshot>> futures;
    for (auto& core : cores_) {
        const auto promise = std::make_shared<std::promise<admin::CoreSnapshot>>();
        futures.push_back(promise->get_future());
        core->io().executor().post([this, promise, target = core.get()] {
            if (is_ready()) promise->set_value(snapshot_of(*target));
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
    phase_ = Phase::kStopping;
    first().run_and_wait([this] { return stop_operators(); });
    operator_server_.reset();
    auto finished = first().run_and_wait([this] { return finish(); });
    http_.reset();
    cores_.clear();
    threads_.reset();
    return finished;
}

Task<Result<void>> Broker::finish() {
    for (auto& server : servers_) co_await server->stop();
    const auto deadline = first().io().executor().now().mono + kDrain;
    co_await node_.stop_groups();
    co_await on_every_core([&](BrokerCore& core) { return core.stop_connections(deadline); });
    auto finished = co_await node_.close();
    servers_.clear();
    acceptors_.clear();
    co_return finished;
}

}  // namespace moldau::app
