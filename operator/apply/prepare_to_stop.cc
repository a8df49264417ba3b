// Having a broker hand over and flush before it is stopped; asked again, it goes on.

#include <utility>

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> prepare_to_stop(broker_api::BrokerApi& broker, decide::PrepareToStop action) {
    auto progress = co_await broker.prepare_to_stop(std::move(action.order));
    if (!progress) co_return Carried::failed(std::move(progress).error());
    co_return Carried{.answer = *std::move(progress)};
}

}  // namespace moldau::apply
