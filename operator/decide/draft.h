// A decision in the making: what the steps write into, so that they agree on order, refusals and conditions.
//
// The problem: a dozen steps look at one snapshot, and each may order, find and ask; an order that was refused a moment ago
// must not go out again, a paused Cluster must get no order at all, and only one process may be stopped at a time. The idea:
// steps hand everything to the draft, which keeps those rules in one place. Place: inside `decide` alone.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "operator/decide/decision.h"
#include "operator/specs/objects.h"

namespace moldau::decide {

enum class Orders : std::uint8_t { kCarriedOut, kHeldBack };  // kHeldBack: paused or not valid

// What became of an order: true when it is in the decision. `refusal` is why not, when the same was refused a moment ago.
struct Ordered {
    bool is_taken = false;
    const Refusal* refusal = nullptr;
    explicit operator bool() const { return is_taken; }
};

// Lifetime: one call of decide().
class Draft {
public:
    Draft(const ClusterSnapshot& snapshot, WallTime now, Orders orders) : snapshot_(snapshot), now_(now), orders_(orders) {}

    const ClusterSnapshot& snapshot() const { return snapshot_; }
    const api::Cluster& cluster() const { return snapshot_.cluster; }
    WallTime now() const { return now_; }
    bool may_order() const { return orders_ == Orders::kCarriedOut; }

    // Takes an action, unless orders are held back, it is a second disruptive one, or the same was refused and its time to
    // be tried again has not come.
    Ordered order(Action action);
    void tell(api::EventRow event, std::string message);

    // Of the findings about one type the one whose row is last in the catalogue counts; equal ones add their messages.
    void find(api::Row row, std::string message = {});
    bool has_finding(std::string_view type) const { return findings_.contains(type); }

    void ask_may_stop(std::int32_t broker) { decision_.ask_may_stop.insert(broker); }
    void ask_progress(std::int32_t broker) { decision_.ask_progress.insert(broker); }
    void requeue(Millis after);

    // The live object of a name, or null.
    const Owned* live(const kube::Resource& resource, std::string_view name) const;
    // The last status's condition, or null.
    const api::Condition* old_condition(std::string_view type) const;
    Target target(const kube::Resource& resource, const std::string& name, const std::string& uid) const;

    // In the order of the catalogue.
    std::vector<api::Finding> findings() const;
    Decision take();
    void update_status(const api::ClusterStatus& status);

private:
    const ClusterSnapshot& snapshot_;
    WallTime now_;
    Orders orders_;
    bool disrupted_ = false;
    Decision decision_;
    std::vector<Action> last_;  // events, status
    std::map<std::string, api::Finding, std::less<>> findings_;
};

// `now`, or `before` when they differ in numbers alone: what a broker counts must not become a write a second.
std::string steady(std::string_view before, std::string now);
// "a; b; c", each at most once.
void add_sentence(std::string& text, std::string_view sentence);

}  // namespace moldau::decide
