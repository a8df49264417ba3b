// From an action to its verb.

#include "operator/apply/carry_out.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "base/logger.h"
#include "operator/apply/verbs.h"

namespace moldau::apply {
namespace {

// Its name in metrics and logs, and of which kind of object.
struct Label {
    std::string verb;
    std::string resource;
};

struct Labels {
    Label operator()(const decide::ApplyObject& action) const { return {"apply", action.resource.name()}; }
    Label operator()(const decide::DeleteObject& action) const { return {"delete", action.target.resource.name()}; }
    Label operator()(const decide::OrphanStatefulSet& action) const { return {"orphan", action.target.resource.name()}; }
    Label operator()(const decide::ResizeClaim& action) const { return {"resize", action.target.resource.name()}; }
    Label operator()(const decide::DeleteClaim& action) const { return {"delete", action.target.resource.name()}; }
    Label operator()(const decide::DeletePod& action) const { return {"delete", action.target.resource.name()}; }
    Label operator()(const decide::ForceDeletePod& action) const { return {"force_delete", action.target.resource.name()}; }
    Label operator()(const decide::AddFinalizer& action) const { return {"add_finalizer", action.target.resource.name()}; }
    Label operator()(const decide::RemoveFinalizer& action) const {
        return {"remove_finalizer", action.target.resource.name()};
    }
    Label operator()(const decide::UpdateStatus& action) const { return {"status", action.resource.name()}; }
    Label operator()(const decide::EmitEvent& action) const { return {"event", action.resource.name()}; }
    Label operator()(const decide::AlterSettings&) const { return {"alter_settings", "broker"}; }
    Label operator()(const decide::PrepareToStop&) const { return {"prepare_to_stop", "broker"}; }
    Label operator()(const decide::CreateTopics&) const { return {"create_topics", "broker"}; }
    Label operator()(const decide::AlterTopics&) const { return {"alter_topics", "broker"}; }
    Label operator()(const decide::DeleteTopics&) const { return {"delete_topics", "broker"}; }
};

// The verb of an action, by its type.
struct ToKubernetes {
    Hands& hands;
    Task<Carried> operator()(decide::ApplyObject& action) const { return apply_object(hands, std::move(action)); }
    Task<Carried> operator()(decide::DeleteObject& action) const { return delete_object(hands, std::move(action)); }
    Task<Carried> operator()(decide::OrphanStatefulSet& action) const {
        return orphan_stateful_set(hands, std::move(action));
    }
    Task<Carried> operator()(decide::ResizeClaim& action) const { return resize_claim(hands, std::move(action)); }
    Task<Carried> operator()(decide::DeleteClaim& action) const { return delete_claim(hands, std::move(action)); }
    Task<Carried> operator()(decide::DeletePod& action) const { return delete_pod(hands, std::move(action)); }
    Task<Carried> operator()(decide::ForceDeletePod& action) const { return force_delete_pod(hands, std::move(action)); }
    Task<Carried> operator()(decide::AddFinalizer& action) const { return add_finalizer(hands, std::move(action)); }
    Task<Carried> operator()(decide::RemoveFinalizer& action) const { return remove_finalizer(hands, std::move(action)); }
    Task<Carried> operator()(decide::UpdateStatus& action) const { return update_status(hands, std::move(action)); }
    Task<Carried> operator()(decide::EmitEvent& action) const { return emit_event(hands, std::move(action)); }
};

struct ToBroker {
    broker_api::BrokerApi& broker;
    Task<Carried> operator()(decide::AlterSettings& action) const { return alter_settings(broker, std::move(action)); }
    Task<Carried> operator()(decide::PrepareToStop& action) const { return prepare_to_stop(broker, std::move(action)); }
    Task<Carried> operator()(decide::CreateTopics& action) const { return create_topics(broker, std::move(action)); }
    Task<Carried> operator()(decide::AlterTopics& action) const { return alter_topics(broker, std::move(action)); }
    Task<Carried> operator()(decide::DeleteTopics& action) const { return delete_topics(broker, std::move(action)); }
};

Task<Carried> answer_now(Carried carried) { co_return carried; }

Task<Carried> dispatch(Hands& hands, broker_api::BrokerApi* broker, decide::Action& action) {
    return std::visit(
        [&]<class Verb>(Verb& verb) -> Task<Carried> {
            if constexpr (std::is_invocable_v<ToKubernetes, Verb&>) {
                return ToKubernetes{hands}(verb);
            } else {
                if (broker == nullptr) return answer_now(Carried::failed(Error{Errc::kBrokerNotAvailable, "no connection"}));
                return ToBroker{*broker}(verb);
            }
        },
        action);
}

const char* result_of(const Carried& carried) {
    if (carried.stranger) return "conflict";
    if (!carried.error) return "written";
    return carried.error->is_conflict() ? "conflict" : "failed";
}

}  // namespace

Task<Carried> carry_out(Hands hands, broker_api::BrokerApi* broker, decide::Action action) {
    if (hands.may_write && !hands.may_write()) co_return Carried::failed(Error{Errc::kCancelled, "not leading"});
    const auto label = std::visit(Labels{}, action);
    const auto what = decide::action_key(action);
    auto carried = co_await dispatch(hands, broker, action);
    hands.metrics.value(metrics::Metric::kApplies, {label.resource, label.verb, result_of(carried)}) += 1;
    const bool is_routine = label.verb == "status" || label.verb == "event" || label.verb.ends_with("finalizer");
    if (carried.error)
        LOG_WARNING("apply", "not done what=\"{}\" error=\"{}\"", what, carried.error->to_string());
    else if (!is_routine)
        LOG_INFO("apply", "{} what=\"{}\"", carried.stranger ? "left alone" : "done", what);
    co_return carried;
}

}  // namespace moldau::apply
