// "May broker N stop now?", asked without waiting for the answer.
//
// Three states, all read from the snapshot: nothing is known yet (ask), the broker allows it (have it prepare its stop), it
// is prepared (granted). Whatever was granted to an earlier process of the broker counts for nothing: epochs tell them
// apart.

#include <fmt/format.h>

#include "operator/decide/pods.h"
#include "operator/decide/steps.h"

namespace moldau::decide {
namespace {

using api::Row;
using broker_api::StopState;

constexpr Millis kVerdictValid{10'000};
constexpr Millis kAskAgain{5'000};
constexpr Millis kProgressAgain{500};
constexpr Millis kPreparationLeftMin{5'000};

struct Preparation {
    StopState state = StopState::kServing;
    Millis valid_for{0};
};

// How far the running process of the broker is.
Preparation preparation(const Draft& draft, std::int32_t id, std::int64_t epoch) {
    const auto& broker = draft.snapshot().broker;
    const auto found = broker.progress.find(id);
    if (found != broker.progress.end() && found->second.value.broker_epoch == epoch) {
        const auto valid = found->second.value.valid_for - (draft.now() - found->second.at);
        if (valid > Millis{0}) return {found->second.value.state, valid};
    }
    const auto& stop = broker.state->stop;
    const bool own = broker.state->self.value == id && stop.broker_epoch == epoch;
    return own ? Preparation{stop.state, stop.valid_for} : Preparation{};
}

void prepare(Draft& draft, std::int32_t id, std::int64_t epoch) {
    const auto& state = *draft.snapshot().broker.state;
    broker_api::PrepareToStop order{.expected = {.cluster_id = state.cluster_id, .metadata_epoch = state.metadata_epoch},
                                    .broker = BrokerId{id},
                                    .broker_epoch = epoch};
    draft.order(PrepareToStop{std::move(order)});
    draft.find(Row::kPreparingToStop, fmt::format("broker {} prepares its stop", id));
    draft.ask_progress(id);
    draft.requeue(kProgressAgain);
}

std::string why_not(const broker_api::StopVerdict& verdict) {
    std::string text;
    for (const auto& reason : verdict.reasons) {
        if (reason.severity == broker_api::Severity::kError) add_sentence(text, reason.message);
    }
    return text;
}

void ask(Draft& draft, std::int32_t id, std::string message) {
    draft.ask_may_stop(id);
    const auto* old = draft.old_condition("UpToDate");
    draft.find(Row::kWaitingForGrant, steady(old == nullptr ? "" : old->message, api::clip(message)));
    draft.requeue(kAskAgain);
}

StopGrant ask_running(Draft& draft, std::int32_t id, std::int64_t epoch) {
    const auto& verdicts = draft.snapshot().broker.verdicts;
    const auto found = verdicts.find(id);
    const bool fresh = found != verdicts.end() && draft.now() - found->second.at < kVerdictValid &&
                       found->second.value.broker_epoch == epoch;
    if (!fresh) {
        ask(draft, id, fmt::format("broker {} is asked whether it may stop", id));
    } else if (found->second.value.answer == broker_api::StopVerdict::Answer::kMayStop) {
        prepare(draft, id, epoch);
    } else {
        ask(draft, id, fmt::format("broker {} must not stop now: {}", id, why_not(found->second.value)));
    }
    return StopGrant::kWaiting;
}

StopGrant unknown(Draft& draft, const Pod& pod) {
    const auto& error = draft.snapshot().broker.error;
    if (pod.is_ready() && !error.empty()) {
        draft.find(Row::kGrantUnknown, fmt::format("broker {} gives no answer: {}", pod.ordinal, error));
    } else {
        draft.find(Row::kWaitingForGrant, fmt::format("broker {} is starting and cannot be asked yet", pod.ordinal));
    }
    draft.requeue(kAskAgain);
    return StopGrant::kWaiting;
}

}  // namespace

StopGrant ask_grant(Draft& draft, const Pod& pod) {
    if (!may_run(pod)) return StopGrant::kGranted;
    const auto& state = draft.snapshot().broker.state;
    const auto* broker = state ? state->find_broker(BrokerId{pod.ordinal}) : nullptr;
    if (broker == nullptr) return unknown(draft, pod);
    const auto progress = preparation(draft, pod.ordinal, broker->epoch);
    switch (progress.state) {
        case StopState::kPrepared:
            return StopGrant::kGranted;
        case StopState::kPreparing:
            if (progress.valid_for < kPreparationLeftMin) {
                prepare(draft, pod.ordinal, broker->epoch);
            } else {
                draft.find(Row::kPreparingToStop, fmt::format("broker {} prepares its stop", pod.ordinal));
                draft.ask_progress(pod.ordinal);
                draft.requeue(kProgressAgain);
            }
            return StopGrant::kWaiting;
        case StopState::kServing:
            return ask_running(draft, pod.ordinal, broker->epoch);
    }
    return StopGrant::kWaiting;
}

}  // namespace moldau::decide
