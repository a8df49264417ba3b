// One line of a watch: {"type":"ADDED","object":{...}}.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "operator/kube/object.h"

namespace moldau::kube {

struct WatchLine {
    enum class Type : std::uint8_t { kAdded, kModified, kDeleted, kBookmark, kError };
    Type type = Type::kError;
    Object object;              // a Status for kError
    bool ends_listing = false;  // a bookmark with the annotation k8s.io/initial-events-end
};

// Errors: kMalformed: no JSON, no type that we know, no object, or (errors apart) no resource version.
Result<WatchLine> parse_watch_line(std::string_view line);

}  // namespace moldau::kube
