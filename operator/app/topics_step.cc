// The rounds of a step over many Topics.

#include "operator/app/topics_step.h"

#include <algorithm>
#include <utility>

#include "base/task_group.h"
#include "operator/app/errors.h"
#include "operator/apply/carry_out.h"
#include "operator/decide/memory.h"

namespace moldau::app {
namespace {

using controller::Key;
using controller::Outcome;

// A finalizer, an order, a status, and room for what others change meanwhile.
constexpr int kRoundsMax = 6;
constexpr Millis kLookAgain{200};

template <class... Fs>
struct Overload : Fs... {
    using Fs::operator()...;
};

// The Topics behind an order to the broker; null for a write to the API server.
const std::vector<Key>* resources_of(const decide::Action& action) {
    return std::visit(Overload{[](const decide::CreateTopics& order) { return &order.resources; },
                               [](const decide::AlterTopics& order) { return &order.resources; },
                               [](const decide::DeleteTopics& order) { return &order.resources; },
                               [](const auto&) -> const std::vector<Key>* { return nullptr; }},
                      action);
}

// The Topic that a write to the API server is about.
Key key_of(const decide::Action& action) {
    return std::visit(Overload{[](const decide::UpdateStatus& write) { return write.object.key(); },
                               [](const decide::EmitEvent& write) { return write.key; },
                               [](const auto& write) {
                                   if constexpr (requires { write.target; })
                                       return write.target.key;
                                   else
                                       return Key{};
                               }},
                      action);
}

}  // namespace

Task<std::vector<Outcome>> TopicsStep::reconcile(Key cluster, std::vector<Key> keys) {
    Step step{.cluster = cluster};
    auto left = keys;
    for (int turn = 0; turn < kRoundsMax && !left.empty(); ++turn) {
        auto decision = decide::decide_topics(look(cluster, left), loop_.wall_now());
        for (const auto& key : left) step.outcomes[key] = Outcome::done();
        for (const auto& [key, after] : decision.requeue_after)
            step.outcomes[key] = Outcome::requeue_after(after, "as decided");
        co_await carry_out(step, std::move(decision.actions));
        left.assign(step.changed.begin(), step.changed.end());
        step.changed.clear();
    }
    for (const auto& key : left) step.outcomes[key] = Outcome::requeue_after(kLookAgain, "more to do");
    std::vector<Outcome> outcomes;
    outcomes.reserve(keys.size());
    for (const auto& key : keys) outcomes.push_back(step.outcomes[key]);
    co_return outcomes;
}

decide::TopicsSnapshot TopicsStep::look(const Key& cluster, const std::vector<Key>& keys) {
    decide::TopicsSnapshot snapshot{.ns = observer_.state_of(cluster.ns, loop_.wall_now()),
                                    .cluster = links_.topics_cluster(cluster, hands_.kinds.clusters.store().get(cluster))};
    const auto* link = links_.find(cluster);
    for (const auto& key : keys) {
        auto topic = book_.find(key);
        if (!topic) continue;
        decide::TopicView view{.topic = topic, .older_rival = book_.older_rival(*topic), .memory = book_.memory(key)};
        if (link != nullptr) view.actual = link->topic(topic->spec.name);
        snapshot.topics.push_back(std::move(view));
    }
    return snapshot;
}

// Writes to the API server that stand together are made together, those of one Topic in their order; orders to the broker
// one after another.
Task<void> TopicsStep::carry_out(Step& step, std::vector<decide::Action> actions) {
    std::vector<decide::Action> writes;
    for (auto& action : actions) {
        if (resources_of(action) == nullptr) {
            writes.push_back(std::move(action));
            continue;
        }
        if (!writes.empty()) co_await write_all(step, std::exchange(writes, {}));
        co_await order(step, action);
    }
    if (!writes.empty()) co_await write_all(step, std::move(writes));
}

Task<void> TopicsStep::write_all(Step& step, std::vector<decide::Action> actions) {
    std::map<Key, std::vector<decide::Action>> by_topic;
    for (auto& action : actions) by_topic[key_of(action)].push_back(std::move(action));
    TaskGroup writes;
    for (auto& [key, own] : by_topic) writes.start(write_in_order(step, key, std::move(own)));
    co_await writes.stop();
}

Task<void> TopicsStep::write_in_order(Step& step, Key key, std::vector<decide::Action> actions) {
    for (const auto& action : actions) {
        const auto carried = co_await apply::carry_out(hands_, nullptr, action);
        settle(step, key, action, carried);
        if (!carried.ok()) co_return;
    }
}

void TopicsStep::settle(Step& step, const Key& key, const decide::Action& action, const apply::Carried& carried) {
    if (!carried.error) {
        if (std::holds_alternative<decide::EmitEvent>(action)) {
            auto memory = book_.memory(key);
            decide::record_told(memory);
            book_.remember(key, std::move(memory));
        } else if (carried.is_idle_write) {
            // The same would be decided again at once.
            step.outcomes[key] = Outcome::blocked("what was ordered changes nothing");
        } else {
            step.changed.insert(key);
        }
        return;
    }
    step.changed.erase(key);
    if (is_namespace_ending(*carried.error)) observer_.namespace_ends(key.ns, loop_.wall_now());
    step.outcomes[key] = is_outdated(*carried.error) ? Outcome::requeue_after(kLookAgain, "changed meanwhile")
                                                     : Outcome::failed(*carried.error);
}

Task<void> TopicsStep::order(Step& step, const decide::Action& action) {
    auto* link = links_.find(step.cluster);
    const auto carried = co_await apply::carry_out(hands_, link == nullptr ? nullptr : &link->api(), action);
    if (carried.error) {
        fail_all(step, *resources_of(action), *carried.error);
        if (auto* after = links_.find(step.cluster)) after->poke();
        co_return;
    }
    record(step, action, std::get<broker_api::TopicResults>(carried.answer));
}

void TopicsStep::fail_all(Step& step, const std::vector<Key>& keys, const kube::KubeError& error) {
    for (const auto& key : keys) {
        step.changed.erase(key);
        step.outcomes[key] = Outcome::failed(error);
    }
}

void TopicsStep::record(Step& step, const decide::Action& action, const broker_api::TopicResults& results) {
    const auto& keys = *resources_of(action);
    if (results.size() != keys.size())
        return fail_all(step, keys, Error{Errc::kMalformed, "the broker answered another number of topics than asked"});
    auto* link = links_.find(step.cluster);
    const auto record_each = [&](const auto& entries) {
        for (std::size_t index = 0; index < keys.size(); ++index) {
            auto memory = book_.memory(keys[index]);
            decide::record(memory, entries[index], results[index], loop_.wall_now());
            if (book_.find(keys[index])) book_.remember(keys[index], std::move(memory));
            step.changed.insert(keys[index]);
        }
    };
    std::visit(Overload{[&](const decide::CreateTopics& order) { record_each(order.order.topics); },
                        [&](const decide::AlterTopics& order) { record_each(order.order.topics); },
                        [&](const decide::DeleteTopics& order) { record_each(order.order.topics); }, [](const auto&) {}},
               action);
    if (link == nullptr) return;
    const bool is_deletion = std::holds_alternative<decide::DeleteTopics>(action);
    for (const auto& result : results) {
        if (result.topic && !is_deletion)
            link->take_topic(*result.topic);
        else if (is_deletion && result.outcome.ok())
            link->forget_topic(result.name);
    }
}

}  // namespace moldau::app
