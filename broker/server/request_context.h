// All that a handler knows of its request besides the message.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "io/executor.h"
#include "security/authorizer.h"
#include "server/abort_signal.h"
#include "server/memory_budget.h"

namespace moldau::server {

// Lifetime: while the request is handled. Thread: the core of its connection.
struct RequestContext {
    io::Executor& executor;  // of the connection's core
    const security::Authorizer& authorizer;
    AbortSignal& aborted;  // fires when the answer can no longer be sent, or should be sent at once
    security::Principal principal;
    std::string listener;     // name of the listener, "PLAINTEXT"
    std::string client_host;  // "/127.0.0.1", as Kafka writes it
    std::optional<std::string> client_id;
    std::uint64_t connection_id = 0;
    std::int16_t api_key = 0;
    std::int16_t api_version = 0;
    bool sends_files = false;   // the answer may hold file ranges
    MemoryGrant answer_memory;  // what the answer holds until it is sent; handlers may take it

    bool may(security::Operation operation, const security::Resource& resource) const {
        return authorizer.authorize(principal, operation, resource) == security::Decision::kAllowed;
    }
    bool may_on_cluster(security::Operation operation) const {
        return may(operation, {security::ResourceType::kCluster, "kafka-cluster"});
    }
    bool may_on_topic(security::Operation operation, std::string_view topic) const {
        return may(operation, {security::ResourceType::kTopic, topic});
    }
    bool may_on_group(security::Operation operation, std::string_view group) const {
        return may(operation, {security::ResourceType::kGroup, group});
    }
};

}  // namespace moldau::server
