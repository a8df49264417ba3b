// What the verbs work with.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "operator/broker_api/broker_api.h"
#include "operator/controller/event_recorder.h"
#include "operator/decide/action.h"
#include "operator/decide/snapshot.h"
#include "operator/kube/client.h"
#include "operator/metrics/metrics.h"
#include "operator/observe/kinds.h"

namespace moldau::apply {

// Lifetime: all of it outlives the calls. Thread: the loop's.
struct Hands {
    kube::Client& client;
    const observe::Kinds& kinds;
    controller::EventRecorder& events;
    metrics::Registry& metrics;
    // Asked before each write: a process that has lost its lease writes no more.
    std::function<bool()> may_write;
    // Did the decision know of an object of this name, though it is in no store? Absent: no.
    std::function<bool(const kube::Resource&, const kube::ObjectKey&)> was_seen{};
};

// What became of an action.
struct Carried {
    std::optional<kube::KubeError> error;
    // Of an order to the broker: what it answered.
    std::variant<std::monostate, broker_api::SettingResults, broker_api::StopProgress, broker_api::TopicResults> answer;
    // The API server found nothing to change: a decision that orders the same again would not end.
    bool is_idle_write = false;
    // An object that bears the name of one that was to be made; nothing was written.
    std::optional<decide::Owned> stranger;

    bool ok() const { return !error && !stranger; }
    static Carried failed(kube::KubeError why) { return {.error = std::move(why)}; }
    // What it was about is gone, though the store has it: deciding anew before the store hears of that would order the same.
    static Carried gone() { return {.is_idle_write = true}; }
};

// Of a write whose answer is the object: the store has it from now on.
inline Carried written(const Hands& hands, const kube::Resource& resource, const kube::KubeResult<kube::Object>& result) {
    if (!result) return Carried::failed(result.error());
    const auto* kind = hands.kinds.find(resource);
    const auto before = kind == nullptr ? std::nullopt : kind->store().get(result->key());
    hands.kinds.note(resource, *result);
    return {.is_idle_write = before && before->resource_version() == result->resource_version()};
}

// Of a removal: what is gone already is done, too.
inline Carried removed(const kube::KubeResult<void>& result) {
    if (result) return {};
    if (result.error().is_not_found()) return Carried::gone();
    return Carried::failed(result.error());
}

inline kube::Preconditions only(const decide::Target& target) { return {target.uid, target.resource_version}; }

}  // namespace moldau::apply
