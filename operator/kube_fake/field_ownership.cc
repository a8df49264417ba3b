// Leaves, paths through keyed lists, and the sets of their owners.

#include "operator/kube_fake/field_ownership.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "operator/kube/json.h"

namespace moldau::kube_fake {
namespace {

using nlohmann::json;

// Lists that are merged by a key of their elements; an empty key is a set of strings.
constexpr std::array kKeyedLists{
    std::pair<std::string_view, std::string_view>{"containers", "name"},
    std::pair<std::string_view, std::string_view>{"initContainers", "name"},
    std::pair<std::string_view, std::string_view>{"env", "name"},
    std::pair<std::string_view, std::string_view>{"volumes", "name"},
    std::pair<std::string_view, std::string_view>{"imagePullSecrets", "name"},
    std::pair<std::string_view, std::string_view>{"volumeMounts", "mountPath"},
    std::pair<std::string_view, std::string_view>{"ports", "containerPort"},
    std::pair<std::string_view, std::string_view>{"ports", "port"},
    std::pair<std::string_view, std::string_view>{"conditions", "type"},
    std::pair<std::string_view, std::string_view>{"ownerReferences", "uid"},
    std::pair<std::string_view, std::string_view>{"finalizers", ""},
};

constexpr std::array<std::string_view, 11> kUnowned{"/apiVersion",
                                                    "/kind",
                                                    "/metadata/name",
                                                    "/metadata/namespace",
                                                    "/metadata/uid",
                                                    "/metadata/resourceVersion",
                                                    "/metadata/generation",
                                                    "/metadata/creationTimestamp",
                                                    "/metadata/deletionTimestamp",
                                                    "/metadata/deletionGracePeriodSeconds",
                                                    "/metadata/managedFields"};

std::string_view last_segment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool has_key(const json& element, std::string_view key) {
    if (key.empty()) return element.is_string();
    return element.is_object() && element.contains(key) && element[std::string(key)].is_primitive();
}

// The key by which the list at `path` is merged, or nullopt when it is atomic.
std::optional<std::string_view> merge_key(const json& list, std::string_view path) {
    for (const auto& [name, key] : kKeyedLists) {
        if (name != last_segment(path)) continue;
        if (std::ranges::all_of(list, [&](const json& element) { return has_key(element, key); })) return key;
    }
    return std::nullopt;
}

std::string element_segment(const json& element, std::string_view key) {
    const auto& value = key.empty() ? element : element[std::string(key)];
    return "{" + std::string(key) + "=" + kube::pointer_escape(value.dump()) + "}";
}

void collect(const json& value, const std::string& path, FieldSet& leaves) {
    if (std::ranges::find(kUnowned, path) != kUnowned.end()) return;
    if (value.is_object() && !value.empty()) {
        for (const auto& [key, entry] : value.items()) collect(entry, path + "/" + kube::pointer_escape(key), leaves);
        return;
    }
    const auto key = value.is_array() && !value.empty() ? merge_key(value, path) : std::nullopt;
    if (!key) {
        leaves.insert(path);
        return;
    }
    for (const auto& element : value) {
        const auto inner = path + "/" + element_segment(element, *key);
        if (key->empty()) {
            leaves.insert(inner);
        } else {
            collect(element, inner, leaves);
        }
    }
}

struct ElementMatch {
    std::string key;
    json value;
};
ElementMatch parse_element(std::string_view segment) {
    const auto equals = segment.find('=');
    std::string text(segment.substr(equals + 1, segment.size() - equals - 2));
    for (auto at = text.find("~1"); at != std::string::npos; at = text.find("~1", at)) text.replace(at, 2, "/");
    for (auto at = text.find("~0"); at != std::string::npos; at = text.find("~0", at + 1)) text.replace(at, 2, "~");
    return {.key = std::string(segment.substr(1, equals - 1)), .value = json::parse(text)};
}

bool is_element(const json& entry, const ElementMatch& match) {
    if (match.key.empty()) return entry == match.value;
    return entry.is_object() && entry.contains(match.key) && entry[match.key] == match.value;
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto length = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, length));
        path.remove_prefix(length);
    }
    return segments;
}

json* enter(json& at, std::string_view segment) {
    if (!segment.starts_with('{')) {
        return const_cast<json*>(kube::json_find(at, "/" + std::string(segment)));
    }
    if (!at.is_array()) return nullptr;
    const auto match = parse_element(segment);
    const auto found = std::ranges::find_if(at, [&](const json& entry) { return is_element(entry, match); });
    return found == at.end() ? nullptr : &*found;
}

