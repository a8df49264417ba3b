// The broker: wires the layers together, starts and stops them in order.
//
// Start: data directories → metadata → listeners bound → this broker registered → every core's logs → connections accepted →
// ready. Stop: not ready → no new connections → groups handed back → answers sent → logs closed → clean marker. Place: the
// top; `main` makes one.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "admin/http_server.h"
#include "admin/snapshot.h"
#include "app/broker_core.h"
#include "app/data_dirs.h"
#include "app/listeners.h"
#include "base/result.h"
#include "handlers/handler_table.h"
#include "metadata/producer_ids.h"
#include "metadata/service.h"
#include "settings/values.h"

namespace moldau::app {

// Lifetime: start(), then stop(), also after a failed start. Thread: the main one.
class Broker {
public:
    Broker(settings::Values values, std::vector<ListenerPlan> listeners);
    ~Broker();

    // When it returns, clients are served. Errors: kLocked and kUsage (exit status 2), kCorrupt, kNewerFormat, kIo.
    Result<void> start();
    // Resolves within 10 s, however clients behave. An error means that the next start must recover.
    Result<void> stop();

    // Where clients connect, in the order of `listeners`, with the real ports.
    const std::vector<ListenerPlan>& listeners() const { return plans_; }
    const std::string& cluster_id() const { return cluster_id_; }

    // From any thread.
    bool is_live() const;
    bool is_ready() const { return ready_.load(); }
    // Cores that do not answer in time are left out.
    admin::NodeSnapshot snapshot();

private:
    Task<Result<void>> boot();
    Task<Result<void>> open_metadata();
    Task<Result<void>> listen();
    Task<Result<void>> open_cores();
    Task<void> publish(metadata::ImageRef from, metadata::ImageRef to);
    Task<Result<void>> finish();
    Result<void> serve_admin();
    metadata::ControllerOptions controller_options();
    BrokerCore& first() { return *cores_.front(); }

    handlers::Node node_;
    handlers::HandlerTable table_;
    std::vector<ListenerPlan> plans_;
    std::string cluster_id_;
    std::unique_ptr<io::IoThreads> threads_;
    std::vector<std::unique_ptr<BrokerCore>> cores_;
    std::unique_ptr<DataDirs> dirs_;
    std::unique_ptr<metadata::MetadataService> metadata_;
    std::unique_ptr<metadata::ProducerIds> producer_ids_;
    std::unique_ptr<server::ConnectionCounts> counts_;
    std::uint64_t next_connection_id_ = 0;
    std::vector<std::unique_ptr<server::Listener>> servers_;
    std::vector<std::unique_ptr<io::Acceptor>> acceptors_;
    std::unique_ptr<admin::HttpServer> http_;
    std::atomic<bool> ready_ = false;
    bool stopped_ = false;
};

}  // namespace moldau::app
