// Carries out one action: finds its verb, asks for leave to write, counts.

#pragma once

#include "base/task.h"
#include "operator/apply/hands.h"

namespace moldau::apply {

// `broker` may be null: an order to it then fails with kBrokerNotAvailable. kCancelled when we may not write any more.
Task<Carried> carry_out(Hands hands, broker_api::BrokerApi* broker, decide::Action action);

}  // namespace moldau::apply
