// The body of World.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operator/decide/golden_testing.h"
#include "operator/decide/memory.h"
#include "operator/decide/pods.h"
#include "operator/decide/world_testing.h"
#include "operator/specs/hash.h"
#include "operator/specs/names.h"

namespace moldau::decide {

using nlohmann::json;

World::World(const std::string& spec) : spec_(spec) {
    snapshot.environment.broker_image = "example.com/moldau/broker:0.1.0";
    snapshot.environment.operator_namespace = "moldau-system";
    snapshot.nodes = {{.name = "node-1"}};
    read();
    controllers();
}

void World::read() {
    json object{{"apiVersion", "moldau.dev/v1beta1"},
                {"kind", "Cluster"},
                {"metadata",
                 {{"name", "events"},
                  {"namespace", "shop"},
                  {"uid", "c-1"},
                  {"generation", generation_},
                  {"resourceVersion", "1"},
                  {"creationTimestamp", "2026-11-18T10:00:00Z"}}},
                {"spec", json::parse(spec_)},
                {"status", json::parse(status_)}};
    if (finalizer_) object["metadata"]["finalizers"] = json::array({api::kFinalizer});
    if (deleting_) object["metadata"]["deletionTimestamp"] = *deleting_;
    snapshot.cluster = api::read_cluster(kube::Object{std::move(object)});
}

void World::set_spec(const std::string& spec) {
    spec_ = spec;
    ++generation_;
    read();
}

void World::set_status(const api::ClusterStatus& status) {
    status_ = api::status_object(snapshot.cluster, status).json_at("/status").dump();
    read();
}

void World::delete_cluster() {
    deleting_ = api::format_time(now);
    is_gone_ = !finalizer_;
    read();
}

Pod* World::pod(std::int32_t ordinal) {
    const auto found = std::ranges::find(snapshot.pods, ordinal, &Pod::ordinal);
    return found == snapshot.pods.end() ? nullptr : &*found;
}

const Owned* World::find(std::string_view kind, std::string_view name) const {
    const auto found = std::ranges::find_if(
        snapshot.owned, [&](const Owned& one) { return one.resource.kind == kind && one.object.name() == name; });
    return found == snapshot.owned.end() ? nullptr : &*found;
}

const api::Condition& World::condition(std::string_view type) const {
    static const api::Condition kNone{};
    const auto* found = api::find_condition(snapshot.cluster.status.conditions, type);
    return found == nullptr ? kNone : *found;
}

// Carries out one action each.
struct Carrier {
    World& world;

