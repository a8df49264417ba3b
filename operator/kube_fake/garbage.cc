// Owner references by uid, foreground and orphan finalizers, terminating namespaces.

#include "operator/kube_fake/garbage.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "operator/kube/json.h"
#include "operator/kube_fake/writes.h"

namespace moldau::kube_fake {
namespace {

using nlohmann::json;

struct Place {
    std::string resource;
    kube::ObjectKey key;
};

bool has_finalizer(const json& object, std::string_view name) {
    const auto* found = kube::json_find(object, "/metadata/finalizers");
    return found != nullptr && std::ranges::any_of(*found, [&](const json& entry) { return entry == name; });
}

std::string uid_of(const json& object) { return kube::json_string(object, "/metadata/uid"); }

bool is_deleting(const json& object) { return kube::json_find(object, "/metadata/deletionTimestamp") != nullptr; }

std::vector<Place> places(const ObjectStore& store) {
    std::vector<Place> all;
    for (const auto& [resource, objects] : store.everything()) {
        for (const auto& [key, stored] : objects) all.push_back({resource, key});
    }
    return all;
}

class Pass {
public:
    Pass(ObjectStore& store, WallTime now) : store_(store), now_(now) {}

    std::size_t run() {
        const auto all = places(store_);
        for (const auto& place : all) {
            if (const auto* stored = store_.find(place.resource, place.key)) note(*stored->object);
        }
        for (const auto& place : all) {
            if (const auto* stored = store_.find(place.resource, place.key)) visit(place, *stored);
        }
        return changes_;
    }

private:
    void note(const json& object) {
        const auto uid = uid_of(object);
        alive_.insert(uid);
        if (has_finalizer(object, "orphan") && is_deleting(object)) orphaning_.insert(uid);
        if (has_finalizer(object, "foregroundDeletion") && is_deleting(object)) foreground_.insert(uid);
        for (const auto& owner : kube::Object(object).owner_references()) owned_.insert(owner.uid);
    }

    void visit(const Place& place, const Stored& stored) {
        const json object = *stored.object;
        const kube::Object view(object);
        const auto owners = view.owner_references();
        const auto in = [](const std::set<std::string>& set) {
            return [&set](const kube::OwnerReference& owner) { return set.contains(owner.uid); };
        };
        if (std::ranges::any_of(owners, in(orphaning_))) return let_go(place, stored, object);
        const bool owners_gone = !owners.empty() && std::ranges::none_of(owners, in(alive_));
        const bool owner_waits = std::ranges::any_of(owners, in(foreground_));
        const auto* ns = store_.find("namespaces", {.ns = {}, .name = place.key.ns});
        const bool namespace_goes = !place.key.ns.empty() && ns != nullptr && is_deleting(*ns->object);
        if (owners_gone || owner_waits || namespace_goes) return remove(place, stored, object);
        if (!is_deleting(object)) return;
        if (place.resource == "namespaces" && is_empty(place.key.name)) return erase(place);
        const bool still_owns = owned_.contains(view.uid());
        if (has_finalizer(object, "orphan") && !still_owns) return drop_finalizer(place, stored, object, "orphan");
        if (has_finalizer(object, "foregroundDeletion") && !still_owns) {
            drop_finalizer(place, stored, object, "foregroundDeletion");
        }
    }

    bool is_empty(const std::string& ns) const {
        return std::ranges::none_of(places(store_), [&](const Place& place) { return place.key.ns == ns; });
    }

    void erase(const Place& place) {
        store_.erase(place.resource, place.key);
        ++changes_;
    }

    void remove(const Place& place, const Stored& stored, json object) {
        const auto* finalizers = kube::json_find(object, "/metadata/finalizers");
        if (finalizers == nullptr || finalizers->empty()) return erase(place);
        if (is_deleting(object)) return;
        object["metadata"]["deletionTimestamp"] = rfc3339(now_);
        store_.put(place.resource, std::move(object), Ownership(stored.owners));
        ++changes_;
    }

    void let_go(const Place& place, const Stored& stored, json object) {
        auto& references = object["metadata"]["ownerReferences"];
        json kept = json::array();
        for (const auto& entry : references) {
            if (!orphaning_.contains(kube::json_string(entry, "/uid"))) kept.push_back(entry);
        }
        references = std::move(kept);
        if (references.empty()) object["metadata"].erase("ownerReferences");
        store_.put(place.resource, std::move(object), Ownership(stored.owners));
        ++changes_;
    }

    void drop_finalizer(const Place& place, const Stored& stored, json object, std::string_view name) {
        json kept = json::array();
        for (const auto& entry : object["metadata"]["finalizers"]) {
            if (entry != name) kept.push_back(entry);
        }
        if (kept.empty()) return erase(place);
        object["metadata"]["finalizers"] = std::move(kept);
        store_.put(place.resource, std::move(object), Ownership(stored.owners));
        ++changes_;
    }

    ObjectStore& store_;
    WallTime now_;
    std::size_t changes_ = 0;
    std::set<std::string> alive_;
    std::set<std::string> owned_;
    std::set<std::string> orphaning_;
    std::set<std::string> foreground_;
};

}  // namespace

std::size_t collect_garbage(ObjectStore& store, WallTime now) { return Pass(store, now).run(); }

}  // namespace moldau::kube_fake
