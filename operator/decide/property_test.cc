// Thousands of random worlds: what must hold of every decision, whatever was seen.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "operator/decide/world_testing.h"

namespace moldau::decide {
namespace {

// Lifetime: one world. The same seed gives the same world.
class Chance {
public:
    explicit Chance(std::uint32_t seed) : engine_(seed) {}
    bool one_in(int most) { return std::uniform_int_distribution{1, most}(engine_) == 1; }
    template <class T>
    T pick(const std::vector<T>& among) {
        return among[std::uniform_int_distribution<std::size_t>{0, among.size() - 1}(engine_)];
    }

private:
    std::mt19937 engine_;
};

std::string random_spec(Chance& chance) {
    nlohmann::json spec = nlohmann::json::object();
    if (chance.one_in(4)) spec["replicas"] = 0;
    if (chance.one_in(6)) spec["replicas"] = 7;
    if (chance.one_in(3)) spec["storage"]["size"] = chance.pick<std::string>({"5Gi", "20Gi", "10240Mi"});
    if (chance.one_in(3)) spec["storage"]["deletionPolicy"] = "Delete";
    if (chance.one_in(3)) spec["config"]["moldau.io.threads"] = chance.pick<std::string>({"1", "2", "many"});
    if (chance.one_in(3)) spec["config"]["log.retention.ms"] = chance.pick<std::string>({"1000", "2000", "bad"});
    if (chance.one_in(4)) spec["image"] = chance.pick<std::string>({"example.com/b:1", "example.com/b:2"});
    if (chance.one_in(5)) spec["paused"] = true;
    if (chance.one_in(4)) {
        spec["listeners"] = nlohmann::json::array(
            {{{"name", "outside"}, {"type", chance.pick<std::string>({"NodePort", "LoadBalancer"})}, {"port", 9094}}});
    }
    return spec.dump();
}

void disturb(World& world, Chance& chance) {
    world.fate = chance.pick<PodFate>({PodFate::kReady, PodFate::kReady, PodFate::kNotReady, PodFate::kImagePull,
                                       PodFate::kCrash, PodFate::kConfigRefused, PodFate::kUnschedulable});
    world.reachable = !chance.one_in(4);
    world.may_stop = !chance.one_in(4);
    world.expandable = !chance.one_in(4);
    if (chance.one_in(3)) world.set_spec(random_spec(chance));
    if (chance.one_in(4) && !world.snapshot.owned.empty()) world.snapshot.owned.erase(world.snapshot.owned.begin());
    if (chance.one_in(5)) {
        world.snapshot.nodes.front().state =
            chance.pick<Node::State>({Node::State::kReady, Node::State::kNotReady, Node::State::kDeleted});
    }
    if (world.pod() != nullptr && chance.one_in(5)) world.pod()->phase = Pod::Phase::kFailed;
    if (world.pod() != nullptr && chance.one_in(6)) world.pod()->deleting = world.now + Millis{120'000};
    if (!world.snapshot.claims.empty() && chance.one_in(6)) world.snapshot.claims.front().phase = Claim::Phase::kLost;
    if (chance.one_in(8)) world.snapshot.ns = NamespaceState::kTerminating;
    if (chance.one_in(8)) world.delete_cluster();
}

void calm(World& world) {
    world.fate = PodFate::kReady;
    world.reachable = true;
    world.may_stop = true;
    world.expandable = true;
    world.snapshot.ns = NamespaceState::kActive;
    world.snapshot.nodes.front().state = Node::State::kReady;
    // What Kubernetes would do by itself: a pod that was being deleted is gone in the end, and a lost volume is restored.
    std::erase_if(world.snapshot.pods, [](const Pod& pod) { return pod.deleting || !pod.is_ready(); });
    for (auto& claim : world.snapshot.claims) claim.phase = Claim::Phase::kBound;
    world.now += Millis{3'600'000};
    world.controllers();
}

void check(const World& world, const Decision& decision) {
    const auto& cluster = world.snapshot.cluster;
    EXPECT_LE(std::ranges::count_if(decision.actions, is_disruptive), 1) << transcript(decision);
    for (const auto& action : decision.actions) {
        if (std::holds_alternative<DeleteClaim>(action)) {
            EXPECT_TRUE(cluster.metadata.deleting.has_value()) << transcript(decision);
            EXPECT_EQ(cluster.spec.storage.deletion_policy, api::DeletionPolicy::kDelete) << transcript(decision);
            EXPECT_TRUE(world.snapshot.pods.empty()) << transcript(decision);
        }
        if (std::holds_alternative<ForceDeletePod>(action)) {
            const auto& node = world.snapshot.nodes.front();
            EXPECT_NE(node.state, Node::State::kReady) << transcript(decision);
        }
        if (const auto* pod = std::get_if<DeletePod>(&action)) {
            EXPECT_FALSE(pod->target.uid.empty()) << "an order names the very pod";
        }
        const bool paused = cluster.spec.pause == api::Pause::kPaused && cluster.is_valid() && !cluster.metadata.deleting;
        if (paused) {
            EXPECT_TRUE(std::holds_alternative<UpdateStatus>(action) || std::holds_alternative<EmitEvent>(action) ||
                        world.snapshot.ns == NamespaceState::kTerminating)
                << transcript(decision);
        }
    }
}

// A serving broker that answers is stopped only when it said that it is prepared.
void check_grant(const World& world, const Decision& decision) {
    const auto& broker = world.snapshot.broker;
    const auto* pod = const_cast<World&>(world).pod();
    if (pod == nullptr || !pod->is_ready() || pod->phase != Pod::Phase::kRunning || !broker.state) return;
    if (world.snapshot.nodes.front().state != Node::State::kReady) return;
    for (const auto& action : decision.actions) {
        if (!std::holds_alternative<DeletePod>(action)) continue;
        const auto progress = broker.progress.find(0);
        ASSERT_NE(progress, broker.progress.end()) << transcript(decision);
        EXPECT_EQ(progress->second.value.state, broker_api::StopState::kPrepared);
        EXPECT_EQ(progress->second.value.broker_epoch, broker.state->brokers.front().epoch);
    }
}

class Worlds : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Worlds, KeepInvariantsAndComeToRest) {
    for (std::uint32_t number = 0; number < 60; ++number) {
        Chance chance{GetParam() * 1000 + number};
        World world{random_spec(chance)};
        for (int turn = 0; turn < 12 && !world.is_gone(); ++turn) {
            disturb(world, chance);
            const auto decision = decide(world.snapshot, world.now);
            check(world, decision);
            check_grant(world, decision);
            const auto again = decide(world.snapshot, world.now);
            EXPECT_EQ(transcript(again), transcript(decision)) << "the same world gives the same decision";
            world.step();
        }
        if (world.is_gone()) continue;

        calm(world);
        world.run(60);

        const auto rest = decide(world.snapshot, world.now);
        EXPECT_TRUE(world.is_gone() || rest.actions.empty()) << "seed " << GetParam() * 1000 + number << ":\n"
                                                             << transcript(rest);
        if (!world.is_gone() && world.snapshot.cluster.is_valid() &&
            world.snapshot.cluster.spec.pause == api::Pause::kRunning && world.snapshot.cluster.spec.replicas == 1) {
            EXPECT_EQ(world.condition("BrokersReady").status, api::ConditionStatus::kTrue)
                << "seed " << GetParam() * 1000 + number << ": " << world.condition("BrokersReady").message;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Worlds, ::testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace moldau::decide
