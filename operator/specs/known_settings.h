// The settings that a broker knows, so that a mistake in spec.config is told before a broker is restarted for it.
//
// The problem: a broker refuses to start with a setting that it does not know or cannot use, and by then the one that ran is
// gone. The idea: names, kinds and ranges of this version's settings are a table here, made from the broker's own
// documentation; those of another image are what its running broker says. Nothing is judged without knowledge.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moldau::specs {

enum class SettingChange : std::uint8_t { kFixed, kChangeable };  // kFixed: needs a restart

struct KnownSetting {
    std::string name;
    std::string type;     // "boolean", "text", "int", "long", "number", "list"
    std::string allowed;  // "an integer from 1 to 256"
    SettingChange change = SettingChange::kFixed;
    bool operator==(const KnownSetting&) const = default;
};

// Of this version's broker.
const std::vector<KnownSetting>& known_settings();

// What is wrong with a value: "write an integer from 1 to 256". Only what is certain: the broker has the last word.
std::optional<std::string> fault_of(const KnownSetting& setting, std::string_view value);
// The name among `known` that was probably meant; empty: none is near.
std::string nearest(std::span<const KnownSetting> known, std::string_view name);

}  // namespace moldau::specs
