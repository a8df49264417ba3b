// The rounds of a step.

#include "operator/app/cluster_step.h"

#include <algorithm>
#include <utility>

#include "base/logger.h"
#include "operator/app/errors.h"
#include "operator/apply/carry_out.h"
#include "operator/decide/memory.h"
#include "operator/specs/names.h"

namespace moldau::app {
namespace {

using controller::Key;
using controller::Outcome;

// After so many rounds that each changed something, others get their turn.
constexpr int kRoundsMax = 8;
constexpr Millis kLookAgain{200};
constexpr Millis kFirstAnswer{3'000};

// The stores show what was removed only when the watch tells; until then the same would be decided again.
bool is_removal(const decide::Action& action) {
    return std::holds_alternative<decide::DeleteObject>(action) ||
           std::holds_alternative<decide::OrphanStatefulSet>(action) ||
           std::holds_alternative<decide::DeleteClaim>(action) || std::holds_alternative<decide::DeletePod>(action) ||
           std::holds_alternative<decide::ForceDeletePod>(action);
}

}  // namespace

Task<Outcome> ClusterStep::reconcile(Key key) {
    for (int turn = 0; turn < kRoundsMax; ++turn)
        if (auto ended = co_await round(key)) co_return *std::move(ended);
    co_return Outcome::requeue_after(kLookAgain, "more to do");
}

Task<ClusterStep::Round> ClusterStep::round(Key key) {
    auto snapshot = co_await look(key);
    if (!snapshot) {
        forget(key);
        co_return Outcome::done();
    }
    // A broker that runs has not been heard yet only because we have just started: its first answer comes in a moment.
    const auto* link = links_.find(key);
    const bool is_new = link != nullptr && link->expected() == observe::Expected::kBroker && !link->has_asked();
    if (is_new && loop_.mono_now() - link->made_at() < kFirstAnswer)
        co_return Outcome::requeue_after(kFirstAnswer, "the broker has not been asked yet");
    auto decision = decide::decide(*snapshot, loop_.wall_now());
    if (co_await ask(key, decision)) {
        snapshot = co_await look(key);
        if (!snapshot) co_return Round{};
        decision = decide::decide(*snapshot, loop_.wall_now());
    }
    if (!decision.actions.empty()) co_return co_await carry_out(key, std::move(decision.actions));
    if (decision.requeue_after) co_return Outcome::requeue_after(*decision.requeue_after, "as decided");
    co_return Outcome::done();
}

Task<std::optional<decide::ClusterSnapshot>> ClusterStep::look(Key key) {
    auto& memory = memories_[key];
    auto snapshot = observer_.observe(key, memory, links_.find(key), loop_.wall_now());
    if (!snapshot) co_return snapshot;
    link_up(*snapshot, memory);
    co_await confirm_nodes(key, *snapshot);
    co_return snapshot;
}

// The connection follows the Cluster: where to, and whether anybody could answer.
void ClusterStep::link_up(const decide::ClusterSnapshot& snapshot, observe::ClusterMemory& memory) {
    const auto key = snapshot.cluster.metadata.key;
    auto& link = links_.ensure(key, specs::operator_target(snapshot.cluster));
    const bool runs =
        std::ranges::any_of(snapshot.pods, [](const decide::Pod& pod) { return pod.phase == decide::Pod::Phase::kRunning; });
    link.expect(runs ? observe::Expected::kBroker : observe::Expected::kNobody);
    const auto& state = snapshot.broker.state;
    const auto* self = state ? state->find_broker(state->self) : nullptr;
    if (self == nullptr || std::exchange(memory.incarnation, self->incarnation) == self->incarnation) return;
    decide::forget_broker(memory.refusals);
    events_.broker_replaced(key);
}

// A Node that is in no store: only the API server's word that it does not exist counts.
Task<void> ClusterStep::confirm_nodes(Key key, decide::ClusterSnapshot& snapshot) {
    for (const auto& name : observer_.missing_nodes(snapshot)) {
        const auto node = co_await hands_.client.get(kube::resources::nodes(), {"", name});
        if (node || !node.error().is_not_found()) continue;
        memories_[key].lose_node(name, loop_.wall_now());
        snapshot.nodes.push_back({.name = name, .state = decide::Node::State::kDeleted});
    }
}

// Puts the decision's questions to the broker. True when there is a new answer.
Task<bool> ClusterStep::ask(Key key, const decide::Decision& decision) {
    auto* link = links_.find(key);
    bool is_answered = false;
    if (link == nullptr) co_return false;
    for (const auto id : decision.ask_may_stop) {
        auto verdict = co_await link->api().may_stop(BrokerId{id});
        if (!verdict || links_.find(key) != link) continue;
        memories_[key].verdicts[id] = {*std::move(verdict), loop_.wall_now()};
        is_answered = true;
    }
    for (const auto id : decision.ask_progress) {
        // The order that comes with the question is answered by the progress itself.
        if (std::ranges::any_of(decision.actions, [](const decide::Action& action) {
                return std::holds_alternative<decide::PrepareToStop>(action);
            }))
            continue;
        auto progress = co_await link->api().stop_progress(BrokerId{id});
        if (!progress || links_.find(key) != link) continue;
        memories_[key].progress[id] = {*std::move(progress), loop_.wall_now()};
        is_answered = true;
    }
    co_return is_answered;
}

// The first that fails ends the list: what follows may depend on it.
Task<ClusterStep::Round> ClusterStep::carry_out(Key key, std::vector<decide::Action> actions) {
    auto hands = hands_;
    hands.was_seen = [this, key](const kube::Resource& resource, const kube::ObjectKey& object) {
        return memories_[key].has_met(resource, object);
    };
    bool is_idle = true;
    bool has_removed = false;
    for (const auto& action : actions) {
        auto* link = links_.find(key);
        auto carried = co_await apply::carry_out(hands, link == nullptr ? nullptr : &link->api(), action);
        const bool went_well = carried.ok();
        is_idle = is_idle && (carried.is_idle_write || std::holds_alternative<decide::EmitEvent>(action));
        auto ended = settle(key, action, std::move(carried));
        if (ended || !went_well) co_return ended;
        has_removed = has_removed || is_removal(action);
    }
    if (has_removed) co_return Outcome::requeue_after(kLookAgain, "something was removed");
    // The same would be decided again at once.
    if (is_idle) co_return Outcome::blocked("what was ordered changes nothing");
    co_return Round{};
}

ClusterStep::Round ClusterStep::settle(const Key& key, const decide::Action& action, apply::Carried carried) {
    auto& memory = memories_[key];
    const auto now = loop_.wall_now();
    if (carried.stranger) {
        memory.meet(*std::move(carried.stranger), now);
        return {};
    }
    if (carried.error) return settle_error(key, action, *carried.error);
    decide::record_success(memory.refusals, action);
    if (const auto* results = std::get_if<broker_api::SettingResults>(&carried.answer)) {
        decide::record(memory.refusals, std::get<decide::AlterSettings>(action).order, *results, now);
        // The settings are read again with the state, whose epoch has changed.
        if (auto* link = links_.find(key)) link->poke();
        return Outcome::requeue_after(kLookAgain, "settings were changed");
    }
    if (auto* progress = std::get_if<broker_api::StopProgress>(&carried.answer))
        memory.progress[progress->id.value] = {std::move(*progress), now};
    return {};
}

ClusterStep::Round ClusterStep::settle_error(const Key& key, const decide::Action& action, const kube::KubeError& error) {
    const auto now = loop_.wall_now();
    if (error.code == Errc::kCancelled) return Outcome::failed(error);
    if (is_namespace_ending(error)) {
        observer_.namespace_ends(key.ns, now);
        return Round{};
    }
    if (is_outdated(error)) return Outcome::requeue_after(kLookAgain, "changed meanwhile");
    if (is_refusal(error)) {
        decide::record_refusal(memories_[key].refusals, action, error, now);
        return Round{};
    }
    if (auto* link = links_.find(key)) link->poke();
    return Outcome::failed(error);
}

void ClusterStep::forget(const Key& key) {
    links_.drop(key);
    if (memories_.erase(key) > 0) events_.gone(key);
}

}  // namespace moldau::app
