// The whole operator on a loop whose time the test moves, against an API server and a broker in memory.

#include "operator/app/operator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "operator/app/kubernetes_testing.h"
#include "operator/broker_api/fake_broker.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"

namespace moldau::app {
namespace {

using kube_fake::Fault;
using nlohmann::json;
using testing::HasSubstr;
using namespace std::chrono_literals;

const kube::Resource kClusters = kube::resources::clusters();
const kube::Resource kTopics = kube::resources::topics();
const kube::ObjectKey kEvents{"shop", "events"};

// A transport that a killed process cannot use any more: what it still tries to say reaches nobody.
class MortalTransport final : public kube::Transport {
public:
    MortalTransport(loop::Loop& loop, kube::Transport& inner) : loop_(loop), inner_(inner) {}
    kube::RequestId send(kube::Request request, Done done) override {
        if (!is_dead_) return inner_.send(std::move(request), std::move(done));
        loop_.post([done = std::move(done)]() mutable { done(fail(Errc::kClosed, "killed")); });
        return kube::RequestId::kNone;
    }
    kube::RequestId open(kube::Request request, StreamDone done) override {
        if (!is_dead_) return inner_.open(std::move(request), std::move(done));
        loop_.post([done = std::move(done)]() mutable { done(fail(Errc::kClosed, "killed")); });
        return kube::RequestId::kNone;
    }
    void cancel(kube::RequestId request) override { inner_.cancel(request); }
    Task<void> stop() override { co_return; }
    void kill() { is_dead_ = true; }

private:
    loop::Loop& loop_;
    kube::Transport& inner_;
    bool is_dead_ = false;
};

// One process of the operator.
struct Process {
    Process(loop::Loop& loop, kube::Transport& server, broker_api::BrokerApiFactory& brokers, OperatorOptions options)
        : transport(loop, server),
          health({.clock = [&loop] { return loop.mono_now(); }}),
          the_operator({.loop = loop,
                        .transport = transport,
                        .brokers = brokers,
                        .metrics = metrics,
                        .health = health,
                        .on_lost = [this] { was_lost = true; }},
                       std::move(options)) {
        spawn(the_operator.run(cancel), [this](Exit how) { exit = how; });
    }

    MortalTransport transport;
    metrics::Registry metrics;
    serve::Health health;
    loop::Cancel cancel;
    std::optional<Exit> exit;
    bool was_lost = false;
    Operator the_operator;
};

class OperatorTest : public testing::Test {
protected:
    OperatorTest() { broker(); }  // only what was named once is there to be reached
    ~OperatorTest() override {
        if (process_) stop();
    }

    void start() {
        OperatorOptions options;
        options.own_namespace = "moldau";
        options.pod_name = "operator-" + std::to_string(++starts_);
        process_ = std::make_unique<Process>(loop_, server_, brokers_, options);
    }
    void stop() {
        process_->cancel.request();
        ASSERT_TRUE(loop_.run_until([&] { return process_->exit.has_value(); }, 2min));
        process_.reset();
    }
    // kill -9: nothing that it still wants is done.
    // The lease is taken away, so that the next one need not wait for it to run out.
    void kill() {
        process_->transport.kill();
        broker().set_reach(broker_api::FakeBroker::Reach::kUnreachable);
        stop();
        broker().set_reach(broker_api::FakeBroker::Reach::kReachable);
        server_.erase(kube::resources::leases(), {"moldau", "moldau-operator"});
    }
    void restart() {
        kill();
        start();
    }

