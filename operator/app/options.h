// What the operator is told when it starts: flags and environment.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/time.h"

namespace moldau::app {

enum class LeaderElect : std::uint8_t { kYes, kNo };
enum class LogFormat : std::uint8_t { kText, kJson };

struct OperatorOptions {
    std::string watch_namespace;  // empty: all
    std::string own_namespace;    // of the pod; where the lease is
    std::string pod_name;         // empty: the host's name
    std::string broker_image = "moldau/broker:0.1.0";
    std::string lease = "moldau-operator";
    LeaderElect leader_elect = LeaderElect::kYes;
    std::string metrics_address = ":8080";  // empty: none
    std::string health_address = ":8081";
    std::string kubeconfig;  // empty: in-cluster, else $KUBECONFIG, else ~/.kube/config
    std::string context;
    std::string log_level = "info";
    LogFormat log_format = LogFormat::kText;
    std::size_t cluster_workers = 16;
    std::size_t topics_batch_max = 100;
    std::size_t topic_batches = 3;  // of one Cluster at once
    std::size_t requests_max = 32;  // in flight to the API server
    std::uint64_t seed = 1;         // of jitter and of this process's identity; main() takes a random one
    Millis stop_patience{8'000};    // for steps under way, before their requests are cancelled
};

}  // namespace moldau::app
