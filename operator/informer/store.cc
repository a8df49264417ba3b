// Entries and their places in the indexes.

#include "operator/informer/store.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"

namespace moldau::informer {

std::vector<std::string> owner_uids(const kube::Object& object) {
    std::vector<std::string> uids;
    for (auto& owner : object.owner_references()) uids.push_back(std::move(owner.uid));
    return uids;
}

IndexFunction by_label(std::string label) {
    return [label = std::move(label)](const kube::Object& object) -> std::vector<std::string> {
        auto value = object.label(label);
        if (!value) return {};
        return {object.ns() + "/" + *value};
    };
}

IndexFunction by_text(std::string pointer) {
    return [pointer = std::move(pointer)](const kube::Object& object) -> std::vector<std::string> {
        auto value = object.string_at(pointer);
        if (!value) return {};
        return {object.ns() + "/" + *value};
    };
}

kube::Object identity_of(const kube::Object& object) {
    nlohmann::json metadata{{"name", object.name()}, {"uid", object.uid()}, {"resourceVersion", object.resource_version()}};
    if (!object.ns().empty()) metadata["namespace"] = object.ns();
    if (auto finalizers = object.finalizers(); !finalizers.empty()) metadata["finalizers"] = std::move(finalizers);
    return kube::Object{{{"apiVersion", object.api_version()}, {"kind", object.kind()}, {"metadata", std::move(metadata)}}};
}

Store::Store(StoreOptions options) : strip_(std::move(options.strip)), keep_(std::move(options.keep)) {
    strip_.emplace_back("/metadata/managedFields");
    strip_.emplace_back("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration");
    for (auto& [name, values_of] : options.indexes) indexes_.emplace(name, Index{std::move(values_of), {}});
}

std::optional<kube::Object> Store::get(const kube::ObjectKey& key) const {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return found->second.object;
}

std::vector<kube::Object> Store::list() const {
    std::vector<kube::Object> objects;
    objects.reserve(entries_.size());
    for (const auto& [key, entry] : entries_) objects.push_back(entry.object);
    return objects;
}

std::vector<kube::Object> Store::list(std::string_view ns) const {
    std::vector<kube::Object> objects;
    for (auto at = entries_.lower_bound({std::string(ns), ""}); at != entries_.end() && at->first.ns == ns; ++at)
        objects.push_back(at->second.object);
    return objects;
}

std::vector<kube::ObjectKey> Store::keys() const {
    std::vector<kube::ObjectKey> keys;
    keys.reserve(entries_.size());
    for (const auto& [key, entry] : entries_) keys.push_back(key);
    return keys;
}

const std::set<const kube::ObjectKey*>* Store::find(std::string_view index, const std::string& value) const {
    const auto at = indexes_.find(index);
    CHECK(at != indexes_.end());
    const auto found = at->second.keys.find(value);
    return found == at->second.keys.end() ? nullptr : &found->second;
}

std::vector<kube::ObjectKey> Store::keys_by(std::string_view index, const std::string& value) const {
    std::vector<kube::ObjectKey> keys;
    const auto* found = find(index, value);
    if (found == nullptr) return keys;
    keys.reserve(found->size());
    for (const auto* key : *found) keys.push_back(*key);
    std::ranges::sort(keys);
    return keys;
}

std::vector<kube::Object> Store::list_by(std::string_view index, const std::string& value) const {
    std::vector<kube::Object> objects;
    for (const auto& key : keys_by(index, value)) objects.push_back(entries_.at(key).object);
    return objects;
}

std::size_t Store::count_by(std::string_view index, const std::string& value) const {
    const auto* found = find(index, value);
    return found == nullptr ? 0 : found->size();
}

std::optional<kube::Object> Store::put(const kube::Object& object, std::uint64_t listing) {
    const auto kept = keep_ ? keep_(object) : object;
    auto [at, is_new] = entries_.try_emplace(object.key());
    auto& entry = at->second;
    std::optional<kube::Object> before;
    if (!is_new) {
        before = std::move(entry.object);
        unindex(at->first, *before);
    }
    index(at->first, kept);
    entry.object = kept.packed();
    entry.listing = listing;
    return before;
}

void Store::mark(const kube::ObjectKey& key, std::uint64_t listing) {
    const auto at = entries_.find(key);
    if (at != entries_.end()) at->second.listing = listing;
}

std::optional<kube::Object> Store::erase(const kube::ObjectKey& key) {
    const auto at = entries_.find(key);
    if (at == entries_.end()) return std::nullopt;
    unindex(at->first, at->second.object);
    auto object = std::move(at->second.object);
    entries_.erase(at);
    return object;
}

std::vector<kube::ObjectKey> Store::not_in(std::uint64_t listing) const {
    std::vector<kube::ObjectKey> keys;
    for (const auto& [key, entry] : entries_)
        if (entry.listing != listing) keys.push_back(key);
    return keys;
}

void Store::index(const kube::ObjectKey& key, const kube::Object& object) {
    for (auto& [name, index] : indexes_)
        for (auto& value : index.values_of(object)) index.keys[std::move(value)].insert(&key);
}

void Store::unindex(const kube::ObjectKey& key, const kube::Object& object) {
    for (auto& [name, index] : indexes_) {
        for (const auto& value : index.values_of(object)) {
            const auto at = index.keys.find(value);
            if (at == index.keys.end()) continue;
            at->second.erase(&key);
            if (at->second.empty()) index.keys.erase(at);
        }
    }
}

kube::Object Store::strip(kube::Object object) const {
    if (std::ranges::none_of(strip_, [&](const auto& pointer) { return object.has(pointer); })) return object;
    for (const auto& pointer : strip_)
        if (object.has(pointer)) object = object.without(pointer);
    return object;
}

}  // namespace moldau::informer
