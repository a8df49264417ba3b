// Desired against live.

#include "operator/specs/difference.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "operator/api/quantity.h"
#include "operator/specs/hash.h"
#include "operator/specs/names.h"

namespace moldau::specs {
namespace {

using nlohmann::json;

// What tells the entries of a list apart, as server-side apply does.
constexpr std::array kKeys{"name", "uid"};

const char* list_key(const json& desired) {
    for (const auto* key : kKeys) {
        const auto has = [&](const json& entry) { return entry.is_object() && entry.contains(key); };
        if (!desired.empty() && std::ranges::all_of(desired, has)) return key;
    }
    return nullptr;
}

bool covers_list(const json& live, const json& desired) {
    const auto* key = list_key(desired);
    if (key == nullptr) return live.size() == desired.size() && std::ranges::equal(live, desired, covers);
    return std::ranges::all_of(desired, [&](const json& entry) {
        return std::ranges::any_of(live, [&](const json& candidate) {
            return candidate.is_object() && candidate.contains(key) && candidate[key] == entry[key] &&
                   covers(candidate, entry);
        });
    });
}

// What the API server leaves out when it stores an object: people may write it in spec.template nevertheless.
bool is_nothing(const json& value) {
    switch (value.type()) {
        case json::value_t::boolean:
            return !value.get<bool>();
        case json::value_t::number_integer:
        case json::value_t::number_unsigned:
            return value == 0;
        default:
            return value.empty() || value == "";
    }
}

bool covers_object(const json& live, const json& desired) {
    for (const auto& [name, value] : desired.items()) {
        const auto found = live.find(name);
        if (found == live.end() ? !is_nothing(value) : !covers(*found, value)) return false;
    }
    return true;
}

std::string amount(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

constexpr std::array kImmutable{"/spec/serviceName", "/spec/podManagementPolicy", "/spec/selector",
                                "/spec/volumeClaimTemplates"};

}  // namespace

bool covers(const json& live, const json& desired) {
    if (live == desired) return true;
    if (live.is_object() && desired.is_object()) return covers_object(live, desired);
    if (live.is_array() && desired.is_array()) return covers_list(live, desired);
    const auto is_scalar = [](const json& value) { return value.is_string() || value.is_number(); };
    return is_scalar(live) && is_scalar(desired) && api::same_quantity(amount(live), amount(desired));
}

bool needs_apply(const kube::Object& live, const kube::Object& desired) {
    if (live.annotation(kAppliedAnnotation) != desired.annotation(kAppliedAnnotation)) return true;
    return !covers(*live.tree(), *desired.tree());
}

bool needs_recreation(const kube::Object& live_set, const kube::Object& desired_set) {
    return std::ranges::any_of(
        kImmutable, [&](const char* field) { return !covers(live_set.json_at(field), desired_set.json_at(field)); });
}

kube::Object with_fixed_fields(const kube::Object& live_set, const kube::Object& desired_set) {
    auto object = desired_set.with("/spec/replicas", live_set.json_at("/spec/replicas"));
    for (const auto* field : kImmutable) object = object.with(field, live_set.json_at(field));
    return object.with("/metadata/annotations/moldau.dev~1applied", hash_of(object.text()));
}

bool needs_new_service(const kube::Object& live_service, const kube::Object& desired_service) {
    constexpr auto kClass = "/spec/loadBalancerClass";
    const auto live = live_service.string_at(kClass);
    return live_service.string_at("/spec/type") == "LoadBalancer" && live != desired_service.string_at(kClass);
}

}  // namespace moldau::specs
