// Parsing listeners, and deciding what is advertised.

#include "app/listeners.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace moldau::app {
namespace {

struct Named {
    std::string name;
    io::Address address;
};

// NAME://host:port, NAME://[v6]:port, NAME://:port
std::optional<Named> parse(const std::string& text) {
    const auto scheme = text.find("://");
    const auto colon = text.rfind(':');
    if (scheme == std::string::npos || scheme == 0 || colon < scheme + 3) return std::nullopt;
    Named named{text.substr(0, scheme), {text.substr(scheme + 3, colon - scheme - 3), 0}};
    const auto* end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data() + colon + 1, end, named.address.port);
    if (error != std::errc{} || last != end) return std::nullopt;
    auto& host = named.address.host;
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return named;
}

bool is_every_interface(const std::string& host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

std::vector<Named> parse_all(const settings::Values& values, const char* setting, settings::Faults& faults) {
    std::vector<Named> parsed;
    for (const auto& text : values.list(setting)) {
        auto named = parse(text);
        if (!named) {
            faults.lines.push_back(fmt::format("{}={}: must be NAME://host:port", setting, text));
            continue;
        }
        const bool twice = std::ranges::any_of(parsed, [&](const Named& other) { return other.name == named->name; });
        if (twice) faults.lines.push_back(fmt::format("{}: {} is there twice", setting, named->name));
        parsed.push_back(*std::move(named));
    }
    return parsed;
}

void check_protocols(const settings::Values& values, const std::vector<Named>& listeners, settings::Faults& faults) {
    std::map<std::string, std::string> protocols;
    for (const auto& entry : values.list("listener.security.protocol.map")) {
        const auto colon = entry.find(':');
        if (colon == std::string::npos) {
            faults.lines.push_back(fmt::format("listener.security.protocol.map={}: must be NAME:PROTOCOL", entry));
            continue;
        }
        protocols[entry.substr(0, colon)] = entry.substr(colon + 1);
    }
    for (const auto& listener : listeners) {
        const auto found = protocols.find(listener.name);
        if (found == protocols.end()) {
            faults.lines.push_back(
                fmt::format("listeners: {} has no protocol in listener.security.protocol.map", listener.name));
        } else if (found->second != "PLAINTEXT") {
            faults.lines.push_back(fmt::format("listener.security.protocol.map: {} is {}, this version knows PLAINTEXT",
                                               listener.name, found->second));
        }
    }
}

}  // namespace

std::expected<std::vector<ListenerPlan>, settings::Faults> plan_listeners(const settings::Values& values,
                                                                          const std::string& host_name) {
    settings::Faults faults;
    const auto listeners = parse_all(values, "listeners", faults);
    const auto advertised = parse_all(values, "advertised.listeners", faults);
    check_protocols(values, listeners, faults);
    if (listeners.empty() && faults.lines.empty()) faults.lines.push_back("listeners: at least one is needed");

    std::vector<ListenerPlan> plans;
    for (const auto& listener : listeners) {
        ListenerPlan plan{listener.name, listener.address, listener.address};
        if (is_every_interface(plan.advertised.host)) plan.advertised.host = host_name;
        plans.push_back(std::move(plan));
    }
    for (const auto& named : advertised) {
        const auto plan = std::ranges::find(plans, named.name, &ListenerPlan::name);
        if (plan == plans.end()) {
            faults.lines.push_back(fmt::format("advertised.listeners: {} is no listener", named.name));
        } else if (is_every_interface(named.address.host)) {
            faults.lines.push_back(fmt::format("advertised.listeners: {} is not an address that clients can reach",
                                               named.address.host.empty() ? "an empty host" : named.address.host));
        } else {
            plan->advertised = named.address;
        }
    }
    if (!faults.lines.empty()) return std::unexpected(std::move(faults));
    return plans;
}

}  // namespace moldau::app
