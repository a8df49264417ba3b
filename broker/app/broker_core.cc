// A core's connections, from the opening of its share to the end.

#include "app/broker_core.h"

namespace moldau::app {
namespace {

server::ConnectionLimits connection_limits(const settings::Values& values) {
    server::ConnectionLimits limits;
    limits.frame_bytes_max = static_cast<std::size_t>(values.integer("socket.request.max.bytes"));
    return limits;
}

}  // namespace

Task<void> BrokerCore::open_connections() {
    auto& shard = share_.shard();
    const auto& values = shard.node.values;
    connections_ = std::make_unique<server::ConnectionShard>(
        server::ConnectionServices{core_.executor(), shard.request_memory, share_.dispatcher(), counters_,
                                   connection_limits(values)},
        core_.network(), to_millis(values.integer("connections.max.idle.ms")));
    share_.on_tick([this](Now now) { connections_->tick(now.mono); });
    co_return;
}

Task<void> BrokerCore::stop_connections(MonoTime deadline) {
    if (!connections_) co_return;
    co_await connections_->stop(deadline);
    share_.on_tick([](Now) {});
    connections_.reset();
}

admin::CoreSnapshot BrokerCore::snapshot() const {
    return admin::take_snapshot(share_.shard(), share_.store(), share_.dispatcher().stats(), counters_);
}

}  // namespace moldau::app
