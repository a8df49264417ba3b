// What the operator needs of an object's metadata, read once.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "operator/kube/object.h"

namespace moldau::api {

using Texts = std::map<std::string, std::string, std::less<>>;

inline constexpr std::string_view kApiVersion = "moldau.dev/v1beta1";
// Of Topics whose topic is deleted with them, and of Clusters whose claims are.
inline constexpr std::string_view kFinalizer = "moldau.dev/operator";

struct Metadata {
    kube::ObjectKey key;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
    WallTime created{};
    std::optional<WallTime> deleting;  // deletionTimestamp
    bool has_finalizer = false;        // kFinalizer
    bool operator==(const Metadata&) const = default;
};

Metadata read_metadata(const kube::Object& object);

// RFC 3339 in UTC, "2026-11-26T20:15:00Z"; parts of a second are read and not written. nullopt for any other text.
std::optional<WallTime> parse_time(std::string_view text);
std::string format_time(WallTime time);

}  // namespace moldau::api
