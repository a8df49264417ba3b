// May this principal do that? The question is asked everywhere where Kafka asks it; in this version the answer is always
// yes.
//
// The problem: access control that is added later misses places. The idea: every handler calls `authorize` from the first
// day, with Kafka's operations and resources (KIP-11), so that access lists change one class and no handler.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace moldau::security {

// The numbers are those of the protocol's AclOperation.
enum class Operation : std::int8_t {
    kRead = 3,
    kWrite = 4,
    kCreate = 5,
    kDelete = 6,
    kAlter = 7,
    kDescribe = 8,
    kClusterAction = 9,
    kDescribeConfigs = 10,
    kAlterConfigs = 11,
    kIdempotentWrite = 12,
};

// The numbers are those of the protocol's ResourceType.
enum class ResourceType : std::int8_t { kTopic = 2, kGroup = 3, kCluster = 4, kTransactionalId = 5 };

struct Resource {
    ResourceType type;
    std::string_view name;  // "kafka-cluster" for the cluster
};

struct Principal {
    std::string type = "User";
    std::string name = "ANONYMOUS";
    bool operator==(const Principal&) const = default;
};

enum class Decision : std::uint8_t { kAllowed, kDenied };

// Lifetime: the broker's. Thread: any; answers at once, from memory.
class Authorizer {
public:
    virtual ~Authorizer() = default;
    virtual Decision authorize(const Principal& principal, Operation operation, const Resource& resource) const = 0;
};

class AllowAll : public Authorizer {
public:
    Decision authorize(const Principal& principal, Operation operation, const Resource& resource) const override;
};

// The operations on a resource of `type` that `principal` may do, as the bit field of Metadata, DescribeGroups and
// DescribeCluster (KIP-430): bit n stands for the operation with number n.
std::int32_t authorized_operations(const Authorizer& authorizer, const Principal& principal, const Resource& resource);

}  // namespace moldau::security
