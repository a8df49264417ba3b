// Parsing of watch events.

#include "operator/kube/watch_line.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/kube/json.h"

namespace moldau::kube {
namespace {

constexpr std::array kTypes{
    std::pair{std::string_view("ADDED"), WatchLine::Type::kAdded},
    std::pair{std::string_view("MODIFIED"), WatchLine::Type::kModified},
    std::pair{std::string_view("DELETED"), WatchLine::Type::kDeleted},
    std::pair{std::string_view("BOOKMARK"), WatchLine::Type::kBookmark},
    std::pair{std::string_view("ERROR"), WatchLine::Type::kError},
};

}  // namespace

Result<WatchLine> parse_watch_line(std::string_view line) {
    MOLDAU_TRY_ASSIGN(value, parse_json(line));
    const auto name = json_string(value, "/type");
    const auto known = std::ranges::find(kTypes, name, [](const auto& row) { return row.first; });
    if (known == kTypes.end()) return fail(Errc::kMalformed, "a watch event of an unknown type: " + name.substr(0, 40));
    if (!value.contains("object") || !value["object"].is_object()) {
        return fail(Errc::kMalformed, "a watch event without an object");
    }
    WatchLine parsed{.type = known->second, .object = Object(std::move(value["object"]))};
    if (parsed.type != WatchLine::Type::kError && parsed.object.resource_version().empty()) {
        return fail(Errc::kMalformed, "a watch event without a resource version");
    }
    parsed.ends_listing =
        parsed.type == WatchLine::Type::kBookmark && parsed.object.annotation("k8s.io/initial-events-end") == "true";
    return parsed;
}

}  // namespace moldau::kube
