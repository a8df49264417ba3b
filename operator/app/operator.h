// The whole operator on one loop: informers, the two controllers, the links to brokers, the lease.
//
// The problem: start, leadership and stop have an order that matters, and all of it must run in a test, on a loop whose time
// stands still, against an API server and brokers in memory. The idea: everything outside is given (loop, transport, broker
// factory, health); run() is one straight line: list, lead, work, stop. Place: made by main(); operator_test.cc is the other
// user.
//
//     informers list ----> synced ---\
//                                     +--> leading: controllers, links, events --> stop: controllers, links, events,
//     lease ------------> acquired --/                                             informers, lease given back

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/task.h"
#include "base/task_group.h"
#include "operator/app/cluster_step.h"
#include "operator/app/options.h"
#include "operator/app/topics_step.h"
#include "operator/controller/controller.h"
#include "operator/controller/leader_election.h"
#include "operator/informer/shared_informers.h"
#include "operator/serve/health.h"

namespace moldau::app {

// How run() ended. kLost: somebody else may lead now; the process must end at once.
enum class Exit : std::uint8_t { kStopped, kLost };

// What the operator works with. Lifetime: all of it outlives the Operator.
struct Surroundings {
    loop::Loop& loop;
    kube::Transport& transport;
    broker_api::BrokerApiFactory& brokers;
    metrics::Registry& metrics;
    serve::Health& health;
    std::function<void()> on_lost;  // the lease is lost: the process must end before it does anything else
};

// Lifetime: run() must have resolved before it goes. Thread: the loop's.
class Operator {
public:
    Operator(Surroundings surroundings, OperatorOptions options);
    Operator(const Operator&) = delete;
    Operator& operator=(const Operator&) = delete;
    ~Operator();

    // Once. Resolves after `cancel`, or when the lease is lost; with kLost too everything has ended, but not in order.
    Task<Exit> run(loop::Cancel& cancel);

    // Every informer has listed, and nothing waits or is under way. Delayed keys do not count.
    bool is_idle() const;
    bool is_leading() const { return is_leading_; }
    std::size_t topic_count() const { return book_.size(); }

private:
    void watch_kinds();
    void on_cluster(const informer::Change& change);
    void on_topic(const informer::Change& change);
    void on_owned(const informer::Change& change);
    void on_node(const informer::Change& change);
    void on_volume(const informer::Change& change);
    void touch_cluster(const kube::ObjectKey& cluster, controller::Priority priority);
    void touch_topic(const kube::ObjectKey& topic, controller::Priority priority);
    void touch_topics(const kube::ObjectKey& cluster, controller::Priority priority);
    void on_topics_changed(const kube::ObjectKey& cluster, const std::vector<std::string>& names);
    void on_broker_replaced(const kube::ObjectKey& cluster);
    apply::Hands hands();
    observe::LinksEvents link_events();

    void beat();
    void collect();
    Task<bool> wait_for_lists(loop::Cancel& cancel);
    Task<bool> win_lease(loop::Cancel& cancel);
    Task<void> hold_lease();
    Task<void> stop_work();
    Task<void> stop_rest();

    loop::Loop& loop_;
    serve::Health& health_;
    metrics::Registry& metrics_;
    std::function<void()> on_lost_;
    OperatorOptions options_;
    kube::Client client_;
    kube::Client lease_client_;
    informer::SharedInformers informers_;
    observe::Kinds kinds_;
    observe::TopicBook book_;
    observe::ClusterObserver observer_;
    controller::EventRecorder events_;
    observe::Links links_;
    ClusterStep cluster_step_;
    TopicsStep topics_step_;
    controller::Controller clusters_;
    controller::BatchController topics_;
    controller::LeaderElection election_;
    loop::Cancel lease_cancel_;
    loop::Signal wake_;
    TaskGroup background_;
    loop::TimerId beat_ = loop::TimerId::kNone;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // collectors look here first
    bool is_leading_ = false;
    bool is_lost_ = false;
};

}  // namespace moldau::app
