// The catalogue's table and its lookups.

#include "operator/api/catalogue.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace moldau::api {
namespace {

using enum Kind;
using enum ConditionStatus;
using enum Severity;

constexpr auto kConditions = std::to_array<ConditionRow>({
#define X(id, kind, type, reason, status, severity, text, advice) \
    {Row::id, kind, type, reason, status, severity, text, advice},
    MOLDAU_CLUSTER_CONDITIONS(X) MOLDAU_TOPIC_CONDITIONS(X)
#undef X
});

constexpr auto kEvents = std::to_array<EventReason>({
#define X(id, kind, reason, severity, text) {EventRow::id, kind, reason, severity, text},
    MOLDAU_EVENTS(X)
#undef X
});

}  // namespace

std::string_view kind_name(Kind kind) { return kind == kCluster ? "Cluster" : "Topic"; }

std::string_view status_name(ConditionStatus status) {
    switch (status) {
        case kTrue:
            return "True";
        case kFalse:
            return "False";
        case kUnknown:
            return "Unknown";
    }
    return "Unknown";
}

std::span<const ConditionRow> condition_rows() { return kConditions; }
std::span<const EventReason> event_rows() { return kEvents; }

const ConditionRow& row(Row id) {
    const auto index = static_cast<std::size_t>(id);
    CHECK(index < kConditions.size());
    return kConditions[index];
}

const EventReason& row(EventRow id) {
    const auto index = static_cast<std::size_t>(id);
    CHECK(index < kEvents.size());
    return kEvents[index];
}

const ConditionRow* find_row(Kind kind, std::string_view type, std::string_view reason) {
    const auto found = std::ranges::find_if(kConditions, [&](const ConditionRow& candidate) {
        return candidate.kind == kind && candidate.type == type && candidate.reason == reason;
    });
    return found == kConditions.end() ? nullptr : &*found;
}

}  // namespace moldau::api
