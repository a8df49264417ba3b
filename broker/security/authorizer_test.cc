// The bit field follows the authorizer's answers.

#include "security/authorizer.h"

#include <gtest/gtest.h>

namespace moldau::security {
namespace {

class DenyWrites : public Authorizer {
public:
    Decision authorize(const Principal&, Operation operation, const Resource&) const override {
        return operation == Operation::kWrite ? Decision::kDenied : Decision::kAllowed;
    }
};

TEST(AuthorizedOperations, HasABitForEachAllowedOperation) {
    const Resource topic{ResourceType::kTopic, "orders"};
    EXPECT_EQ(authorized_operations(AllowAll{}, {}, topic), 0b1101'1111'1000);
    EXPECT_EQ(authorized_operations(DenyWrites{}, {}, topic), 0b1101'1110'1000);
}

TEST(AuthorizedOperations, KnowsOnlyTheOperationsOfTheResource) {
    EXPECT_EQ(authorized_operations(AllowAll{}, {}, {ResourceType::kTransactionalId, "t"}), 0b1'0001'0000);
}

}  // namespace
}  // namespace moldau::security
