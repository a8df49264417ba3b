// Any bytes as the body of a watch, in chunks of any size: the same lines, and each event that is read reads to the same
// again.

#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "operator/kube/line_splitter.h"
#include "operator/kube/watch_line.h"

using namespace moldau;
using namespace moldau::kube;

namespace {

std::vector<std::string> lines_of(std::string_view body, std::size_t chunk) {
    std::vector<std::string> lines;
    LineSplitter splitter(256);
    for (std::size_t at = 0; at < body.size(); at += chunk) {
        const auto fed = splitter.feed(body.substr(at, chunk), [&](std::string_view line) {
            lines.emplace_back(line);
            return true;
        });
        if (!fed) break;
    }
    return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
    const auto lines = lines_of(body, data[0] % 16U + 1U);
    const auto whole = lines_of(body, body.size() + 1);
    // A line that is too long is noticed earlier in small chunks, never after more lines.
    CHECK(lines == whole);
    for (const auto& line : lines) {
        const auto event = parse_watch_line(line);
        if (!event) continue;
        const auto again = Object::parse(event->object.text());
        CHECK(again.has_value() && *again == event->object);
        CHECK(event->object.packed() == event->object);
        CHECK(event->type == WatchLine::Type::kError || !event->object.resource_version().empty());
    }
    return 0;
}