    // Until the operator, the controllers and the kubelets have nothing left to do; time goes on by at least `least`.
    void settle(Millis least = 3s) {
        for (int quiet = 0; quiet < static_cast<int>(least / 100ms);) {
            loop_.advance(100ms);
            const bool moved = kubernetes_.play() == SmallKubernetes::Played::kSomething;
            quiet = moved || !process_->the_operator.is_idle() ? 0 : quiet + 1;
            ASSERT_LT(++settled_, 3'000) << "no end, last: " << testing::PrintToString(last_writes());
        }
    }

    // Made, or its spec edited: the rest of it is the operator's.
    void put(const kube::Resource& resource, const std::string& name, json spec) {
        if (server_.find(resource, {"shop", name})) {
            server_.set(resource, {"shop", name}, "/spec", std::move(spec));
            return;
        }
        json object{{"apiVersion", resource.api_version()}, {"kind", resource.kind}, {"spec", std::move(spec)}};
        object["metadata"] = {{"namespace", "shop"}, {"name", name}};
        server_.put(resource, std::move(object));
    }
    void put_cluster(json spec = json::object()) { put(kClusters, "events", std::move(spec)); }
    void put_topic(const std::string& name, const json& more = json::object()) {
        json spec{{"clusterRef", {{"name", "events"}}}, {"partitions", 3}};
        spec.update(more);
        put(kTopics, name, std::move(spec));
    }
    broker_api::FakeBroker& broker() { return brokers_.at("events-brokers.shop.svc:9190"); }

    // "True Ready", "False Unschedulable": status and reason of a condition; empty when there is none.
    std::string condition(const kube::Resource& resource, const std::string& name, const std::string& type = "Ready") {
        const auto object = server_.find(resource, {"shop", name});
        if (!object) return "gone";
        for (const auto& one : object->json_at("/status/conditions"))
            if (one["type"] == type) return one["status"].get<std::string>() + " " + one["reason"].get<std::string>();
        return "";
    }
    // Writes of the operator since the last call, leases and events aside.
    std::vector<std::string> writes() {
        std::vector<std::string> found;
        for (const auto& entry : server_.mutations())
            if (entry.resource != "leases.coordination.k8s.io") found.push_back(entry.summary());
        server_.clear_audit();
        return found;
    }

    std::vector<std::string> last_writes() {
        std::vector<std::string> found;
        const auto& audit = server_.audit();
        for (std::size_t index = audit.size() > 20 ? audit.size() - 20 : 0; index < audit.size(); ++index)
            found.push_back(audit[index].summary() + " " + std::to_string(audit[index].status));
        return found;
    }

    loop::ManualLoop loop_;
    kube_fake::FakeApiServer server_{loop_};
    broker_api::FakeFactory brokers_{loop_};
    SmallKubernetes kubernetes_{server_};
    std::unique_ptr<Process> process_;
    int starts_ = 0;
    int settled_ = 0;
};

TEST_F(OperatorTest, BringsAClusterFromThreeLinesToReady) {
    start();
    put_cluster();
    settle();

    EXPECT_EQ(condition(kClusters, "events"), "True Ready");
    for (const auto& [resource, name] : {std::pair{kube::resources::stateful_sets(), "events-brokers"},
                                         {kube::resources::services(), "events-brokers"},
                                         {kube::resources::services(), "events-bootstrap"},
                                         {kube::resources::config_maps(), "events-config"},
                                         {kube::resources::service_accounts(), "events"},
                                         {kube::resources::pod_disruption_budgets(), "events"},
                                         {kube::resources::network_policies(), "events"}})
        EXPECT_TRUE(server_.find(resource, {"shop", name})) << resource.name() << " " << name;
}

TEST_F(OperatorTest, WritesNothingWhenAllIsAsItShouldBe) {
    start();
    put_cluster();
    for (int index = 0; index < 20; ++index) put_topic("t" + std::to_string(index));
    settle(30s);
    ASSERT_EQ(condition(kTopics, "t7"), "True Synced");
    writes();
    const auto orders = broker().mutations();
    loop_.advance(10min);

    EXPECT_THAT(writes(), testing::IsEmpty());
    EXPECT_EQ(broker().mutations(), orders);
}

TEST_F(OperatorTest, WritesNothingAfterARestartInSteadyState) {
    start();
    put_cluster();
    for (int index = 0; index < 20; ++index) put_topic("t" + std::to_string(index));
    settle(30s);
    const auto orders = broker().mutations();
    restart();
    writes();
    settle(30s);

    EXPECT_THAT(writes(), testing::IsEmpty());
    EXPECT_EQ(broker().mutations(), orders);
}

TEST_F(OperatorTest, MakesTopicsInBatchesWithTwoWritesEach) {
    start();
    put_cluster();
    settle();
    writes();
    for (int index = 0; index < 300; ++index) put_topic("t" + std::to_string(index));
    const auto calls = broker().count("create_topics");
    settle();

    EXPECT_EQ(broker().topics().size(), 300u);
    EXPECT_LE(broker().count("create_topics") - calls, 10u);
    std::size_t count = 0;
    for (const auto& write : writes())
        if (write.find("topics.moldau.dev") != std::string::npos) ++count;
    EXPECT_EQ(count, 600u);
    EXPECT_EQ(condition(kTopics, "t299"), "True Synced");
}

TEST_F(OperatorTest, GrowsAltersAndDeletesTopics) {
    start();
    put_cluster();
    put_topic("orders");
    settle();
    ASSERT_TRUE(broker().topics().contains("orders"));
    put_topic("orders", {{"partitions", 6}, {"config", {{"retention.ms", 60000}}}});
    settle();
    EXPECT_EQ(broker().topics().find("orders")->second.partitions, 6);
    EXPECT_EQ(broker().topics().find("orders")->second.configs.at("retention.ms"), "60000");
    server_.remove(kTopics, {"shop", "orders"});
    settle();

    EXPECT_FALSE(broker().topics().contains("orders"));
    EXPECT_EQ(condition(kTopics, "orders"), "gone");
}

TEST_F(OperatorTest, AppliesAnEditWithinHalfASecond) {
    start();
    put_cluster();
    for (int index = 0; index < 50; ++index) put_topic("t" + std::to_string(index));
    settle();
    server_.options().latency = 20ms;
    broker().set_delay(20ms);
    put_topic("t7", {{"partitions", 9}});
    loop_.advance(500ms);

    EXPECT_EQ(broker().topics().find("t7")->second.partitions, 9);
    EXPECT_EQ(server_.find(kTopics, {"shop", "t7"})->int_at("/status/partitions"), 9);
}

TEST_F(OperatorTest, CorrectsATopicThatSomebodyElseChanged) {
    start();
    put_cluster();
    put_topic("orders", {{"config", {{"retention.ms", 60000}}}});
    settle();
    auto topic = broker().topics().find("orders")->second;
    topic.configs["retention.ms"] = "1";
    broker().put_topic(topic);
    settle();

    EXPECT_EQ(broker().topics().find("orders")->second.configs.at("retention.ms"), "60000");
}

TEST_F(OperatorTest, SaysInTheBrokersWordsWhatItRefuses) {
    start();
    put_cluster();
    put_topic("orders", {{"config", {{"cleanup.policy", "bad"}, {"retention.ms", 60000}}}});
    settle();

    EXPECT_EQ(condition(kTopics, "orders"), "False ConfigRejected");
    EXPECT_EQ(broker().topics().find("orders")->second.configs.at("retention.ms"), "60000");
    EXPECT_THAT(server_.find(kTopics, {"shop", "orders"})->text(), HasSubstr("cleanup.policy=bad is not allowed"));
    writes();
    loop_.advance(10min);
    EXPECT_LE(writes().size(), 1u);
}

TEST_F(OperatorTest, RepairsWhatOthersChangeAndRemove) {
    start();
    put_cluster();
    settle();
    server_.set(kube::resources::services(), {"shop", "events-bootstrap"}, "/spec/selector/moldau.dev~1pool", "theirs");
    server_.erase(kube::resources::config_maps(), {"shop", "events-config"});
    settle();

    const auto service = server_.find(kube::resources::services(), {"shop", "events-bootstrap"});
    EXPECT_EQ(service->string_at("/spec/selector/moldau.dev~1pool"), "brokers");
    EXPECT_TRUE(server_.find(kube::resources::config_maps(), {"shop", "events-config"}));
    EXPECT_EQ(condition(kClusters, "events"), "True Ready");
}

TEST_F(OperatorTest, LeavesAForeignObjectOfAWantedNameAlone) {
    const json foreign{{"apiVersion", "v1"},
                       {"kind", "ConfigMap"},
                       {"metadata", {{"namespace", "shop"}, {"name", "events-config"}}},
                       {"data", {{"theirs", "1"}}}};
    server_.put(kube::resources::config_maps(), foreign);
    start();
    put_cluster();
    settle();
    EXPECT_EQ(condition(kClusters, "events", "Accepted"), "False NameTaken");
    EXPECT_EQ(server_.find(kube::resources::config_maps(), {"shop", "events-config"})->string_at("/data/theirs"), "1");
    server_.erase(kube::resources::config_maps(), {"shop", "events-config"});
    settle(2min);

    EXPECT_EQ(condition(kClusters, "events"), "True Ready");
}

TEST_F(OperatorTest, SaysWhyAPodDoesNotStartAndGoesOnAfterTheNextEdit) {
    kubernetes_.fate = PodFate::kImageMissing;
    start();
    put_cluster({{"image", "nowhere/broker:1"}});
    settle();
    EXPECT_EQ(condition(kClusters, "events"), "False ImagePullFailed");
    kubernetes_.fate = PodFate::kRunning;
    put_cluster({{"image", "moldau/broker:0.1.0"}});
    settle();

    EXPECT_EQ(condition(kClusters, "events"), "True Ready");
}

TEST_F(OperatorTest, RestartsABrokerOnlyWhenItGrantsIt) {
    start();
    put_cluster();
    settle();
    const auto pod = server_.find(kube::resources::pods(), {"shop", "events-brokers-0"})->uid();
    broker().verdict.answer = broker_api::StopVerdict::Answer::kMustNotStop;
    put_cluster({{"image", "moldau/broker:0.2.0"}});
    settle();
    EXPECT_EQ(server_.find(kube::resources::pods(), {"shop", "events-brokers-0"})->uid(), pod);
    EXPECT_EQ(condition(kClusters, "events", "UpToDate"), "False WaitingForGrant");
    broker().verdict.answer = broker_api::StopVerdict::Answer::kMayStop;
    ASSERT_TRUE(loop_.run_until(
        [&] {
            kubernetes_.play();
            const auto now = server_.find(kube::resources::pods(), {"shop", "events-brokers-0"});
            return now && now->uid() != pod;
        },
        1min));
    broker().restart();
    settle();

    EXPECT_EQ(condition(kClusters, "events"), "True Ready");
}

TEST_F(OperatorTest, LetsEverythingGoWithItsCluster) {
    start();
    put_cluster();
    put_topic("orders");
    settle();
    server_.remove(kClusters, kEvents);
    settle();
    server_.collect_all_garbage();
    settle();

    EXPECT_EQ(condition(kClusters, "events"), "gone");
    EXPECT_FALSE(server_.find(kube::resources::stateful_sets(), {"shop", "events-brokers"}));
    EXPECT_TRUE(server_.find(kube::resources::persistent_volume_claims(), {"shop", "data-events-brokers-0"}));
    server_.remove(kTopics, {"shop", "orders"});
    settle();
    EXPECT_EQ(condition(kTopics, "orders"), "gone");
}

TEST_F(OperatorTest, ContinuesWhereverItIsKilled) {
    put_cluster();
    put_topic("orders");
    put_topic("clicks", {{"config", {{"retention.ms", 1000}}}});
    // Killed after ever longer lives, until one was long enough to do everything.
    for (Millis life = 10ms; life < 20s; life = life * 5 / 4) {
        start();
        for (Millis lived = 0ms; lived < life; lived += 10ms) {
            loop_.advance(10ms);
            if (lived % 100ms == 0ms) kubernetes_.play();
        }
        kill();
    }
    start();
    settle(15s);

    EXPECT_EQ(condition(kClusters, "events"), "True Ready");
    EXPECT_EQ(condition(kTopics, "orders"), "True Synced");
    EXPECT_EQ(condition(kTopics, "clicks"), "True Synced");
    EXPECT_EQ(broker().topics().size(), 2u);
}

TEST_F(OperatorTest, SurvivesAnApiServerThatIsAwayOverloadedAndForgetful) {
    start();
    put_cluster();
    put_topic("orders");
    settle();
    server_.fail_next(5, "status", Fault::overloaded(429, 1));
    server_.fail_next(3, "PATCH", Fault::drop_after());
    server_.fail_next(2, "PATCH", Fault::answer(409));
    put_topic("orders", {{"partitions", 5}});
    server_.cut_watches(kube_fake::CutAt::kMidLine);
    server_.compact();
    loop_.advance(5s);
    server_.expire_watches();
    settle(60s);

    EXPECT_EQ(broker().topics().find("orders")->second.partitions, 5);
    EXPECT_EQ(condition(kTopics, "orders"), "True Synced");
}

// A namespace can end while the API server still lists resources in it: every write is 404 then, for as long as it likes.
TEST_F(OperatorTest, DoesNotHammerWhatIsListedButGone) {
    start();
    put_cluster();
    put_topic("orders");
    put_topic("refunds");
    settle();
    server_.fail_next(1'000'000, "PATCH", Fault::answer(404));
    server_.remove(kTopics, {"shop", "orders"});
    put_topic("refunds", {{"partitions", 5}});
    put_cluster({{"config", {{"num.partitions", 4}}}});
    loop_.advance(10s);
    writes();
    loop_.advance(10min);

    EXPECT_LE(writes().size(), 60u) << testing::PrintToString(last_writes());
}

TEST_F(OperatorTest, TellsOfABrokerThatGivesNoAnswerAndRecovers) {
    start();
    put_cluster();
    settle();
    broker().set_reach(broker_api::FakeBroker::Reach::kUnreachable);
    loop_.advance(60s);
    EXPECT_NE(condition(kClusters, "events"), "True Ready");
    put_topic("orders");
    loop_.advance(30s);
    EXPECT_NE(condition(kTopics, "orders"), "True Synced");
    broker().set_reach(broker_api::FakeBroker::Reach::kReachable);
    settle(30s);

    EXPECT_EQ(condition(kClusters, "events"), "True Ready");
    EXPECT_EQ(condition(kTopics, "orders"), "True Synced");
}

TEST_F(OperatorTest, StopsWithinItsPatienceAndGivesTheLeaseBack) {
    start();
    put_cluster();
    settle();
    const auto begun = loop_.mono_now();
    stop();
    EXPECT_LT(loop_.mono_now() - begun, 12s);
    const auto lease = server_.find(kube::resources::leases(), {"moldau", "moldau-operator"});

    EXPECT_EQ(lease->string_at("/spec/holderIdentity"), "");
}

TEST_F(OperatorTest, EndsWhenItsLeaseIsTaken) {
    start();
    settle();
    server_.set(kube::resources::leases(), {"moldau", "moldau-operator"}, "/spec/holderIdentity", "thief");
    ASSERT_TRUE(loop_.run_until([&] { return process_->exit.has_value(); }, 1min));

    EXPECT_EQ(process_->exit, Exit::kLost);
    EXPECT_TRUE(process_->was_lost);
    process_.reset();
}

TEST_F(OperatorTest, IsReadyForProbesWhenItStandsByAndWhenItLeads) {
    start();
    EXPECT_NE(process_->health.readyz().body, "");
    settle();
    EXPECT_EQ(process_->health.readyz().body, "ok: leading\n");
    Process standby{loop_, server_, brokers_, {.own_namespace = "moldau", .pod_name = "standby"}};
    loop_.advance(30s);
    EXPECT_EQ(standby.health.readyz().status, 200);
    EXPECT_FALSE(standby.the_operator.is_leading());
    standby.cancel.request();
    ASSERT_TRUE(loop_.run_until([&] { return standby.exit.has_value(); }, 1min));
}

}  // namespace
}  // namespace moldau::app
