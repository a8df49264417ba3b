// A feed of topics over gRPC. Only the gRPC implementation's own sources include this.

#pragma once

#include <memory>
#include <string>

#include "operator/broker_api/broker_api.h"
#include "operator/broker_api/grpc_calls.h"
#include "proto/operator_api.grpc.pb.h"

namespace moldau::broker_api {

struct FeedOptions {
    std::string resume;
    Millis silence{30'000};
};
// Fails at its first next() when `calls` are closed.
std::unique_ptr<TopicFeed> open_feed(GrpcCalls& calls, operator_api::v1::OperatorApi::Stub& stub, FeedOptions options);

}  // namespace moldau::broker_api
