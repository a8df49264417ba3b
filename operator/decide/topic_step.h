// The decision about one Topic, before its orders are put into batches.

#pragma once

#include <optional>
#include <vector>

#include "operator/decide/topics.h"

namespace moldau::decide {

enum class FinalizerOrder : std::uint8_t { kNone, kAdd, kRemove };

// At most one order to the broker. With one, `status` and `events` are empty: they follow when it has been carried out.
struct TopicStep {
    FinalizerOrder finalizer = FinalizerOrder::kNone;
    std::optional<broker_api::NewTopic> create;
    std::optional<broker_api::TopicAlteration> alter;
    std::optional<broker_api::TopicDeletion> remove;
    std::optional<api::TopicStatus> status;
    std::vector<EmitEvent> events;
    std::optional<Millis> requeue_after;
};

TopicStep decide_topic(const TopicView& view, const TopicsSnapshot& snapshot, WallTime now);

}  // namespace moldau::decide
