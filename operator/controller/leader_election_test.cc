// Replicas of the operator and one lease, on one fake API server and a loop whose time the test moves.

#include "operator/controller/leader_election.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/task_group.h"
#include "operator/kube_fake/fake_api_server.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"

namespace moldau::controller {
namespace {

using kube_fake::Fault;
using kube_fake::run_task;
using namespace std::chrono_literals;

const kube::ObjectKey kLease{"moldau", "operator"};

// One replica: competes, leads, and writes down when it lost.
class Replica {
public:
    Replica(loop::Loop& loop, kube::Transport& transport, const std::string& name)
        : loop_(loop),
          client_(loop, transport, lease_client_options()),
          election_(client_, {.lease = kLease, .identity = name}, metrics_) {
        tasks_.start(run());
    }
    // Ends as a stopped process does: cleanly.
    Task<void> stop() {
        cancel_.request();
        co_await tasks_.stop();
        co_await client_.stop();
    }
    bool leads() const { return election_.is_leading(); }

    std::optional<MonoTime> lost_at;

    LeaderElection& election() { return election_; }
    double metric() { return metrics_.value(metrics::Metric::kIsLeader, {"operator"}); }

private:
    Task<void> run() {
        if (co_await election_.acquire(cancel_)) co_await election_.hold(cancel_, [this] { lost_at = loop_.mono_now(); });
    }

    loop::Loop& loop_;
    metrics::Registry metrics_;
    kube::Client client_;
    LeaderElection election_;
    loop::Cancel cancel_;
    TaskGroup tasks_;
};

class LeaderElectionTest : public testing::Test {
protected:
    ~LeaderElectionTest() override {
        server_.come_back();
        for (auto* replica : {&one_, &two_})
            if (*replica) run_task(loop_, (*replica)->stop());
    }
    void start(std::unique_ptr<Replica>& replica, const std::string& name, kube::Transport* transport = nullptr) {
        replica = std::make_unique<Replica>(loop_, transport == nullptr ? server_ : *transport, name);
        loop_.advance(10ms);
    }
    LeaseRecord lease() { return read_lease(*server_.find(kube::resources::leases(), kLease)); }

    loop::ManualLoop loop_;
    kube_fake::FakeApiServer server_{loop_};
    std::unique_ptr<Replica> one_;
    std::unique_ptr<Replica> two_;
};

TEST_F(LeaderElectionTest, MakesTheLeaseAndRenewsIt) {
    start(one_, "one");
    EXPECT_TRUE(one_->leads());
    EXPECT_EQ(one_->metric(), 1);
    EXPECT_EQ(lease().holder, "one");
    const auto first = lease();
    loop_.advance(1h);

    EXPECT_TRUE(one_->leads());
    EXPECT_NE(lease().renewed, first.renewed);
    EXPECT_EQ(lease().acquired, first.acquired);
    EXPECT_EQ(lease().transitions, 0);
}

TEST_F(LeaderElectionTest, LetsOneLeadAlone) {
    start(one_, "one");
    start(two_, "two");
    for (int second = 0; second < 600; ++second) {
        loop_.advance(1s);
        ASSERT_TRUE(one_->leads());
        ASSERT_FALSE(two_->leads());
    }
}

TEST_F(LeaderElectionTest, PassesOnWithinASecondAfterACleanStop) {
    start(one_, "one");
    start(two_, "two");
    run_task(loop_, one_->stop());
    one_.reset();
    EXPECT_EQ(lease().holder, "");
    loop_.advance(1100ms);

    EXPECT_TRUE(two_->leads());
    EXPECT_EQ(lease().transitions, 1);
}

TEST_F(LeaderElectionTest, TakesOverWithinTwelveSecondsWhenTheLeaderIsKilled) {
    // A leader that was killed right after a renewal: its record stays and changes no more.
    const LeaseRecord dead{.holder = "dead", .duration = 10s, .acquired = "x", .renewed = "y"};
    server_.put(kube::resources::leases(), *lease_object(kLease, dead, "").tree());
    start(two_, "two");
    loop_.advance(9900ms);
    EXPECT_FALSE(two_->leads());
    loop_.advance(300ms);

    EXPECT_TRUE(two_->leads());
}

TEST_F(LeaderElectionTest, BelievesNoClockButItsOwn) {
    const LeaseRecord ahead{.holder = "ahead",
                            .duration = 10s,
                            .acquired = "2099-01-01T00:00:00.000000Z",
                            .renewed = "2099-01-01T00:00:00.000000Z"};
    server_.put(kube::resources::leases(), *lease_object(kLease, ahead, "").tree());
    start(two_, "two");
    loop_.set_wall(WallTime{} + 24h);
    loop_.advance(10200ms);

    EXPECT_TRUE(two_->leads());
}

TEST_F(LeaderElectionTest, LosesTheLeaseBeforeAnybodyElseMayTakeIt) {
    start(one_, "one");
    loop_.advance(1s);
    server_.go_away();
    const auto away = loop_.mono_now();
    ASSERT_TRUE(loop_.run_until([&] { return one_->lost_at.has_value(); }, 1min));

    EXPECT_LE(*one_->lost_at - away, 7s);
    EXPECT_FALSE(one_->leads());
    EXPECT_EQ(one_->metric(), 0);
}

TEST_F(LeaderElectionTest, LosesInTimeThoughARequestHangs) {
    start(one_, "one");
    loop_.advance(1s);
    server_.fail_next(100, "leases", Fault::hang());
    const auto begun = loop_.mono_now();
    ASSERT_TRUE(loop_.run_until([&] { return one_->lost_at.has_value(); }, 1min));

    EXPECT_LE(*one_->lost_at - begun, 7s);
}

TEST_F(LeaderElectionTest, SurvivesAShortOutage) {
    start(one_, "one");
    loop_.advance(1s);
    server_.go_away();
    loop_.advance(4s);
    server_.come_back();
    loop_.advance(1min);

    EXPECT_TRUE(one_->leads());
    EXPECT_FALSE(one_->lost_at);
}

TEST_F(LeaderElectionTest, GoesOnWhenTheAnswerToARenewalWasLost) {
    start(one_, "one");
    server_.fail_next(1, "PUT", Fault::drop_after());
    loop_.advance(1min);

    EXPECT_TRUE(one_->leads());
    EXPECT_FALSE(one_->lost_at);
}

TEST_F(LeaderElectionTest, LosesAtOnceWhenSomebodyElseHasIt) {
    start(one_, "one");
    server_.set(kube::resources::leases(), kLease, "/spec/holderIdentity", "thief");
    loop_.advance(2100ms);

    EXPECT_TRUE(one_->lost_at.has_value());
    EXPECT_EQ(lease().holder, "thief");
}

TEST_F(LeaderElectionTest, IsTakenByOneOfManyThatWakeAtOnce) {
    const LeaseRecord dead{.holder = "dead", .duration = 10s, .acquired = "x", .renewed = "y"};
    server_.put(kube::resources::leases(), *lease_object(kLease, dead, "").tree());
    server_.options().latency = 5ms;
    start(one_, "one");
    start(two_, "two");
    loop_.advance(15s);

    EXPECT_NE(one_->leads(), two_->leads());
    EXPECT_EQ(lease().transitions, 1);
}

}  // namespace
}  // namespace moldau::controller
