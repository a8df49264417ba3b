// The broker as a process: a node with its threads, its connections and its admin listener.
//
// Start: admin listener and operator API, which say "recovering" → the node, with listeners bound on the way → connections
// accepted → ready. Stop: not ready → the operator API's calls ended → no new connections → groups handed back → answers
// sent → the node closed. Place: the top; `main` makes one.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/http_server.h"
#include "admin/snapshot.h"
#include "app/broker_core.h"
#include "app/broker_node.h"
#include "app/listeners.h"
#include "base/result.h"
#include "operator_api/operations.h"
#include "operator_api/server.h"
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

    // `callback` runs, on a core, when the broker can no longer do its work and should be stopped. Set it before start().
    void on_fatal(std::function<void()> callback) { on_fatal_ = std::move(callback); }
    bool has_failed() const { return failed_.load(); }

    // Where clients connect, in the order of `listeners`, with the real ports.
    const std::vector<ListenerPlan>& listeners() const { return plans_; }
    const std::string& cluster_id() const { return node_.cluster_id(); }

    // Where the operator API is, with the real port; empty without it.
    const std::string& operator_address() const { return operator_address_; }

    // From any thread. A broker that recovers or stops is alive, however long it takes.
    bool is_live() const;
    bool is_ready() const { return phase_.load() == Phase::kServing; }
    // Cores that do not answer in time are left out.
    admin::NodeSnapshot snapshot();

private:
    enum class Phase : std::uint8_t { kRecovering, kServing, kStopping };
    Task<Result<void>> boot();
    Result<void> open_operator_api();
    Task<void> serve_operators();
    Task<void> stop_operators();
    admin::CoreSnapshot snapshot_of(const BrokerCore& core) const;
    std::string_view readiness() const;
    Result<std::vector<metadata::Endpoint>> listen();
    Task<void> serve();
    Task<void> on_every_core(std::function<Task<void>(BrokerCore&)> step);
    Task<Result<void>> finish();
    Result<void> serve_admin();
    BrokerCore& first() { return *cores_.front(); }

    BrokerNode node_;
    std::vector<ListenerPlan> plans_;
    std::unique_ptr<io::IoThreads> threads_;
    std::vector<std::unique_ptr<BrokerCore>> cores_;
    std::unique_ptr<server::ConnectionCounts> counts_;
    std::uint64_t next_connection_id_ = 0;
    std::vector<std::unique_ptr<server::Listener>> servers_;
    std::vector<std::unique_ptr<io::Acceptor>> acceptors_;
    std::unique_ptr<admin::HttpServer> http_;
    std::string operator_address_;
    std::unique_ptr<operator_api::Server> operator_server_;
    std::unique_ptr<operator_api::Operations> operations_;  // the first core's
    std::function<void()> on_fatal_;
    std::atomic<bool> failed_ = false;
    std::atomic<Phase> phase_ = Phase::kRecovering;
    bool stopped_ = false;
};

}  // namespace moldau::app
