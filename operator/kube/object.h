// A Kubernetes object as a value: whatever the API server said, with getters for what every object has.
//
// The problem: the operator reads objects of kinds that it only half knows, must give back what it did not understand, and
// keeps ten thousand of them in 64 MiB. The idea: an immutable, shared JSON document that copies in no time; `packed()`
// keeps the text in place of the tree, at a fifth of the memory, and the tree is made anew when somebody looks. Name,
// namespace, uid and versions are kept beside it, so that stores and queues never look inside. Place: everything above
// speaks in these.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moldau::kube {

// What identifies an object among those of its kind. `ns` is empty for cluster-wide kinds.
struct ObjectKey {
    std::string ns;
    std::string name;
    auto operator<=>(const ObjectKey&) const = default;
    // "ns/name", or "name" without a namespace.
    std::string to_string() const;
};

struct OwnerReference {
    std::string api_version;
    std::string kind;
    std::string name;
    std::string uid;
    bool controller = false;
    bool block_owner_deletion = false;
    bool operator==(const OwnerReference&) const = default;
};

// Lifetime: a value; copies share the document. Thread: any, nothing changes in place.
// Getters take JSON pointers (RFC 6901): "/spec/replicas", "/metadata/annotations/moldau.dev~1paused". What is absent or has
// another type is nullopt or empty; a getter never fails.
class Object {
public:
    // The empty object {}.
    Object();
    // `value` is taken as it is; one that is no JSON object becomes {}.
    explicit Object(nlohmann::json value);
    Object(const Object&) = default;
    Object(Object&&) noexcept = default;
    Object& operator=(const Object&) = default;
    Object& operator=(Object&&) noexcept = default;
    ~Object() = default;

    // Errors: kMalformed when `text` is no JSON, no JSON object or nested deeper than 512.
    static Result<Object> parse(std::string_view text);

    // The document. Hold the pointer while using what is inside: for a packed object each call makes a new tree.
    std::shared_ptr<const nlohmann::json> tree() const;
    // Compact JSON, keys sorted.
    std::string text() const;
    // The same object, its tree given up for its text.
    Object packed() const;
    bool empty() const;

    std::string api_version() const;
    std::string kind() const;
    ObjectKey key() const;
    const std::string& name() const;
    const std::string& ns() const;
    const std::string& uid() const;
    const std::string& resource_version() const;
    // 0 when absent.
    std::int64_t generation() const;

    std::map<std::string, std::string> labels() const;
    std::map<std::string, std::string> annotations() const;
    std::optional<std::string> label(std::string_view key) const;
    std::optional<std::string> annotation(std::string_view key) const;
    std::vector<OwnerReference> owner_references() const;
    // The one owner reference with controller=true.
    std::optional<OwnerReference> controller() const;
    std::vector<std::string> finalizers() const;
    bool has_finalizer(std::string_view finalizer) const;
    // RFC 3339, as the server wrote it.
    std::optional<std::string> creation_timestamp() const;
    std::optional<std::string> deletion_timestamp() const;
    bool is_deleting() const { return deletion_timestamp().has_value(); }

    bool has(std::string_view pointer) const;
    std::optional<std::string> string_at(std::string_view pointer) const;
    std::optional<std::int64_t> int_at(std::string_view pointer) const;
    std::optional<bool> bool_at(std::string_view pointer) const;
    // A copy of the value there; JSON null when absent.
    nlohmann::json json_at(std::string_view pointer) const;

    // The object with `value` at `pointer`, objects made on the way as needed; unchanged when the way is barred by a value
    // that is no object.
    Object with(std::string_view pointer, nlohmann::json value) const;
    // The object without what is at `pointer`.
    Object without(std::string_view pointer) const;

    // Equal documents; packed or not does not matter.
    bool operator==(const Object& other) const;

private:
    struct Body;
    std::shared_ptr<const Body> body_;
};

}  // namespace moldau::kube
