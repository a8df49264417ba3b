// The real BrokerApi: the broker's operator API over gRPC.
//
// gRPC works on threads of its own and posts every result to the loop. One channel per Cluster: it connects when it is first
// used, again after a loss (within 2 s once the broker is back), and asks DNS anew then, since a pod that starts again has
// another address.

#pragma once

#include <memory>
#include <string>

#include "operator/broker_api/broker_api.h"
#include "operator/loop/loop.h"

namespace moldau::broker_api {

struct GrpcOptions {
    Millis timeout{10'000};       // of every call
    Millis feed_silence{30'000};  // after which a feed is given up; the broker says something every 10 s
};

// Lifetime: the loop outlives it and all that it made.
class GrpcBrokerApiFactory final : public BrokerApiFactory {
public:
    explicit GrpcBrokerApiFactory(loop::Loop& loop, GrpcOptions options = {}) : loop_(loop), options_(options) {}
    std::unique_ptr<BrokerApi> connect(std::string target) override;

private:
    loop::Loop& loop_;
    const GrpcOptions options_;
};

}  // namespace moldau::broker_api
