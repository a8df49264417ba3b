// The links to the brokers of all Clusters, and what a Cluster's Topics may know of it.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operator/api/cluster.h"
#include "operator/decide/topics.h"
#include "operator/metrics/metrics.h"
#include "operator/observe/broker_link.h"

namespace moldau::observe {

struct LinksEvents {
    std::function<void(const kube::ObjectKey& cluster)> changed;
    std::function<void(const kube::ObjectKey& cluster, const std::vector<std::string>& topics)> topics_changed;
    std::function<void(const kube::ObjectKey& cluster)> topics_known;
};

// Lifetime: stop() must have resolved before it goes. Thread: the loop's.
class Links {
public:
    Links(loop::Loop& loop, broker_api::BrokerApiFactory& factory, metrics::Registry& metrics, LinksEvents events,
          BrokerLinkOptions options = {});
    Links(const Links&) = delete;
    Links& operator=(const Links&) = delete;
    ~Links();

    // Null when there is none.
    BrokerLink* find(const kube::ObjectKey& cluster) const;
    // Makes the link if there is none, or if it leads elsewhere.
    BrokerLink& ensure(const kube::ObjectKey& cluster, const std::string& target);
    // The Cluster is gone. The link ends in the background.
    void drop(const kube::ObjectKey& cluster);
    Task<void> stop();

    // `object` is the Cluster as the API server has it; nullopt: it has none.
    decide::TopicsCluster topics_cluster(const kube::ObjectKey& cluster, const std::optional<kube::Object>& object);

private:
    struct Entry {
        std::string target;
        std::shared_ptr<BrokerLink> link;
        decide::TopicsCluster::Topics topics = decide::TopicsCluster::Topics::kNotReady;
        WallTime since{};
    };
    static Task<void> end(std::shared_ptr<BrokerLink> link);

    loop::Loop& loop_;
    broker_api::BrokerApiFactory& factory_;
    metrics::Registry& metrics_;
    LinksEvents events_;
    BrokerLinkOptions options_;
    std::map<kube::ObjectKey, Entry> links_;
    TaskGroup ending_;
};

}  // namespace moldau::observe
