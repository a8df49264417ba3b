// The grammar: number suffix, where suffix is a binary or decimal multiple or an exponent of ten.

#include "operator/api/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace moldau::api {
namespace {

constexpr long double kKibi = 1024.0L;

std::optional<long double> binary_factor(char letter) {
    constexpr std::string_view kLetters = "KMGTPE";
    const auto at = kLetters.find(letter);
    if (at == std::string_view::npos) return std::nullopt;
    return std::pow(kKibi, static_cast<long double>(at + 1));
}

std::optional<long double> decimal_factor(char letter) {
    constexpr std::array<std::pair<char, int>, 9> kPowers{
        {{'n', -9}, {'u', -6}, {'m', -3}, {'k', 3}, {'M', 6}, {'G', 9}, {'T', 12}, {'P', 15}, {'E', 18}}};
    for (const auto& [known, power] : kPowers) {
        if (known == letter) return std::pow(10.0L, static_cast<long double>(power));
    }
    return std::nullopt;
}

std::optional<long double> factor(std::string_view suffix) {
    if (suffix.empty()) return 1.0L;
    if (suffix.size() == 1) return decimal_factor(suffix.front());
    if (suffix.size() == 2 && suffix.back() == 'i') return binary_factor(suffix.front());
    if (suffix.front() != 'e' && suffix.front() != 'E') return std::nullopt;
    suffix.remove_prefix(1);
    if (suffix.front() == '+') suffix.remove_prefix(1);
    int power = 0;
    const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), power);
    if (error != std::errc{} || end != suffix.data() + suffix.size() || power < -30 || power > 30) return std::nullopt;
    return std::pow(10.0L, static_cast<long double>(power));
}

}  // namespace

std::optional<long double> parse_quantity(std::string_view text) {
    const auto digits = text.find_first_not_of("0123456789.");
    const auto number = text.substr(0, digits);
    const auto suffix = digits == std::string_view::npos ? std::string_view{} : text.substr(digits);
    if (number.empty() || number == ".") return std::nullopt;
    long double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
    const auto by = factor(suffix);
    if (!by) return std::nullopt;
    return value * *by;
}

bool same_quantity(std::string_view one, std::string_view other) {
    if (one == other) return true;
    const auto left = parse_quantity(one);
    const auto right = parse_quantity(other);
    return left && right && std::fabs(*left - *right) <= 1e-12L * std::fabs(*left);
}

}  // namespace moldau::api
