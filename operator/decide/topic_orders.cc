// Spellings and fingerprints.

#include "operator/decide/topic_orders.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <optional>

namespace moldau::decide {
namespace {

std::optional<double> number(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::int64_t> whole(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string without_spaces(std::string_view text) {
    std::string rest;
    for (const char byte : text) {
        if (byte != ' ' && byte != '\t') rest += byte;
    }
    return rest;
}

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& byte : result) byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
    return result;
}

bool is_truth(std::string_view lowered) { return lowered == "true" || lowered == "false"; }

}  // namespace

bool same_config_value(std::string_view one, std::string_view other) {
    if (one == other) return true;
    const auto left = without_spaces(one);
    const auto right = without_spaces(other);
    if (left == right) return true;
    // Doubles would take large whole numbers that differ for the same.
    if (const auto l = whole(left), r = whole(right); l && r) return *l == *r;
    if (const auto l = number(left), r = number(right); l && r) return *l == *r;
    const auto lowered = lower(left);
    return is_truth(lowered) && lowered == lower(right);
}

std::string setting_key(std::string_view name) { return fmt::format("setting {}", name); }

std::string change_fingerprint(const broker_api::ConfigChange& change) { return change.value ? '=' + *change.value : "-"; }

std::string topic_fingerprint(const broker_api::NewTopic& order) {
    auto text = fmt::format("create {} {} {}", order.id.value.to_string(), order.partitions.value_or(-1),
                            order.replication_factor.value_or(-1));
    for (const auto& [name, value] : order.configs) text += fmt::format(" {}={}", name, value);
    return text;
}

std::string topic_fingerprint(const broker_api::TopicAlteration& order) {
    return fmt::format("alter {} {}", order.expected_id.value.to_string(), order.partitions.value_or(-1));
}

std::string topic_fingerprint(const broker_api::TopicDeletion& order) {
    return fmt::format("delete {}", order.id.value.to_string());
}

}  // namespace moldau::decide