json* resolve(json& root, std::string_view path) {
    json* at = &root;
    for (const auto segment : segments_of(path)) {
        at = enter(*at, segment);
        if (at == nullptr) return nullptr;
    }
    return at;
}
const json* resolve(const json& root, std::string_view path) { return resolve(const_cast<json&>(root), path); }

json* make(json& at, std::string_view segment) {
    if (segment.starts_with('{')) {
        const auto match = parse_element(segment);
        if (!at.is_array()) at = json::array();
        at.push_back(match.key.empty() ? match.value : json{{match.key, match.value}});
        return &at.back();
    }
    if (!at.is_object()) at = json::object();
    kube::json_set(at, "/" + std::string(segment), nullptr);
    return enter(at, segment);
}

void set(json& root, std::string_view path, const json& value) {
    json* at = &root;
    for (const auto segment : segments_of(path)) {
        json* next = enter(*at, segment);
        at = next != nullptr ? next : make(*at, segment);
    }
    *at = value;
}

void erase_child(json& parent, std::string_view segment) {
    if (!segment.starts_with('{')) {
        kube::json_erase(parent, "/" + std::string(segment));
        return;
    }
    const auto match = parse_element(segment);
    const auto found = std::ranges::find_if(parent, [&](const json& entry) { return is_element(entry, match); });
    if (found != parent.end()) parent.erase(found);
}

// Removes the leaf and what it leaves empty above it.
void erase(json& root, std::string_view path) {
    while (!path.empty()) {
        const auto slash = path.rfind('/');
        json* parent = resolve(root, path.substr(0, slash));
        if (parent == nullptr) return;
        erase_child(*parent, path.substr(slash + 1));
        if (!parent->empty()) return;
        path = path.substr(0, slash);
    }
}

// "/spec/containers/{name="a"}/name": what the element is found by.
bool is_key_leaf(std::string_view path) {
    const auto slash = path.rfind('/');
    const auto element = last_segment(path.substr(0, slash));
    return element.starts_with("{" + std::string(path.substr(slash + 1)) + "=");
}

// Fields first, then the keys of elements that have nothing else left.
void erase_all(json& root, const std::vector<std::string>& fields) {
    for (const auto& field : fields) {
        if (!is_key_leaf(field)) erase(root, field);
    }
    for (const auto& field : fields) {
        if (!is_key_leaf(field)) continue;
        const auto element = std::string_view(field).substr(0, field.rfind('/'));
        const auto* found = resolve(root, element);
        if (found != nullptr && found->size() == 1) erase(root, element);
    }
}

bool same_at(const json& left, const json& right, const std::string& path) {
    const auto* one = resolve(left, path);
    const auto* other = resolve(right, path);
    return one != nullptr && other != nullptr && *one == *other;
}

bool is_owned(const Ownership& owners, const std::string& field) {
    return std::ranges::any_of(owners, [&](const auto& entry) { return entry.second.contains(field); });
}

void drop_empty(Ownership& owners) {
    std::erase_if(owners, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace

FieldSet owned_leaves(const json& object) {
    FieldSet leaves;
    collect(object, "", leaves);
    leaves.erase("");
    return leaves;
}

std::vector<FieldConflict> find_conflicts(const json& live, const json& applied, const Ownership& owners,
                                          const ManagerKey& by) {
    std::vector<FieldConflict> conflicts;
    for (const auto& field : owned_leaves(applied)) {
        if (same_at(live, applied, field)) continue;
        for (const auto& [key, fields] : owners) {
            if (key.manager != by.manager && fields.contains(field)) conflicts.push_back({field, key.manager});
        }
    }
    return conflicts;
}

void apply_fields(json& live, const json& applied, Ownership& owners, const ManagerKey& by) {
    auto wanted = owned_leaves(applied);
    const auto before = std::exchange(owners[by], wanted);
    std::vector<std::string> given_up;
    for (const auto& field : before) {
        if (!wanted.contains(field) && !is_owned(owners, field)) given_up.push_back(field);
    }
    erase_all(live, given_up);
    for (const auto& field : wanted) {
        if (same_at(live, applied, field)) continue;
        for (auto& [key, fields] : owners) {
            if (key != by) fields.erase(field);
        }
        set(live, field, *resolve(applied, field));
    }
    drop_empty(owners);
}

void own_changes(const json& before, const json& after, Ownership& owners, const ManagerKey& by) {
    const auto now = owned_leaves(after);
    for (auto& [key, fields] : owners) {
        std::erase_if(fields, [&](const std::string& field) { return !now.contains(field); });
    }
    for (const auto& field : now) {
        if (same_at(before, after, field)) continue;
        for (auto& [key, fields] : owners) fields.erase(field);
        owners[by].insert(field);
    }
    drop_empty(owners);
}

}  // namespace moldau::kube_fake
