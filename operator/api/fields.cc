// Reading JSON strictly and without errors.

#include "operator/api/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace moldau::api {
namespace {

const nlohmann::json& empty_object() {
    static const nlohmann::json kEmpty = nlohmann::json::object();
    return kEmpty;
}

// Texts and whole numbers; anything else is nullopt.
std::optional<std::string> int_or_string(const nlohmann::json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_integer()) return value.dump();
    return std::nullopt;
}

}  // namespace

Fields::Fields(const nlohmann::json& value, std::string path, std::vector<std::string>& faults)
    : value_(value.is_object() ? &value : &empty_object()), path_(std::move(path)), faults_(&faults) {
    if (!value.is_object() && !value.is_null()) fault("", "write an object");
}

const nlohmann::json* Fields::find(std::string_view name) const {
    const auto found = value_->find(name);
    return found == value_->end() || found->is_null() ? nullptr : &*found;
}

void Fields::fault(std::string_view name, std::string_view what) const {
    if (faults_->size() >= kFaultsMax) return;
    const auto* dot = path_.empty() || name.empty() ? "" : ".";
    faults_->push_back(fmt::format("{}{}{}: {}", path_, dot, name, what));
}

std::optional<std::string> Fields::text(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    fault(name, "write a text");
    return std::nullopt;
}

std::optional<std::int64_t> Fields::whole(std::string_view name, WholeRange range) const {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number_integer() && !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX)) {
        const auto number = value->get<std::int64_t>();
        if (number >= range.least && number <= range.most) return number;
    }
    fault(name, fmt::format("write a whole number from {} to {}", range.least, range.most));
    return std::nullopt;
}

std::optional<bool> Fields::truth(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    fault(name, "write true or false");
    return std::nullopt;
}

std::optional<std::size_t> Fields::word(std::string_view name, const std::vector<std::string_view>& words) const {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) {
        const auto found = std::ranges::find(words, value->get_ref<const std::string&>());
        if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    }
    fault(name, fmt::format("write one of {}", fmt::join(words, ", ")));
    return std::nullopt;
}

std::optional<Texts> Fields::texts(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_object()) {
        fault(name, "write names with their values");
        return std::nullopt;
    }
    Texts texts;
    for (const auto& [key, entry] : value->items()) {
        if (auto text = int_or_string(entry)) {
            texts.emplace(key, *std::move(text));
        } else {
            fault(fmt::format("{}[{}]", name, key), "write a text or a whole number");
        }
    }
    return texts;
}

std::optional<std::vector<std::string>> Fields::list(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_array() || !std::ranges::all_of(*value, [](const auto& entry) { return entry.is_string(); })) {
        fault(name, "write a list of texts");
        return std::nullopt;
    }
    return value->get<std::vector<std::string>>();
}

Fields Fields::object(std::string_view name) const {
    const auto* value = find(name);
    auto path = path_.empty() ? std::string{name} : fmt::format("{}.{}", path_, name);
    return Fields{value == nullptr ? empty_object() : *value, std::move(path), *faults_};
}

void Fields::each(std::string_view name, const std::function<void(const Fields&)>& visit) const {
    const auto* value = find(name);
    if (value == nullptr) return;
    if (!value->is_array()) {
        fault(name, "write a list");
        return;
    }
    for (std::size_t index = 0; index < value->size(); ++index) {
        visit(Fields{(*value)[index], fmt::format("{}.{}[{}]", path_, name, index), *faults_});
    }
}

const nlohmann::json* Fields::raw_object(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return nullptr;
    if (value->is_object()) return value;
    fault(name, "write an object");
    return nullptr;
}

}  // namespace moldau::api