    void operator()(const ApplyObject& order) {
        auto& owned = world.snapshot.owned;
        const auto same = [&](const Owned& one) {
            return one.resource.kind == order.resource.kind && one.object.name() == order.object.name();
        };
        auto live = std::ranges::find_if(owned, same);
        auto object = *order.object.tree();
        if (live == owned.end()) {
            object["metadata"]["uid"] = fmt::format("u-{}", world.next_uid_++);
            object["metadata"]["generation"] = 1;
            owned.push_back({order.resource, kube::Object{std::move(object)}});
            return;
        }
        object["metadata"]["uid"] = live->object.uid();
        object["metadata"]["generation"] = live->object.generation() + 1;
        const auto status = live->object.json_at("/status");
        if (!status.is_null()) object["status"] = status;
        live->object = kube::Object{std::move(object)};
    }
    void operator()(const DeleteObject& order) {
        remove(order.target);
        if (order.target.resource.plural == "statefulsets") world.snapshot.pods.clear();
    }
    void operator()(const OrphanStatefulSet& order) {
        remove(order.target);
        for (auto& pod : world.snapshot.pods) pod.controller_uid.clear();
    }
    void operator()(const ResizeClaim& order) {
        for (auto& claim : world.snapshot.claims) {
            if (claim.name == order.target.key.name) claim.requested = order.size;
        }
    }
    void operator()(const DeleteClaim& order) {
        std::erase_if(world.snapshot.claims, [&](const Claim& claim) { return claim.uid == order.target.uid; });
    }
    void operator()(const DeletePod& order) { remove_pod(order.target); }
    void operator()(const ForceDeletePod& order) { remove_pod(order.target); }
    void operator()(const AddFinalizer&) { world.finalizer_ = true; }
    void operator()(const RemoveFinalizer&) {
        world.finalizer_ = false;
        world.is_gone_ = world.deleting_.has_value();
    }
    void operator()(const UpdateStatus& order) { world.status_ = order.object.json_at("/status").dump(); }
    void operator()(const EmitEvent& event) { world.events.push_back(event.reason); }
    void operator()(const AlterSettings& order) {
        broker_api::SettingResults results;
        for (const auto& change : order.order.changes) {
            broker_api::SettingResult result{.name = change.name};
            if (change.value == "bad") {
                result.outcome = {Errc::kInvalidConfig, "bad is no value"};
            } else if (change.value) {
                world.cluster_values[change.name] = *change.value;
            } else {
                world.cluster_values.erase(change.name);
            }
            results.results.push_back(std::move(result));
        }
        ++world.settings_epoch_;
        record(world.snapshot.refusals, order.order, results, world.now);
    }
    void operator()(const PrepareToStop& order) {
        const auto id = order.order.broker.value;
        world.snapshot.broker.progress[id] = {{.id = order.order.broker,
                                               .broker_epoch = order.order.broker_epoch,
                                               .state = broker_api::StopState::kPrepared,
                                               .valid_for = Millis{30'000}},
                                              world.now};
    }
    void operator()(const auto&) { FAIL_WITH("no order for topics comes from decide()"); }

    void FAIL_WITH(const char* what) { world.carried_out.emplace_back(what); }
    void remove(const Target& target) {
        std::erase_if(world.snapshot.owned, [&](const Owned& one) { return one.object.uid() == target.uid; });
    }
    void remove_pod(const Target& target) {
        std::erase_if(world.snapshot.pods, [&](const Pod& pod) { return pod.uid == target.uid; });
    }
};

Decision World::step() {
    auto decision = decide(snapshot, now);
    for (const auto& action : decision.actions) {
        const auto message = refuses ? refuses(action) : std::string{};
        if (!message.empty()) {
            kube::KubeError error;
            error.reason = kube::Reason::kInvalid;
            error.message = message;
            record_refusal(snapshot.refusals, action, error, now);
            break;
        }
        std::visit(Carrier{*this}, action);
        record_success(snapshot.refusals, action);
        if (!std::holds_alternative<UpdateStatus>(action) && !std::holds_alternative<EmitEvent>(action)) {
            carried_out.push_back(action_key(action));
        }
    }
    for (const auto id : decision.ask_may_stop) {
        if (!snapshot.broker.state) continue;
        broker_api::StopVerdict verdict{.broker_epoch = snapshot.broker.state->brokers.front().epoch};
        using Answer = broker_api::StopVerdict::Answer;
        verdict.answer = may_stop ? Answer::kMayStop : Answer::kMustNotStop;
        if (!may_stop) verdict.reasons = {{"RECOVERING", "a log is being recovered", broker_api::Severity::kError}};
        snapshot.broker.verdicts[id] = {verdict, now};
    }
    now += Millis{1000};
    read();
    controllers();
    return decision;
}

int World::run(int most) {
    for (int steps = 1; steps <= most; ++steps) {
        const auto decision = step();
        if (decision.actions.empty() && decision.ask_may_stop.empty() && decision.ask_progress.empty()) return steps;
    }
    return most;
}

void World::schedule(Pod& pod) const {
    using Kind = ContainerState::Kind;
    pod.state = {};
    pod.unschedulable.reset();
    pod.readiness = Pod::Readiness::kNotReady;
    pod.phase = Pod::Phase::kPending;
    pod.node = "node-1";
    pod.host_ip = "10.0.0.1";
    switch (fate) {
        case PodFate::kReady:
            pod.readiness = Pod::Readiness::kReady;
            [[fallthrough]];
        case PodFate::kNotReady:
            pod.phase = Pod::Phase::kRunning;
            pod.state.kind = Kind::kRunning;
            return;
        case PodFate::kImagePull:
            pod.state = {Kind::kWaiting, "ImagePullBackOff", "Back-off pulling image", 0};
            return;
        case PodFate::kMissingSecret:
            pod.state = {Kind::kWaiting, "CreateContainerConfigError", "secret \"absent\" not found", 0};
            return;
        case PodFate::kCrash:
        case PodFate::kConfigRefused:
            pod.state = {Kind::kWaiting, "CrashLoopBackOff", "back-off 10s", 0};
            pod.last = {Kind::kTerminated, "Error", "the last words", fate == PodFate::kCrash ? 139 : 2};
            pod.restarts = 2;
            return;
        case PodFate::kUnschedulable:
            pod.node.clear();
            pod.host_ip.clear();
            pod.unschedulable = "0/1 nodes are available: 1 Insufficient cpu.";
            return;
    }
}

void World::answer() {
    auto& broker = snapshot.broker;
    const auto* serving = pod(0);
    if (!reachable || serving == nullptr || !serving->is_ready()) {
        broker.state.reset();
        broker.error = "connection refused";
        return;
    }
    const auto epoch = epochs_.try_emplace(serving->uid, static_cast<std::int64_t>(epochs_.size() + 1)).first->second;
    broker_api::ClusterState state{.cluster_id = "kcluster", .settings_epoch = settings_epoch_, .self = BrokerId{0}};
    state.version = "0.1.0";
    state.readiness = broker_api::Readiness::kReady;
    state.brokers = {{.id = BrokerId{0}, .epoch = epoch}};
    state.stop = {.id = BrokerId{0}, .broker_epoch = epoch};
    broker.error.clear();
    broker.state = std::move(state);
    broker_api::Settings settings{.epoch = settings_epoch_};
    for (const auto& [name, value] : cluster_values) {
        settings.settings.push_back(
            {.name = name, .cluster_value = value, .update = broker_api::SettingUpdate::kClusterWide});
    }
    broker.settings = std::move(settings);
}

void World::controllers() {
    for (auto& owned : snapshot.owned) {
        if (owned.resource.kind == "Service" && owned.object.string_at("/spec/type") == "NodePort") {
            owned.object = owned.object.with("/spec/ports/0/nodePort", 31000);
        }
        if (owned.resource.kind == "Service" && owned.object.string_at("/spec/type") == "LoadBalancer" &&
            gives_load_balancers) {
            owned.object = owned.object.with("/status/loadBalancer", {{"ingress", json::array({{{"ip", "203.0.113.7"}}})}});
        }
        if (owned.resource.kind != "StatefulSet") continue;
        const auto revision = specs::hash_of(owned.object.json_at("/spec/template").dump());
        owned.object =
            owned.object.with("/status", {{"observedGeneration", owned.object.generation()}, {"updateRevision", revision}});
        const auto replicas = owned.object.int_at("/spec/replicas").value_or(1);
        std::erase_if(snapshot.pods, [&](const Pod& one) { return one.ordinal >= replicas; });
        for (std::int32_t ordinal = 0; ordinal < replicas; ++ordinal) {
            if (find_claim(snapshot, ordinal) == nullptr) {
                const auto size = owned.object.string_at("/spec/volumeClaimTemplates/0/spec/resources/requests/storage");
                snapshot.claims.push_back({.name = specs::claim_name(snapshot.cluster, ordinal),
                                           .uid = fmt::format("u-{}", next_uid_++),
                                           .ordinal = ordinal,
                                           .phase = Claim::Phase::kBound,
                                           .requested = *size,
                                           .capacity = *size});
            }
            if (auto* there = pod(ordinal)) {
                there->controller_uid = owned.object.uid();
                continue;
            }
            Pod made{.name = specs::pod_name(snapshot.cluster, ordinal), .uid = fmt::format("u-{}", next_uid_++)};
            made.ordinal = ordinal;
            made.revision = revision;
            made.controller_uid = owned.object.uid();
            made.image = owned.object.string_at("/spec/template/spec/containers/0/image").value_or("");
            made.created = now;
            schedule(made);
            snapshot.pods.push_back(std::move(made));
        }
    }
    for (auto& claim : snapshot.claims) {
        if (expandable) claim.capacity = claim.requested;
    }
    answer();
}

namespace {

std::string details(const Action& action) {
    if (const auto* event = std::get_if<EmitEvent>(&action)) return ": " + event->message;
    if (const auto* apply = std::get_if<ApplyObject>(&action)) {
        const auto replicas = apply->object.int_at("/spec/replicas");
        return replicas ? fmt::format(" (replicas {})", *replicas) : std::string{};
    }
    if (const auto* resize = std::get_if<ResizeClaim>(&action)) return " to " + resize->size;
    if (const auto* alter = std::get_if<AlterSettings>(&action)) {
        std::string text;
        for (const auto& change : alter->order.changes)
            text += fmt::format(" {}={}", change.name, change.value.value_or("-"));
        return text;
    }
    return {};
}

}  // namespace

std::string transcript(const Decision& decision) {
    std::string text;
    for (const auto& action : decision.actions) {
        if (const auto* status = std::get_if<UpdateStatus>(&action)) {
            for (const auto& one : api::read_conditions(status->object.json_at("/status/conditions"))) {
                text += fmt::format("  {}={} {}: {}\n", one.type, api::status_name(one.status), one.reason, one.message);
            }
        } else {
            text += fmt::format("  {}{}\n", action_key(action), details(action));
        }
    }
    for (const auto id : decision.ask_may_stop) text += fmt::format("  ask: may broker {} stop?\n", id);
    for (const auto id : decision.ask_progress) text += fmt::format("  ask: how far is broker {}?\n", id);
    if (decision.requeue_after) text += fmt::format("  again after {} ms\n", decision.requeue_after->count());
    return text.empty() ? "  nothing\n" : text;
}

namespace {

std::string change_text(const broker_api::ConfigChange& change) {
    return fmt::format(" {}={}", change.name, change.value.value_or("-"));
}

std::string order_text(const Action& action) {
    std::string text;
    if (const auto* create = std::get_if<CreateTopics>(&action)) {
        const auto& order = create->order.topics.front();
        text = fmt::format(" {} partitions={}", order.name, order.partitions.value_or(-1));
        for (const auto& [name, value] : order.configs) text += fmt::format(" {}={}", name, value);
    } else if (const auto* alter = std::get_if<AlterTopics>(&action)) {
        const auto& order = alter->order.topics.front();
        text = fmt::format(" {}", order.name);
        if (order.partitions) text += fmt::format(" partitions={}", *order.partitions);
        for (const auto& change : order.configs) text += change_text(change);
    }
    return text;
}

}  // namespace

std::string topics_transcript(const TopicsDecision& decision) {
    std::string text;
    for (const auto& action : decision.actions) {
        const auto orders = order_text(action);
        if (!orders.empty()) text += fmt::format("  {}:{}\n", action_key(action), orders);
        if (orders.empty()) text += transcript(Decision{.actions = {action}});
    }
    for (const auto& [key, after] : decision.requeue_after) text += fmt::format("  again after {} ms\n", after.count());
    return text;
}

}  // namespace moldau::decide
