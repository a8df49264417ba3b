// Every condition, with all its reasons, and every event that the operator gives, in one table.
//
// The problem: a condition is of use only when a person knows what it means and what to do, and when scripts can rely on its
// words. The idea: code names rows of this table and nothing else, and docs/operator/conditions.md is printed from it, so
// that the page and the program cannot differ. Place: the bottom of the operator's logic; conditions.h makes status entries
// from rows.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "operator/api/catalogue_rows.h"

namespace moldau::api {

enum class Kind : std::uint8_t { kCluster, kTopic };
std::string_view kind_name(Kind kind);  // "Cluster"

enum class Severity : std::uint8_t { kNormal, kWarning };
enum class ConditionStatus : std::uint8_t { kTrue, kFalse, kUnknown };
std::string_view status_name(ConditionStatus status);  // "True"

// A condition's type with one of its reasons.
enum class Row : std::uint16_t {
#define X(id, kind, type, reason, status, severity, text, advice) id,
    MOLDAU_CLUSTER_CONDITIONS(X) MOLDAU_TOPIC_CONDITIONS(X)
#undef X
};

// A reason of an event. Besides these, a condition that turns to a row of severity kWarning is told as an event of its
// reason.
enum class EventRow : std::uint16_t {
#define X(id, kind, reason, severity, text) id,
    MOLDAU_EVENTS(X)
#undef X
};

struct ConditionRow {
    Row id;
    Kind kind;
    std::string_view type;
    std::string_view reason;
    ConditionStatus status;
    Severity severity;
    std::string_view text;    // what it means
    std::string_view advice;  // what a person must do; empty: nothing
};

struct EventReason {
    EventRow id;
    Kind kind;
    std::string_view reason;
    Severity severity;
    std::string_view text;
};

std::span<const ConditionRow> condition_rows();
std::span<const EventReason> event_rows();
const ConditionRow& row(Row id);
const EventReason& row(EventRow id);
// The row that a stored condition names, or null: it is of another version.
const ConditionRow* find_row(Kind kind, std::string_view type, std::string_view reason);

// docs/operator/conditions.md.
std::string conditions_page();

}  // namespace moldau::api
