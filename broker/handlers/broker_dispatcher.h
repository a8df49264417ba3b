// From a frame to its handler and back: one per core.

#pragma once

#include "handlers/handler_table.h"
#include "handlers/request_stats.h"
#include "server/dispatcher.h"

namespace moldau::handlers {

// Lifetime: the shard's. Thread: its core.
class BrokerDispatcher : public server::Dispatcher {
public:
    BrokerDispatcher(Shard& shard, const HandlerTable& table) : shard_(shard), table_(table) {}

    server::Overlap overlap(bytes::View frame) const override;
    // Errors: kInvalidRequest for an unknown API or version (but ApiVersions, which is answered), kMalformed for what cannot
    // be read.
    Task<Result<server::Answer>> handle(bytes::View frame, const server::Peer& peer, server::AbortSignal& aborted) override;

    const RequestStats& stats() const { return stats_; }

private:
    Task<Result<server::Answer>> run(const Handler& handler, server::RequestContext& context, wire::Encoder out,
                                     bytes::View body);

    Shard& shard_;
    const HandlerTable& table_;
    RequestStats stats_;
};

}  // namespace moldau::handlers
