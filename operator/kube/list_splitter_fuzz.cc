// Any bytes as a list, in chunks of any size: the same objects in every size, and those that a parser of the whole finds.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/check.h"
#include "operator/kube/json.h"
#include "operator/kube/list_splitter.h"

using namespace moldau;
using namespace moldau::kube;

namespace {

struct Split {
    std::vector<std::string> items;
    bool whole = false;
};

Split split(std::string_view body, std::size_t chunk) {
    Split found;
    ListSplitter splitter(1U << 16U);
    for (std::size_t at = 0; at < body.size(); at += chunk) {
        const auto fed = splitter.feed(body.substr(at, chunk), [&](std::string_view item) -> Result<void> {
            found.items.emplace_back(item);
            return {};
        });
        if (!fed) return found;
    }
    found.whole = splitter.finish().has_value();
    return found;
}

bool names_items_once(std::string_view body) {
    constexpr std::string_view kName = "items";
    const auto first = body.find(kName);
    return first != std::string_view::npos && body.find(kName, first + 1) == std::string_view::npos &&
           body.find("\\u") == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view body{reinterpret_cast<const char*>(data) + 1, size - 1};
    const auto found = split(body, data[0] % 16U + 1U);
    const auto at_once = split(body, body.size() + 1);
    CHECK(found.whole == at_once.whole && found.items == at_once.items);

    const auto tree = parse_json(body);
    if (!tree || !tree->is_object() || !names_items_once(body)) return 0;
    const auto* items = json_find(*tree, "/items");
    if (items == nullptr || !items->is_array() || !found.whole) return 0;
    CHECK(items->size() == found.items.size());
    for (std::size_t index = 0; index < found.items.size(); ++index) {
        const auto item = parse_json(found.items[index]);
        CHECK(item.has_value() && *item == (*items)[index]);
    }
    return 0;
}
