// What is remembered of orders that were refused, so that the same order is not sent again and again.
//
// The problem: a broker or an API server that refuses something does so each time, and asking it every second is load and
// noise. The idea: the refusal is kept beside its order's fingerprint with a time that grows from 5 s to 10 min; a changed
// order is sent at once. In memory alone: after a restart of the operator everything may be tried once more. Place: called
// by whoever carries out actions; pure.

#pragma once

#include "operator/decide/snapshot.h"
#include "operator/decide/topics.h"
#include "operator/kube/kube_error.h"

namespace moldau::decide {

// After `action` failed with what a repetition would meet again (invalid, forbidden, conflict of fields, not found).
void record_refusal(Refusals& refusals, const Action& action, const kube::KubeError& error, WallTime now);
// After `action` was carried out.
void record_success(Refusals& refusals, const Action& action);
// The refused among the results of an order become refusals "setting <name>"; those that went well are forgotten.
void record(Refusals& refusals, const broker_api::AlterSettings& order, const broker_api::SettingResults& results,
            WallTime now);

// Another process of the broker answers now: what the former one refused may be tried again.
void forget_broker(Refusals& refusals);
void forget_broker(TopicMemory& memory);

// What one entry of an order came to, for its Topic. The caller also keeps `result.topic` as the TopicView's `actual`.
void record(TopicMemory& memory, const broker_api::NewTopic& order, const broker_api::TopicResult& result, WallTime now);
void record(TopicMemory& memory, const broker_api::TopicAlteration& order, const broker_api::TopicResult& result,
            WallTime now);
void record(TopicMemory& memory, const broker_api::TopicDeletion& order, const broker_api::TopicResult& result,
            WallTime now);

// After the Topic's EmitEvent was carried out.
void record_told(TopicMemory& memory);

}  // namespace moldau::decide
