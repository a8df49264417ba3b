// What can be said about answers without asking.

#include "operator/broker_api/broker_api.h"

#include <algorithm>

namespace moldau::broker_api {

const Broker* ClusterState::find_broker(BrokerId id) const {
    const auto found = std::ranges::find(brokers, id, &Broker::id);
    return found == brokers.end() ? nullptr : &*found;
}

}  // namespace moldau::broker_api
