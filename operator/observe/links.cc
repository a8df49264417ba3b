// Making, finding and dropping links.

#include "operator/observe/links.h"

#include <utility>

#include "base/check.h"
#include "operator/observe/metered_broker.h"

namespace moldau::observe {
namespace {

using Topics = decide::TopicsCluster::Topics;

std::string why_not_ready(const broker_api::ClusterState& state) {
    std::string text;
    for (const auto& reason : state.reasons) {
        if (reason.severity == broker_api::Severity::kInfo && !text.empty()) continue;
        if (!text.empty()) text += "; ";
        text += reason.message;
    }
    return text;
}

void describe(const BrokerLink* link, decide::TopicsCluster& cluster) {
    if (link == nullptr || link->expected() == Expected::kNobody) {
        cluster.why = "no broker runs";
        return;
    }
    const auto& answers = link->answers();
    if (!answers.state) {
        cluster.topics = Topics::kUnreachable;
        cluster.why = answers.error;
        return;
    }
    cluster.cluster_id = answers.state->cluster_id;
    cluster.metadata_epoch = answers.state->metadata_epoch;
    if (link->knows_topics()) {
        cluster.topics = Topics::kKnown;
        return;
    }
    cluster.why = why_not_ready(*answers.state);
}

}  // namespace

Links::Links(loop::Loop& loop, broker_api::BrokerApiFactory& factory, metrics::Registry& metrics, LinksEvents events,
             BrokerLinkOptions options)
    : loop_(loop), factory_(factory), metrics_(metrics), events_(std::move(events)), options_(options) {}

Links::~Links() { CHECK(links_.empty() && ending_.count() == 0); }

BrokerLink* Links::find(const kube::ObjectKey& cluster) const {
    const auto found = links_.find(cluster);
    return found == links_.end() ? nullptr : found->second.link.get();
}

BrokerLink& Links::ensure(const kube::ObjectKey& cluster, const std::string& target) {
    const auto known = links_.find(cluster);
    if (known != links_.end() && known->second.target == target) return *known->second.link;
    drop(cluster);
    BrokerLinkEvents events{
        .changed = [this, cluster] { events_.changed(cluster); },
        .topics_changed = [this, cluster](const std::vector<std::string>& names) { events_.topics_changed(cluster, names); },
        .topics_known = [this, cluster] { events_.topics_known(cluster); }};
    auto api = std::make_unique<MeteredBroker>(loop_, metrics_, factory_.connect(target));
    auto link = std::make_shared<BrokerLink>(loop_, std::move(api), std::move(events), options_);
    link->start();
    auto& entry = links_[cluster];
    entry = {.target = target, .link = std::move(link), .since = loop_.wall_now()};
    return *entry.link;
}

void Links::drop(const kube::ObjectKey& cluster) {
    const auto found = links_.find(cluster);
    if (found == links_.end()) return;
    auto link = std::move(found->second.link);
    links_.erase(found);
    ending_.start(end(std::move(link)));
}

Task<void> Links::end(std::shared_ptr<BrokerLink> link) { co_await link->stop(); }

Task<void> Links::stop() {
    while (!links_.empty()) drop(links_.begin()->first);
    co_await ending_.stop();
}

decide::TopicsCluster Links::topics_cluster(const kube::ObjectKey& key, const std::optional<kube::Object>& object) {
    decide::TopicsCluster cluster;
    if (!object) return cluster;
    using State = decide::TopicsCluster::State;
    cluster.state = object->is_deleting() ? State::kDeleting : State::kPresent;
    const bool is_paused = object->bool_at("/spec/paused").value_or(false);
    cluster.pause = is_paused ? api::Pause::kPaused : api::Pause::kRunning;
    const auto entry = links_.find(key);
    describe(entry == links_.end() ? nullptr : entry->second.link.get(), cluster);
    cluster.since = loop_.wall_now();
    if (entry == links_.end()) return cluster;
    if (std::exchange(entry->second.topics, cluster.topics) != cluster.topics) entry->second.since = cluster.since;
    cluster.since = entry->second.since;
    return cluster;
}

}  // namespace moldau::observe
