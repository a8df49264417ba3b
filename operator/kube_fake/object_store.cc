// Versions, objects, history.

#include "operator/kube_fake/object_store.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "operator/kube/json.h"

namespace moldau::kube_fake {

using nlohmann::json;

kube::ObjectKey key_of(const json& object) {
    return {.ns = kube::json_string(object, "/metadata/namespace"), .name = kube::json_string(object, "/metadata/name")};
}

const Stored* ObjectStore::find(const std::string& resource, const kube::ObjectKey& key) const {
    const auto& objects = all(resource);
    const auto found = objects.find(key);
    return found == objects.end() ? nullptr : &found->second;
}

const ObjectStore::Objects& ObjectStore::all(const std::string& resource) const {
    static const Objects kNone;
    const auto found = objects_.find(resource);
    return found == objects_.end() ? kNone : found->second;
}

std::shared_ptr<const json> ObjectStore::put(const std::string& resource, json object, Ownership owners) {
    const auto version = ++version_;
    object["metadata"]["resourceVersion"] = std::to_string(version);
    auto stored = std::make_shared<const json>(std::move(object));
    auto& slot = objects_[resource][key_of(*stored)];
    const auto before = std::exchange(slot.object, stored);
    slot.owners = std::move(owners);
    record({.version = version,
            .type = before ? Change::Type::kModified : Change::Type::kAdded,
            .resource = resource,
            .object = stored,
            .before = before});
    return stored;
}

void ObjectStore::set_owners(const std::string& resource, const kube::ObjectKey& key, Ownership owners) {
    objects_[resource][key].owners = std::move(owners);
}

void ObjectStore::erase(const std::string& resource, const kube::ObjectKey& key) {
    auto& objects = objects_[resource];
    const auto found = objects.find(key);
    if (found == objects.end()) return;
    const auto before = found->second.object;
    objects.erase(found);
    json last = *before;
    const auto version = ++version_;
    last["metadata"]["resourceVersion"] = std::to_string(version);
    record({.version = version,
            .type = Change::Type::kDeleted,
            .resource = resource,
            .object = std::make_shared<const json>(std::move(last)),
            .before = before});
}

void ObjectStore::record(Change change) {
    history_.push_back(change);
    while (history_.size() > history_max_) {
        compacted_ = history_.front().version;
        history_.pop_front();
    }
    if (on_change) on_change(change);
}

void ObjectStore::compact() {
    history_.clear();
    compacted_ = version_;
}

std::vector<Change> ObjectStore::changes_after(std::int64_t version) const {
    std::vector<Change> changes;
    for (const auto& change : history_) {
        if (change.version > version) changes.push_back(change);
    }
    return changes;
}

}  // namespace moldau::kube_fake
