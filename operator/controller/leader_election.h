// One of several replicas of the operator acts; the others wait for its lease.
//
// The problem: two operators that act at once undo each other's work, and may restart two brokers. The idea: the replica
// that writes its name into a Lease and keeps renewing it leads. It stops leading, on its own monotonic clock, well before
// anybody else may take the lease: `renew_within` (7 s) after the start of the last renewal that went well, against
// `duration` (10 s) for the others. Whoever loses the lease ends its process: nothing that it had begun can then go on. A
// clean stop gives the lease back, so that the next one need not wait. Place: started by `app` before the informers'
// controllers.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/task.h"
#include "operator/controller/lease.h"
#include "operator/kube/client.h"
#include "operator/loop/cancel.h"
#include "operator/loop/loop.h"
#include "operator/metrics/metrics.h"

namespace moldau::controller {

struct LeaderElectionOptions {
    kube::ObjectKey lease{"", "moldau-operator"};
    std::string identity;  // unique: two processes of one name would both lead
    std::chrono::seconds duration{10};
    Millis renew_within{7'000};
    Millis retry{2'000};  // between renewals, also failed ones
    Millis poll{1'000};   // between looks at somebody else's lease
};

// What the client for the lease must be made with: a request that has not been answered for so long is given up, and
// repeating is our own business.
kube::ClientOptions lease_client_options();

// Lifetime: outlives its tasks. Thread: the loop's. Invariant: is_leading() implies that nobody else may take the lease yet.
class LeaderElection {
public:
    LeaderElection(kube::Client& client, LeaderElectionOptions options, metrics::Registry& metrics);
    LeaderElection(const LeaderElection&) = delete;
    LeaderElection& operator=(const LeaderElection&) = delete;
    ~LeaderElection();

    // Resolves when the lease is ours. Errors: kCancelled.
    Task<Result<void>> acquire(loop::Cancel& cancel);
    // After acquire(). Renews until `cancel`, then gives the lease back, if it is still ours, and resolves. When the lease
    // is lost, `on_lost` is called, at the latest when renew_within has passed, whatever a request under way does.
    Task<void> hold(loop::Cancel& cancel, std::function<void()> on_lost);

    bool is_leading() const;
    // Who holds it, as last seen.
    std::string holder() const;

private:
    Task<bool> try_take();
    Task<bool> write(LeaseRecord record);
    Task<void> release();
    void renewed(MonoTime started);
    void set_deadline();
    void lose(std::string_view why);

    kube::Client& client_;
    LeaderElectionOptions options_;
    LeaseObserver observer_;
    double& is_leader_metric_;
    bool holds_ = false;
    MonoTime leads_until_{};
    loop::TimerId deadline_ = loop::TimerId::kNone;
    std::function<void()> on_lost_;
    std::string last_error_;
};

}  // namespace moldau::controller
