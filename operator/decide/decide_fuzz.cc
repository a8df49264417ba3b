// Whatever an API server may say of a Cluster, its pods, claims, nodes and objects: reading and deciding must not end the
// process, and what is ordered must be JSON again.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/check.h"
#include "operator/api/topic.h"
#include "operator/decide/decision.h"
#include "operator/decide/observed.h"
#include "operator/decide/topics.h"

namespace moldau::decide {
namespace {

constexpr std::size_t kObjectsMax = 16;
const WallTime kNow = from_timestamp(1'795'000'000'000);

template <class Visit>
void each(const nlohmann::json& input, const char* name, Visit visit) {
    const auto found = input.find(name);
    if (found == input.end() || !found->is_array()) return;
    for (std::size_t at = 0; at < found->size() && at < kObjectsMax; ++at) visit(kube::Object{(*found)[at]});
}

ClusterSnapshot snapshot_of(const nlohmann::json& input) {
    ClusterSnapshot snapshot;
    snapshot.cluster = api::read_cluster(kube::Object{input.value("cluster", nlohmann::json::object())});
    each(input, "pods", [&](const kube::Object& one) { snapshot.pods.push_back(read_pod(one)); });
    each(input, "claims", [&](const kube::Object& one) { snapshot.claims.push_back(read_claim(one, one)); });
    each(input, "nodes", [&](const kube::Object& one) { snapshot.nodes.push_back(read_node(one)); });
    for (const auto& resource : {kube::resources::stateful_sets(), kube::resources::services()}) {
        each(input, resource.plural.c_str(), [&](const kube::Object& one) { snapshot.owned.push_back({resource, one}); });
    }
    return snapshot;
}

void decide_cluster(const nlohmann::json& input) {
    const auto snapshot = snapshot_of(input);
    const auto decision = decide(snapshot, kNow);
    for (const auto& action : decision.actions) {
        CHECK(!action_key(action).empty());
        fingerprint(action);
        if (const auto* status = std::get_if<UpdateStatus>(&action)) CHECK(!status->object.text().empty());
    }
}

void decide_topic_of(const nlohmann::json& input) {
    auto topic = std::make_shared<api::Topic>(api::read_topic(kube::Object{input.value("topic", nlohmann::json::object())}));
    TopicsSnapshot snapshot{.cluster = {.state = TopicsCluster::State::kPresent, .topics = TopicsCluster::Topics::kKnown}};
    snapshot.topics.push_back({.topic = std::move(topic)});
    for (const auto& action : decide_topics(snapshot, kNow).actions) CHECK(!action_key(action).empty());
}

}  // namespace
}  // namespace moldau::decide

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto input = nlohmann::json::parse(text, nullptr, false);
    if (!input.is_object()) return 0;
    moldau::decide::decide_cluster(input);
    moldau::decide::decide_topic_of(input);
    return 0;
}
