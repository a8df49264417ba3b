// The seam between connections and handlers: frames go in, response frames come out.
//
// Place: `handlers` implements it with one handler per API key; tests with whatever they need.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "bytes/buffer.h"
#include "security/authorizer.h"
#include "server/abort_signal.h"
#include "server/memory_budget.h"

namespace moldau::server {

// What is known of a connection from its start.
struct Peer {
    std::uint64_t connection_id = 0;
    std::string listener;
    std::string host;
    security::Principal principal;
    bool sends_files = false;  // answers may hold file ranges
};

// May the connection's next request start before this one is answered? Requests that change state in order (a produce, a
// fetch session) do their ordered part before they first suspend and may overlap; all others run alone, as in Kafka.
enum class Overlap : std::uint8_t { kAlone, kOverlapping };

struct Answer {
    // A response frame with its length prefix, or nullopt when the protocol wants none (acks=0).
    std::optional<bytes::ChunkList> frame;
    // Memory that the frame holds, given back once it is sent.
    MemoryGrant memory;
};

class Dispatcher {
public:
    virtual ~Dispatcher() = default;
    virtual Overlap overlap(bytes::View frame) const = 0;
    // `frame` is a request without its length prefix. An error closes the connection; its text is logged once.
    virtual Task<Result<Answer>> handle(bytes::View frame, const Peer& peer, AbortSignal& aborted) = 0;
};

}  // namespace moldau::server
