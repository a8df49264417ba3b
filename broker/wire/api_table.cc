// Look-ups in the generated table.

#include "wire/api_table.h"

#include <algorithm>

namespace moldau::wire {

const Api* find_api(std::int16_t key) {
    const auto all = apis();
    const auto key_of = [](const Api& api) { return to_int16(api.key); };
    const auto found = std::ranges::lower_bound(all, key, {}, key_of);
    return found != all.end() && to_int16(found->key) == key ? &*found : nullptr;
}

std::int16_t request_header_version(const Api& api, std::int16_t version) { return api.is_flexible(version) ? 2 : 1; }

std::int16_t response_header_version(const Api& api, std::int16_t version) {
    return api.is_flexible(version) && api.key != ApiKey::kApiVersions ? 1 : 0;
}

}  // namespace moldau::wire
