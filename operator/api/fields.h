// Reading a JSON object field by field: absent and null are the same, another type than expected is a fault, not an error.

#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/api/metadata.h"

namespace moldau::api {

struct WholeRange {
    std::int64_t least;
    std::int64_t most;
};

// Lifetime: while the JSON that it reads and `faults` live. Faults are at most kFaultsMax; more add nothing.
class Fields {
public:
    static constexpr std::size_t kFaultsMax = 32;

    // `value` may be anything: what is no object reads as {} and is a fault unless it is null.
    Fields(const nlohmann::json& value, std::string path, std::vector<std::string>& faults);

    bool has(std::string_view name) const { return find(name) != nullptr; }
    std::optional<std::string> text(std::string_view name) const;
    std::optional<std::int64_t> whole(std::string_view name, WholeRange range) const;
    std::optional<bool> truth(std::string_view name) const;
    // One of the words that may stand there, as its index.
    std::optional<std::size_t> word(std::string_view name, const std::vector<std::string_view>& words) const;
    // A map of texts; numbers become their digits, which makes it fit for quantities and settings.
    std::optional<Texts> texts(std::string_view name) const;
    std::optional<std::vector<std::string>> list(std::string_view name) const;

    Fields object(std::string_view name) const;
    void each(std::string_view name, const std::function<void(const Fields&)>& visit) const;
    // The value as it is, when it is an object.
    const nlohmann::json* raw_object(std::string_view name) const;

    // "spec.storage.size: <what>"
    void fault(std::string_view name, std::string_view what) const;

private:
    const nlohmann::json* find(std::string_view name) const;

    const nlohmann::json* value_;
    std::string path_;
    std::vector<std::string>* faults_;
};

}  // namespace moldau::api
