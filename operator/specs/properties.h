// A broker's settings: the file that it starts with, and those that are changed while it runs.
//
// The problem: some settings count only from the start, others can be changed on the running broker; a restart must happen
// for the first ones alone, and a change that a broker took while it ran must not come back from an old file. The idea: a
// setting is in exactly one place. What can be changed at run time is never in the file: it is set, for all brokers, through
// the operator API, and removed there when it leaves the spec. The file has the rest and what the operator itself decides,
// and its hash on the pod's template makes the restart.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/api/cluster.h"
#include "operator/specs/inputs.h"

namespace moldau::specs {

struct RefusedKey {
    std::string name;
    std::string why;  // "is made from spec.listeners"
    bool operator==(const RefusedKey&) const = default;
};

struct Settings {
    api::Texts fixed;                  // of spec.config, in the file
    api::Texts changeable;             // of spec.config and spec.durability, set at run time
    std::vector<RefusedKey> refused;   // the operator's own
    std::vector<RefusedKey> rejected;  // that no broker of this version would start with
};

// What `known` does not have counts as changeable only if this version, or the running broker, knows it so.
Settings split_settings(const api::ClusterSpec& spec, const Inputs& inputs);

// host:port that clients of `listener` are told for a broker. ${env:POD_HOST_IP} and ${env:POD_NODE_NAME} stand for what
// only the pod knows; the broker expands them. nullopt: Kubernetes has not given the address yet.
struct AdvertisedAddress {
    std::string host;
    std::uint16_t port = 0;
};
std::optional<AdvertisedAddress> advertised(const api::Cluster& cluster, const api::ListenerSpec& listener,
                                            std::int32_t broker, const Addresses& addresses);

// broker.properties of one broker: sorted lines, always the same text for the same settings.
std::string properties(const api::Cluster& cluster, std::int32_t broker, const Settings& settings,
                       const Addresses& addresses);

}  // namespace moldau::specs
