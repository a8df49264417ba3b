// Telling people; never waits and never fails.

#include <utility>

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> emit_event(Hands hands, decide::EmitEvent action) {
    const auto type =
        action.severity == api::Severity::kWarning ? controller::EventType::kWarning : controller::EventType::kNormal;
    hands.events.record({.regarding = {.api_version = action.resource.api_version(),
                                       .kind = action.resource.kind,
                                       .key = action.key,
                                       .uid = action.uid},
                         .type = type,
                         .reason = std::move(action.reason),
                         .note = std::move(action.message)});
    co_return Carried{};
}

}  // namespace moldau::apply
