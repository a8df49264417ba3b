// What the fake API server holds: objects by kind and key, one counter of versions, and the changes of late.
//
// The idea is etcd's: every change takes the next version; watchers read the changes after theirs; what was compacted away
// is gone. Place: below the verbs (writes.h); knows nothing of HTTP.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "operator/kube/object.h"
#include "operator/kube_fake/field_ownership.h"

namespace moldau::kube_fake {

struct Stored {
    std::shared_ptr<const nlohmann::json> object;
    Ownership owners;
};

struct Change {
    enum class Type : std::uint8_t { kAdded, kModified, kDeleted };
    std::int64_t version = 0;
    Type type = Type::kAdded;
    std::string resource;  // Resource::name()
    std::shared_ptr<const nlohmann::json> object;
    std::shared_ptr<const nlohmann::json> before;  // null for kAdded
};

// Lifetime: a value of the server. Thread: the loop's. Invariant: compacted() <= version().
class ObjectStore {
public:
    using Objects = std::map<kube::ObjectKey, Stored>;

    // Called after each change.
    std::function<void(const Change&)> on_change;

    const Stored* find(const std::string& resource, const kube::ObjectKey& key) const;
    const Objects& all(const std::string& resource) const;
    const std::map<std::string, Objects>& everything() const { return objects_; }

    // Stores the object under the next version, which goes into metadata.resourceVersion. Returns what was stored.
    std::shared_ptr<const nlohmann::json> put(const std::string& resource, nlohmann::json object, Ownership owners);
    // Owners alone change: no new version.
    void set_owners(const std::string& resource, const kube::ObjectKey& key, Ownership owners);
    // The last state of a deleted object carries the version of its deletion.
    void erase(const std::string& resource, const kube::ObjectKey& key);

    std::int64_t version() const { return version_; }
    // Changes up to here are no longer told.
    std::int64_t compacted() const { return compacted_; }
    // Forgets all changes so far.
    void compact();
    // Older changes than the last `count` are compacted away as new ones come.
    void set_history_max(std::size_t count) { history_max_ = count; }
    // Changes after `version`, oldest first. Needs version >= compacted().
    std::vector<Change> changes_after(std::int64_t version) const;

private:
    void record(Change change);

    std::map<std::string, Objects> objects_;
    std::deque<Change> history_;
    std::size_t history_max_ = 10'000;
    std::int64_t version_ = 1;
    std::int64_t compacted_ = 0;
};

kube::ObjectKey key_of(const nlohmann::json& object);

}  // namespace moldau::kube_fake
