// Settings of the running broker.

#include <utility>

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> alter_settings(broker_api::BrokerApi& broker, decide::AlterSettings action) {
    auto results = co_await broker.alter_settings(std::move(action.order));
    if (!results) co_return Carried::failed(std::move(results).error());
    co_return Carried{.answer = *std::move(results)};
}

}  // namespace moldau::apply
