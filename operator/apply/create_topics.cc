// Making topics, hundreds in one order.

#include <utility>

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> create_topics(broker_api::BrokerApi& broker, decide::CreateTopics action) {
    auto results = co_await broker.create_topics(std::move(action.order));
    if (!results) co_return Carried::failed(std::move(results).error());
    co_return Carried{.answer = *std::move(results)};
}

}  // namespace moldau::apply
