// Decisions about a Cluster, told as stories: what happens, and what the Cluster comes to.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operator/decide/world_testing.h"

namespace moldau::decide {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kDeletesPod = "delete pods shop/events-brokers-0";
const std::string kOrphans = "orphan statefulsets.apps shop/events-brokers";
const std::string kDeletesClaim = "delete persistentvolumeclaims shop/data-events-brokers-0";

api::ClusterStatus status_of(const Decision& decision) {
    return api::read_cluster(std::get<UpdateStatus>(decision.actions.back()).object).status;
}

World ready_world(const std::string& spec = "{}") {
    World world{spec};
    world.run();
    world.carried_out.clear();
    return world;
}

TEST(Decide, BringsThreeLinesToReady) {
    World world;

    const auto steps = world.run();

    EXPECT_LT(steps, 8);
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
    EXPECT_EQ(world.snapshot.cluster.status.bootstrap, "events-bootstrap.shop.svc:9092");
    EXPECT_EQ(world.snapshot.cluster.status.ready_replicas, 1);
    EXPECT_EQ(world.snapshot.cluster.status.cluster_id, "kcluster");
    EXPECT_EQ(world.snapshot.cluster.status.observed_generation, 1);
    EXPECT_EQ(std::ranges::count(world.events, "StatefulSetCreated"), 1);
}

TEST(Decide, OrdersNothingWhenAllIsWell) {
    auto world = ready_world();

    const auto decision = decide(world.snapshot, world.now + Millis{3'600'000});

    EXPECT_THAT(decision.actions, IsEmpty());
    EXPECT_FALSE(decision.requeue_after.has_value());
}

TEST(Decide, RestartsForAStaticSettingOnlyWithTheBrokersGrant) {
    auto world = ready_world();
    world.may_stop = false;
    world.set_spec(R"({"config": {"moldau.io.threads": 2}})");

    world.run(6);
    EXPECT_THAT(world.carried_out, Not(Contains(kDeletesPod)));
    EXPECT_EQ(world.condition("UpToDate").reason, "WaitingForGrant");
    EXPECT_THAT(world.condition("UpToDate").message, HasSubstr("a log is being recovered"));

    world.may_stop = true;
    world.now += Millis{20'000};
    world.run();
    EXPECT_THAT(world.carried_out, Contains("prepare-to-stop 0"));
    EXPECT_THAT(world.carried_out, Contains(kDeletesPod));
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
}

TEST(Decide, AppliesADynamicSettingWithoutRestart) {
    auto world = ready_world();

    world.set_spec(R"({"config": {"log.retention.ms": 7200000}, "durability": "replicated"})");
    world.run();

    EXPECT_THAT(world.carried_out, Not(Contains(kDeletesPod)));
    EXPECT_EQ(world.cluster_values, (api::Texts{{"log.retention.ms", "7200000"}, {"moldau.durability", "replicated"}}));
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
}

TEST(Decide, TakesBackASettingThatLeftTheSpecOrNeverWasInIt) {
    auto world = ready_world(R"({"config": {"log.retention.ms": 7200000}})");
    world.cluster_values["max.connections"] = "7";
    world.set_spec("{}");
    world.controllers();

    world.run();

    EXPECT_THAT(world.cluster_values, IsEmpty());
}

TEST(Decide, TellsARejectedSettingInTheBrokersWordsAndAppliesTheRest) {
    auto world = ready_world();

    world.set_spec(R"({"config": {"log.retention.ms": "bad", "max.connections": 100}})");
    world.run();

    EXPECT_EQ(world.condition("ConfigApplied").reason, "ConfigRejected");
    EXPECT_EQ(world.condition("ConfigApplied").message, "log.retention.ms: bad is no value");
    EXPECT_EQ(world.cluster_values, (api::Texts{{"max.connections", "100"}}));
    EXPECT_EQ(world.condition("Ready").reason, "ConfigRejected");
}

TEST(Decide, NeverRestartsABrokerForASettingThatWouldKeepItFromStarting) {
    auto world = ready_world();

    world.set_spec(R"({"config": {"moldau.io.threads": "many", "log.retenton.ms": 1, "socket.listen.backlog.size": 77}})");
    world.run();

    EXPECT_THAT(world.condition("ConfigApplied").message, HasSubstr("moldau.io.threads: write an integer from 1 to 256"));
    EXPECT_THAT(world.condition("ConfigApplied").message, HasSubstr("did you mean log.retention.ms?"));
    const auto file = world.find("ConfigMap", "events-config")->object.json_at("/data/events-brokers-0.properties");
    EXPECT_THAT(file.get<std::string>(), HasSubstr("socket.listen.backlog.size=77"));
    EXPECT_THAT(file.get<std::string>(), Not(HasSubstr("many")));
    EXPECT_TRUE(world.pod()->is_ready());
}

TEST(Decide, ReplacesAPodOfABadImageAtOnceWhenTheNextEditMendsIt) {
    auto world = ready_world();
    world.fate = PodFate::kImagePull;
    world.set_spec(R"({"image": "example.com/moldau/broker:absent"})");
    world.run();
    EXPECT_EQ(world.condition("BrokersReady").reason, "ImagePullFailed");

    world.fate = PodFate::kReady;
    world.set_spec("{}");
    world.carried_out.clear();
    world.run();

    EXPECT_THAT(world.carried_out, Contains(kDeletesPod));
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
}

TEST(Decide, SaysWhyThePodDoesNotServe) {
    const std::vector<std::pair<PodFate, std::string>> expected{
        {PodFate::kImagePull, "ImagePullFailed"},          {PodFate::kCrash, "CrashLoop"},
        {PodFate::kConfigRefused, "ConfigRefused"},        {PodFate::kUnschedulable, "Unschedulable"},
        {PodFate::kMissingSecret, "ContainerConfigError"}, {PodFate::kNotReady, "Starting"}};
    for (const auto& [fate, reason] : expected) {
        World world;
        world.fate = fate;
        world.run();
        EXPECT_EQ(world.condition("BrokersReady").reason, reason);
        EXPECT_EQ(world.condition("Ready").reason, reason);
        EXPECT_THAT(world.carried_out, Not(Contains(kDeletesPod))) << reason;
    }
}

TEST(Decide, DoesNotTouchAServingPodWhoseBrokerCannotBeAsked) {
    auto world = ready_world();
    world.reachable = false;
    world.set_spec(R"({"config": {"moldau.io.threads": 2}})");

    world.run(10);

    EXPECT_THAT(world.carried_out, Not(Contains(kDeletesPod)));
    EXPECT_EQ(world.condition("UpToDate").reason, "GrantUnknown");
    EXPECT_EQ(world.condition("BrokersReady").reason, "BrokerUnreachable");
}

TEST(Decide, StopsOnlyAPreparedBrokerAndKeepsItsClaim) {
    auto world = ready_world();
    world.may_stop = false;
    world.set_spec(R"({"replicas": 0})");
    world.run(5);
    EXPECT_NE(world.pod(), nullptr);

    world.may_stop = true;
    world.now += Millis{20'000};
    world.run();

    EXPECT_EQ(world.pod(), nullptr);
    EXPECT_EQ(world.snapshot.claims.size(), 1U);
    EXPECT_EQ(world.condition("BrokersReady").reason, "Stopped");
    world.set_spec(R"({"replicas": 1})");
    world.run();
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
}

TEST(Decide, GrowsClaimsAndMakesTheSetAnewWithoutRestart) {
    auto world = ready_world();
    const auto uid = world.pod()->uid;

    world.set_spec(R"({"storage": {"size": "20Gi"}})");
    world.run();

    EXPECT_THAT(world.carried_out, Contains(kOrphans));
    EXPECT_EQ(world.snapshot.claims.front().requested, "20Gi");
    EXPECT_EQ(world.pod()->uid, uid);
    EXPECT_EQ(world.pod()->controller_uid, world.find("StatefulSet", "events-brokers")->object.uid());
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
    EXPECT_EQ(std::ranges::count(world.events, "StatefulSetCreated"), 1);
}

TEST(Decide, LosesNoSetToATemplateThatIsRefused) {
    auto world = ready_world();
    world.refuses = [](const Action& action) {
        const auto* apply = std::get_if<ApplyObject>(&action);
        const bool bad = apply != nullptr && apply->object.has("/spec/template/spec/priorityClassName");
        return bad ? "no such class" : "";
    };

    world.set_spec(R"({"storage": {"size": "20Gi"}, "template": {"priorityClassName": "absent"}})");
    world.run(10);

    EXPECT_NE(world.find("StatefulSet", "events-brokers"), nullptr);
    EXPECT_THAT(world.carried_out, Not(Contains(kOrphans)));
    EXPECT_EQ(world.condition("Accepted").reason, "TemplateRefused");
    EXPECT_EQ(world.snapshot.claims.front().requested, "20Gi");
}

TEST(Decide, StopsNoBrokerUngrantedWhenItsSetIsMadeAnew) {
    auto world = ready_world();
    world.may_stop = false;

    world.set_spec(R"({"storage": {"size": "20Gi"}, "replicas": 0})");
    world.run(10);

    EXPECT_THAT(world.carried_out, Contains(kOrphans));
    EXPECT_NE(world.pod(), nullptr);
}

TEST(Decide, TellsAClaimThatCannotGrowAndGoesOn) {
    auto world = ready_world();
    world.refuses = [](const Action& action) {
        return std::holds_alternative<ResizeClaim>(action) ? "the class does not allow it" : "";
    };
    world.set_spec(R"({"storage": {"size": "20Gi"}, "config": {"log.retention.ms": 1000}})");

    world.run(12);

    EXPECT_EQ(world.condition("StorageReady").reason, "ResizeRefused");
    EXPECT_THAT(world.condition("StorageReady").message, HasSubstr("the class does not allow it"));
    EXPECT_EQ(world.cluster_values["log.retention.ms"], "1000");
    EXPECT_EQ(world.snapshot.claims.front().requested, "10Gi");
}

TEST(Decide, TellsATemplateThatTheApiServerRefusesAndKeepsTheOldOne) {
    auto world = ready_world();
    const auto uid = world.pod()->uid;
    world.refuses = [](const Action& action) {
        const auto* apply = std::get_if<ApplyObject>(&action);
        return apply != nullptr && apply->resource.kind == "StatefulSet" ? "operator: Near is not valid" : "";
    };
    world.set_spec(R"({"template": {"affinity": {"nodeAffinity": {}}}, "config": {"log.retention.ms": 1000}})");

    world.run(8);

    EXPECT_EQ(world.condition("Accepted").reason, "TemplateRefused");
    EXPECT_THAT(world.condition("Accepted").message, HasSubstr("Near is not valid"));
    EXPECT_EQ(world.pod()->uid, uid);
    EXPECT_EQ(world.cluster_values["log.retention.ms"], "1000");

    world.refuses = {};
    world.set_spec("{}");
    world.run();
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
}

TEST(Decide, ChangesNothingWhilePaused) {
    auto world = ready_world();
    std::erase_if(world.snapshot.owned, [](const Owned& one) { return one.object.name() == "events-bootstrap"; });
    world.set_spec(R"({"paused": true, "config": {"moldau.io.threads": 2}})");

    world.run();

    EXPECT_THAT(world.carried_out, IsEmpty());
    EXPECT_EQ(world.condition("Paused").status, api::ConditionStatus::kTrue);
}

TEST(Decide, ChangesNothingForASpecThatCannotBeUnderstood) {
    auto world = ready_world();
    world.set_spec(R"({"replicas": "three"})");

    world.run();

    EXPECT_THAT(world.carried_out, IsEmpty());
    EXPECT_EQ(world.condition("Accepted").reason, "InvalidSpec");
    EXPECT_EQ(world.condition("Ready").reason, "InvalidSpec");
    EXPECT_EQ(world.condition("BrokersReady").status, api::ConditionStatus::kTrue) << "what was found before stands";
}

TEST(Decide, PutsRightWhatSomebodyChangedOrDeleted) {
    auto world = ready_world();
    for (auto& owned : world.snapshot.owned) {
        if (owned.resource.kind == "PodDisruptionBudget") owned.object = owned.object.with("/spec/maxUnavailable", 7);
    }
    std::erase_if(world.snapshot.owned, [](const Owned& one) { return one.object.name() == "events-bootstrap"; });

    world.run();

    EXPECT_THAT(world.carried_out, ::testing::UnorderedElementsAre("apply poddisruptionbudgets.policy shop/events",
                                                                   "apply services shop/events-bootstrap"));
}

TEST(Decide, LeavesAnObjectOfSomebodyElseAlone) {
    World world;
    world.snapshot.owned.push_back(
        {kube::resources::services(),
         kube::Object{nlohmann::json::parse(R"({"metadata": {"name": "events-bootstrap", "namespace": "shop"}})")}});

    world.run(6);

    EXPECT_EQ(world.condition("Accepted").reason, "NameTaken");
    EXPECT_THAT(world.carried_out, Not(Contains("apply services shop/events-bootstrap")));
}

TEST(Decide, RemovesTheServicesOfAListenerThatLeft) {
    auto world = ready_world(R"({"listeners": [{"name": "outside", "type": "NodePort", "port": 9094}]})");
    EXPECT_NE(world.find("Service", "events-outside-0"), nullptr);

    world.set_spec("{}");
    world.run();

    EXPECT_EQ(world.find("Service", "events-outside-0"), nullptr);
    EXPECT_EQ(world.find("Service", "events-outside"), nullptr);
    EXPECT_NE(world.find("Service", "events-brokers"), nullptr);
}

TEST(Decide, StartsANodePortsBrokerOnceWithItsAddress) {
    auto world = ready_world(R"({"listeners": [{"name": "outside", "type": "NodePort", "port": 9094}]})");

    EXPECT_EQ(world.snapshot.cluster.status.listeners.back().bootstrap, "10.0.0.1:31000");
    EXPECT_THAT(world.snapshot.cluster.status.listeners.back().addresses, ::testing::ElementsAre("10.0.0.1:31000"));
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
    EXPECT_EQ(std::ranges::count(world.events, "StatefulSetCreated"), 1);
}

TEST(Decide, DoesNotWaitForeverForALoadBalancer) {
    World world{R"({"listeners": [{"name": "outside", "type": "LoadBalancer", "port": 9094}]})"};
    world.now = *api::parse_time("2026-11-18T10:00:01Z");
    world.gives_load_balancers = false;

    world.run(5);
    EXPECT_EQ(world.pod(), nullptr);
    world.now += Millis{30'000};
    world.run(10);

    EXPECT_TRUE(world.pod()->is_ready());
    EXPECT_EQ(world.condition("ListenersReady").reason, "AddressPending");
    EXPECT_EQ(std::ranges::count(world.events, "StatefulSetCreated"), 1);
}

TEST(Decide, LeavesAPodOnASilentNodeAlone) {
    auto world = ready_world();
    world.snapshot.nodes = {{.name = "node-1", .state = Node::State::kNotReady}};

    world.run(5);

    EXPECT_THAT(world.carried_out, IsEmpty());
    EXPECT_EQ(world.condition("BrokersReady").reason, "NodeLost");
    EXPECT_THAT(world.condition("BrokersReady").message, HasSubstr("node-1"));
}

TEST(Decide, DoesNotForceAPodWhoseNodeIsOnlyMissingFromTheCache) {
    auto world = ready_world();
    world.snapshot.nodes.clear();

    world.run(5);

    EXPECT_THAT(world.carried_out, IsEmpty());
}

TEST(Decide, FreesAPodOfANodeThatIsOffAndSaysWhatItsVolumeNeeds) {
    auto world = ready_world();
    world.snapshot.nodes = {{.name = "node-1", .state = Node::State::kNotReady, .service = Node::Service::kOutOfService}};
    world.snapshot.claims.front().bound_node = "node-1";
    world.fate = PodFate::kUnschedulable;

    world.run(6);

    EXPECT_THAT(world.carried_out, ::testing::ElementsAre("force-delete pods shop/events-brokers-0"));
    EXPECT_EQ(world.condition("BrokersReady").reason, "NodeLostVolumeBound");
    EXPECT_THAT(world.condition("BrokersReady").message, HasSubstr("data-events-brokers-0"));
}

TEST(Decide, ReplacesAnEvictedPod) {
    auto world = ready_world();
    const auto uid = world.pod()->uid;
    world.pod()->phase = Pod::Phase::kFailed;
    world.pod()->reason = "Evicted";
    world.pod()->readiness = Pod::Readiness::kNotReady;

    world.run();

    EXPECT_THAT(world.carried_out, Contains(kDeletesPod));
    EXPECT_NE(world.pod()->uid, uid);
    EXPECT_EQ(world.condition("Ready").status, api::ConditionStatus::kTrue) << world.condition("Ready").message;
}

TEST(Decide, LeavesClaimsToARetainedClusterAndFindsThemAgain) {
    auto world = ready_world();
    world.delete_cluster();
    EXPECT_TRUE(world.is_gone()) << "there is no finalizer to wait for";
    EXPECT_THAT(decide(world.snapshot, world.now).actions, IsEmpty());

    World again;
    again.snapshot.claims = world.snapshot.claims;
    const auto first = again.step();
    again.run();

    EXPECT_THAT(transcript(first), HasSubstr("KeptVolumeFound"));
    EXPECT_EQ(again.snapshot.claims.front().uid, world.snapshot.claims.front().uid);
    EXPECT_EQ(again.condition("Ready").status, api::ConditionStatus::kTrue) << again.condition("Ready").message;
}

TEST(Decide, DeletesClaimsByPolicyOnceNoPodUsesThem) {
    auto world = ready_world(R"({"storage": {"deletionPolicy": "Delete"}})");
    world.delete_cluster();
    EXPECT_FALSE(world.is_gone());

    world.run();

    EXPECT_THAT(world.carried_out, ::testing::ElementsAre("delete statefulsets.apps shop/events-brokers", kDeletesClaim,
                                                          "remove-finalizer clusters.moldau.dev shop/events"));
    EXPECT_TRUE(world.is_gone());
}

TEST(Decide, LetsANamespaceGoAtOnce) {
    auto world = ready_world(R"({"storage": {"deletionPolicy": "Delete"}})");
    world.snapshot.ns = NamespaceState::kTerminating;
    world.delete_cluster();

    const auto decision = decide(world.snapshot, world.now);

    ASSERT_EQ(decision.actions.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<RemoveFinalizer>(decision.actions.front()));
}

TEST(Decide, PutsNothingIntoATerminatingNamespace) {
    World world;
    world.snapshot.ns = NamespaceState::kTerminating;

    EXPECT_THAT(decide(world.snapshot, world.now).actions, IsEmpty());
}

TEST(Decide, HoldsBackARefusedOrderUntilItsTime) {
    World world;
    world.refuses = [](const Action& action) {
        const auto* apply = std::get_if<ApplyObject>(&action);
        return apply != nullptr && apply->resource.kind == "NetworkPolicy" ? "quota exceeded" : "";
    };
    world.step();
    world.now -= Millis{1000};

    const auto second = decide(world.snapshot, world.now);

    EXPECT_THAT(transcript(second), Not(HasSubstr("apply networkpolicies")));
    EXPECT_THAT(transcript(second), HasSubstr("Accepted=False ObjectRefused"));
    EXPECT_EQ(second.requeue_after, Millis{5'000});
    EXPECT_THAT(transcript(decide(world.snapshot, world.now + Millis{5'000})), HasSubstr("apply networkpolicies"));
}

TEST(Decide, ForgetsAPreparationOfAnEarlierProcess) {
    auto world = ready_world();
    world.snapshot.broker.progress[0] = {
        {.id = BrokerId{0}, .broker_epoch = 99, .state = broker_api::StopState::kPrepared, .valid_for = Millis{60'000}},
        world.now};
    world.set_spec(R"({"config": {"moldau.io.threads": 2}})");
    world.step();

    const auto decision = world.step();

    EXPECT_THAT(world.carried_out, Not(Contains(kDeletesPod)));
    EXPECT_TRUE(decision.ask_may_stop.contains(0));
}

TEST(Decide, WritesNoStatusForABrokersRunningNumbers) {
    auto world = ready_world();
    const auto busy = [&](const char* message) {
        auto& state = *world.snapshot.broker.state;
        state.readiness = broker_api::Readiness::kNotReady;
        state.reasons = {{"RECOVERING", message, broker_api::Severity::kInfo}};
        return decide(world.snapshot, world.now);
    };
    const auto first = busy("10 of 50 logs are recovered");
    EXPECT_THAT(transcript(first), HasSubstr("BrokersReady=False BrokerNotReady: 10 of 50"));
    world.set_status(status_of(first));

    EXPECT_THAT(busy("11 of 50 logs are recovered").actions, IsEmpty());
}

TEST(Decide, SaysSinceWhenAWaitLasts) {
    World world;
    world.fate = PodFate::kUnschedulable;
    world.run();
    const auto since = world.condition("Ready").since;
    world.now += Millis{60'000};
    world.fate = PodFate::kImagePull;
    world.snapshot.pods.clear();
    world.controllers();
    world.run();

    EXPECT_EQ(world.condition("Ready").reason, "ImagePullFailed");
    EXPECT_EQ(world.condition("Ready").since, since) << "not ready all the while";
    EXPECT_EQ(world.condition("BrokersReady").since, since);
}

TEST(Decide, SaysAtOnceThatARolloutIsPending) {
    auto world = ready_world();
    world.set_spec(R"({"config": {"moldau.io.threads": 2}})");

    const auto decision = decide(world.snapshot, world.now);

    EXPECT_THAT(transcript(decision), HasSubstr("Ready=False RolloutPending")) << "not Ready at the new generation";
}

TEST(Decide, AsksForAMissingPodAfterAWhile) {
    auto world = ready_world();
    world.run();
    world.snapshot.pods.clear();
    world.snapshot.broker.state.reset();

    const auto first = decide(world.snapshot, world.now);
    EXPECT_THAT(transcript(first), HasSubstr("BrokersReady=False Starting"));
    EXPECT_EQ(first.requeue_after, Millis{30'000});
    world.set_status(status_of(first));

    EXPECT_THAT(transcript(decide(world.snapshot, world.now + Millis{31'000})), HasSubstr("PodMissing"));
}

}  // namespace
}  // namespace moldau::decide
