// The table of topics.

#include "power_loss/topic_plan.h"

namespace moldau::power_loss {
namespace {

using Promise = TopicPlan::Promise;

std::vector<TopicPlan> synced_plans() {
    const std::vector<std::pair<std::string, std::string>> compaction = {
        {"cleanup.policy", "compact"}, {"min.cleanable.dirty.ratio", "0.01"}, {"delete.retention.ms", "500"}};
    return {
        {.name = "orders", .partitions = 2},
        {.name = "each", .configs = {{"flush.messages", "1"}}},
        {.name = "accounts", .partitions = 2, .configs = compaction, .is_compacted = true},
        {.name = "expiring", .configs = {{"retention.bytes", "20000"}}, .expires = true},
        {.name = "deletable", .may_be_cut_short = true},
    };
}

std::vector<TopicPlan> replicated_plans() {
    return {
        {.name = "views",
         .partitions = 2,
         .configs = {{"moldau.durability", "replicated"}},
         .promise = Promise::kReplicated},
        {.name = "bounded", .configs = {{"flush.messages", "15"}}, .promise = Promise::kReplicated, .records_lost_max = 15},
        {.name = "timed", .configs = {{"flush.ms", "200"}}, .promise = Promise::kReplicated, .time_lost_max = Millis{200}},
        {.name = "profiles",
         .configs = {{"moldau.durability", "replicated"},
                     {"cleanup.policy", "compact"},
                     {"min.cleanable.dirty.ratio", "0.01"}},
         .promise = Promise::kReplicated,
         .is_compacted = true},
    };
}

}  // namespace

std::vector<TopicPlan> topic_plans(Mode mode) {
    if (mode == Mode::kReplicated) return replicated_plans();
    auto plans = synced_plans();
    if (mode == Mode::kSynced) return plans;
    for (auto& plan : replicated_plans()) plans.push_back(std::move(plan));
    return plans;
}

}  // namespace moldau::power_loss
