// A small Kubernetes with a broker, for tests of decisions: it carries out what was decided and answers as the real ones do.
//
// The problem: whether decisions lead anywhere shows only when they are carried out and looked at again. The idea: the
// snapshot is the whole world; `step` decides, carries out each action on it, and lets its controllers (StatefulSet,
// garbage collector, volumes, broker) do their part at once. Faults are switches. Place: tests only; world_test.cc has the
// body, because tests alone may be as they are.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "operator/decide/decision.h"

namespace moldau::decide {

// How a new pod fares.
enum class PodFate { kReady, kNotReady, kImagePull, kCrash, kConfigRefused, kUnschedulable, kMissingSecret };

class World {
public:
    // `spec` is the Cluster's, as JSON text.
    explicit World(const std::string& spec = "{}");

    void set_spec(const std::string& spec);
    void set_status(const api::ClusterStatus& status);
    // deletionTimestamp; the Cluster stays while it has its finalizer.
    void delete_cluster();
    // Decides, carries out, lets the controllers work. Time goes on by a second.
    Decision step();
    // Steps until there is nothing to order and nothing asked; returns the number of steps, or `most` when there is no end.
    int run(int most = 40);
    void controllers();

    Pod* pod(std::int32_t ordinal = 0);
    const Owned* find(std::string_view kind, std::string_view name) const;
    const api::Condition& condition(std::string_view type) const;
    bool is_gone() const { return is_gone_; }

    ClusterSnapshot snapshot;
    WallTime now = from_timestamp(1'795'000'000'000);
    PodFate fate = PodFate::kReady;
    bool reachable = true;
    bool may_stop = true;
    bool expandable = true;
    bool gives_load_balancers = true;
    // Refusals by the API server: the message, or empty.
    std::function<std::string(const Action&)> refuses;
    api::Texts cluster_values;             // the broker's settings for all brokers
    std::vector<std::string> carried_out;  // action_key of all, statuses and events left out
    std::vector<std::string> events;       // their reasons

private:
    friend struct Carrier;
    void read();
    void answer();
    void schedule(Pod& pod) const;

    std::string spec_;
    std::string status_ = "{}";
    std::int64_t generation_ = 1;
    std::int64_t settings_epoch_ = 1;
    bool finalizer_ = false;
    std::optional<std::string> deleting_;
    bool is_gone_ = false;
    int next_uid_ = 100;
    std::map<std::string, std::int64_t> epochs_;  // of brokers, by the uid of their pods
};

// The decision as lines: actions, questions, conditions.
std::string transcript(const Decision& decision);

}  // namespace moldau::decide
