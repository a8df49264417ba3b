// The rules that all steps share.

#include "operator/decide/draft.h"

#include <algorithm>
#include <iterator>

namespace moldau::decide {

Ordered Draft::order(Action action) {
    if (!may_order()) return {};
    const auto refused = snapshot_.refusals.find(action_key(action));
    if (refused != snapshot_.refusals.end() && refused->second.fingerprint == fingerprint(action) &&
        now_ < refused->second.retry_at) {
        requeue(refused->second.retry_at - now_);
        return {.refusal = &refused->second};
    }
    if (is_disruptive(action)) {
        if (disrupted_) return {};
        disrupted_ = true;
    }
    decision_.actions.push_back(std::move(action));
    return {.is_taken = true};
}

void Draft::tell(api::EventRow event, std::string message) {
    if (!may_order()) return;
    const auto& row = api::row(event);
    last_.emplace_back(EmitEvent{.resource = kube::resources::clusters(),
                                 .key = cluster().metadata.key,
                                 .uid = cluster().metadata.uid,
                                 .reason = std::string{row.reason},
                                 .severity = row.severity,
                                 .message = message.empty() ? std::string{row.text} : api::clip(message)});
}

void Draft::find(api::Row row, std::string message) {
    const std::string type{api::row(row).type};
    auto& finding = findings_.try_emplace(type, api::Finding{.row = row}).first->second;
    if (finding.row < row) finding = api::Finding{.row = row};
    if (finding.row == row && !message.empty()) add_sentence(finding.message, message);
}

void Draft::requeue(Millis after) {
    after = std::max(after, Millis{100});
    decision_.requeue_after = std::min(decision_.requeue_after.value_or(after), after);
}

const Owned* Draft::live(const kube::Resource& resource, std::string_view name) const {
    const auto found = std::ranges::find_if(snapshot_.owned, [&](const Owned& owned) {
        return owned.resource.plural == resource.plural && owned.resource.group == resource.group &&
               owned.object.name() == name;
    });
    return found == snapshot_.owned.end() ? nullptr : &*found;
}

const api::Condition* Draft::old_condition(std::string_view type) const {
    return api::find_condition(cluster().status.conditions, type);
}

Target Draft::target(const kube::Resource& resource, const std::string& name, const std::string& uid) const {
    return {.resource = resource, .key = {cluster().metadata.key.ns, name}, .uid = uid};
}

std::vector<api::Finding> Draft::findings() const {
    std::vector<api::Finding> list;
    for (const auto& [type, finding] : findings_) list.push_back(finding);
    std::ranges::sort(list, {}, &api::Finding::row);
    return list;
}

void Draft::update_status(const api::ClusterStatus& status) {
    for (const auto& warning : api::new_warnings(api::Kind::kCluster, cluster().status.conditions, status.conditions)) {
        last_.emplace_back(EmitEvent{.resource = kube::resources::clusters(),
                                     .key = cluster().metadata.key,
                                     .uid = cluster().metadata.uid,
                                     .reason = warning.reason,
                                     .severity = api::Severity::kWarning,
                                     .message = warning.message});
    }
    if (status != cluster().status) {
        last_.emplace_back(UpdateStatus{kube::resources::clusters(), api::status_object(cluster(), status)});
    }
}

Decision Draft::take() {
    std::ranges::move(last_, std::back_inserter(decision_.actions));
    last_.clear();
    return std::move(decision_);
}

std::string steady(std::string_view before, std::string now) {
    const auto without_digits = [](std::string_view text) {
        std::string rest;
        for (const char byte : text) {
            const bool digit = byte >= '0' && byte <= '9';
            if (!digit || rest.empty() || rest.back() != '0') rest += digit ? '0' : byte;
        }
        return rest;
    };
    return without_digits(before) == without_digits(now) ? std::string{before} : now;
}

void add_sentence(std::string& text, std::string_view sentence) {
    if (text.find(sentence) != std::string::npos) return;
    if (!text.empty()) text += "; ";
    text += sentence;
}

}  // namespace moldau::decide
