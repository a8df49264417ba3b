// The authorizer of a broker without access lists, and the bit field of what a principal may do.

#include "security/authorizer.h"

#include <initializer_list>

namespace moldau::security {
namespace {

// Which operations exist on a kind of resource (KIP-430).
std::initializer_list<Operation> operations_on(ResourceType type) {
    static constexpr std::initializer_list<Operation> kTopic = {
        Operation::kRead,  Operation::kWrite,    Operation::kCreate,          Operation::kDelete,
        Operation::kAlter, Operation::kDescribe, Operation::kDescribeConfigs, Operation::kAlterConfigs};
    static constexpr std::initializer_list<Operation> kGroup = {Operation::kRead, Operation::kDelete, Operation::kDescribe,
                                                                Operation::kDescribeConfigs, Operation::kAlterConfigs};
    static constexpr std::initializer_list<Operation> kCluster = {
        Operation::kCreate,          Operation::kAlter,        Operation::kDescribe,       Operation::kClusterAction,
        Operation::kDescribeConfigs, Operation::kAlterConfigs, Operation::kIdempotentWrite};
    static constexpr std::initializer_list<Operation> kTransactionalId = {Operation::kWrite, Operation::kDescribe};
    switch (type) {
        case ResourceType::kTopic:
            return kTopic;
        case ResourceType::kGroup:
            return kGroup;
        case ResourceType::kCluster:
            return kCluster;
        case ResourceType::kTransactionalId:
            return kTransactionalId;
    }
    return {};
}

}  // namespace

Decision AllowAll::authorize(const Principal&, Operation, const Resource&) const { return Decision::kAllowed; }

std::int32_t authorized_operations(const Authorizer& authorizer, const Principal& principal, const Resource& resource) {
    std::int32_t bits = 0;
    for (const auto operation : operations_on(resource.type)) {
        if (authorizer.authorize(principal, operation, resource) == Decision::kDenied) continue;
        bits |= 1 << static_cast<int>(operation);
    }
    return bits;
}

}  // namespace moldau::security
