// Create, replace, apply, patch and delete as the API server carries them out.
//
// The problem: what makes controllers hard is in the rules around a write: generations, status apart from spec, conflicts,
// preconditions, finalizers, writes that change nothing. The idea: these rules, once, over an ObjectStore; defaulting and
// schemas are left out, but a test can hang a validator on a kind. Place: below the server, which speaks HTTP.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/time.h"
#include "operator/kube/resource.h"
#include "operator/kube_fake/answer.h"
#include "operator/kube_fake/object_store.h"

namespace moldau::kube_fake {

enum class HasStatus : std::uint8_t { kNo, kSubresource };

struct Served {
    kube::Resource resource;
    HasStatus status = HasStatus::kNo;
    // Says what is wrong with a new state (`before` is null for a creation); the write is then refused with 422.
    std::function<std::optional<RefusalCause>(const nlohmann::json& before, const nlohmann::json& after)> validate;
};

// One write, as far as it is the same for all verbs.
struct WriteContext {
    const Served* served = nullptr;
    kube::ObjectKey key;
    std::string subresource;
    std::string manager;
    bool dry_run = false;
    bool force = false;
    WallTime now;
};

// Lifetime: a part of the server. Thread: the loop's.
class Writes {
public:
    explicit Writes(ObjectStore& store) : store_(store) {}

    Answer create(const WriteContext& context, nlohmann::json object);
    Answer replace(const WriteContext& context, nlohmann::json object);
    Answer apply(const WriteContext& context, const nlohmann::json& applied);
    Answer merge_patch(const WriteContext& context, const nlohmann::json& patch);
    Answer json_patch(const WriteContext& context, const nlohmann::json& patch);
    // `options` is a DeleteOptions object or null.
    Answer remove(const WriteContext& context, const nlohmann::json& options);

private:
    // `after` comes from a verb that works on the object as a whole.
    Answer update(const WriteContext& context, const Stored& before, nlohmann::json after);
    Answer store_change(const WriteContext& context, const Stored& before, nlohmann::json after, Ownership owners);
    Answer store_new(const WriteContext& context, nlohmann::json object, Ownership owners);
    std::optional<Answer> check_new(const WriteContext& context) const;
    std::optional<Answer> check_valid(const WriteContext& context, const nlohmann::json& before,
                                      const nlohmann::json& after) const;
    Answer not_found(const WriteContext& context) const;
    ManagerKey manager_key(const WriteContext& context, const char* operation) const;
    std::string next_uid();

    ObjectStore& store_;
    std::uint64_t uids_ = 0;
};

// RFC 3339 with seconds, as Kubernetes writes metav1.Time.
std::string rfc3339(WallTime time);
// The object as clients see it: with metadata.managedFields.
nlohmann::json shown(const Stored& stored);

}  // namespace moldau::kube_fake
