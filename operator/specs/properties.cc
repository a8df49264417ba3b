// broker.properties, rendered.

#include "operator/specs/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <span>

#include "operator/specs/names.h"

namespace moldau::specs {
namespace {

constexpr std::string_view kDataFolder = "/var/lib/moldau/data";
constexpr std::string_view kDurability = "moldau.durability";

struct OwnedKey {
    std::string_view name;  // ends in '.': all that begin so
    std::string_view why;
};
constexpr OwnedKey kOwnedKeys[] = {
    {"listeners", "is made from spec.listeners"},
    {"advertised.listeners", "is made from spec.listeners"},
    {"listener.security.protocol.map", "is made from spec.listeners"},
    {"log.dir", "is the volume of spec.storage"},
    {"log.dirs", "is the volume of spec.storage"},
    {"node.id", "is the ordinal of the pod"},
    {"broker.id", "is the ordinal of the pod"},
    {"moldau.admin.listen", "is used by the probes and the operator"},
    {"moldau.node.id.from.hostname", "is the ordinal of the pod"},
    {"moldau.internal.listen", "is used by the operator"},
    {"moldau.operator.", "is used by the operator"},
    {"moldau.durability", "is spec.durability"},
};

const OwnedKey* find_owned(std::string_view name) {
    for (const auto& owned : kOwnedKeys) {
        if (name == owned.name || (owned.name.ends_with('.') && name.starts_with(owned.name))) return &owned;
    }
    return nullptr;
}

std::string upper(std::string_view text) {
    std::string result{text};
    for (char& byte : result) byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
    return result;
}

// One line: line ends and other control characters could smuggle in a second setting.
std::string one_line(std::string_view value) {
    std::string line;
    for (const char byte : value) line += static_cast<unsigned char>(byte) < 0x20 ? ' ' : byte;
    return line;
}

std::string with(std::string text, std::string_view placeholder, std::string_view value) {
    for (auto at = text.find(placeholder); at != std::string::npos; at = text.find(placeholder, at + value.size())) {
        text.replace(at, placeholder.size(), value);
    }
    return text;
}

std::string fill(std::string host, const api::Cluster& cluster, std::int32_t broker) {
    host = with(std::move(host), "{id}", std::to_string(broker));
    host = with(std::move(host), "{cluster}", cluster.metadata.key.name);
    host = with(std::move(host), "{namespace}", cluster.metadata.key.ns);
    host = with(std::move(host), "{node}", "${env:POD_NODE_NAME}");
    return with(std::move(host), "{hostIP}", "${env:POD_HOST_IP}");
}

const ServiceAddress* find_address(const Addresses& addresses, const std::string& listener, std::int32_t broker) {
    const auto found = addresses.find(listener);
    if (found == addresses.end()) return nullptr;
    const auto entry = found->second.find(broker);
    return entry == found->second.end() ? nullptr : &entry->second;
}

std::string in_cluster_host(const api::Cluster& cluster, const api::ListenerSpec& listener, std::int32_t broker) {
    const auto& ns = cluster.metadata.key.ns;
    if (listener.has_services()) return fmt::format("{}.{}.svc", listener_service_name(cluster, listener, broker), ns);
    return fmt::format("{}.{}.{}.svc", pod_name(cluster, broker), brokers_name(cluster), ns);
}

// What Kubernetes' own answer gives, before spec.advertised has its say.
AdvertisedAddress given(const api::Cluster& cluster, const api::ListenerSpec& listener, std::int32_t broker,
                        const ServiceAddress* service) {
    switch (listener.type) {
        case api::ListenerType::kInternal:
        case api::ListenerType::kClusterIp:
            return {in_cluster_host(cluster, listener, broker), listener.port};
        case api::ListenerType::kNodePort: {
            const auto port = service == nullptr ? std::nullopt : service->node_port;
            return {"${env:POD_HOST_IP}", port.value_or(0)};
        }
        case api::ListenerType::kLoadBalancer: {
            const auto host = service == nullptr ? std::nullopt : service->load_balancer;
            return {host.value_or(""), listener.port};
        }
    }
    return {};
}

const KnownSetting* find_setting(std::span<const KnownSetting> known, std::string_view name) {
    const auto found = std::ranges::find(known, name, &KnownSetting::name);
    return found == known.end() ? nullptr : &*found;
}

// By the running broker's word, or else by this version's.
bool is_changeable(const KnownSetting* setting, std::string_view name, const Environment& environment) {
    const auto* here = setting != nullptr ? setting : find_setting(known_settings(), name);
    if (here != nullptr) return here->change == SettingChange::kChangeable;
    return environment.dynamic_settings.contains(name);
}

// Why a broker would refuse to start with it.
std::optional<std::string> fixed_fault(std::span<const KnownSetting> known, const KnownSetting* setting,
                                       const std::string& name, const std::string& value) {
    if (setting != nullptr) return fault_of(*setting, value);
    if (known.empty()) return std::nullopt;
    const auto meant = nearest(known, name);
    return meant.empty() ? "the broker has no such setting"
                         : fmt::format("the broker has no such setting, did you mean {}?", meant);
}

struct ListenerLines {
    std::vector<std::string> listeners;
    std::vector<std::string> advertised;
    std::vector<std::string> protocols;
};

// A listener whose address is pending advertises its Service's name meanwhile: it works from inside at least.
ListenerLines listener_lines(const api::Cluster& cluster, std::int32_t broker, const Addresses& addresses) {
    ListenerLines lines;
    for (const auto& listener : cluster.spec.listeners) {
        const auto name = upper(listener.name);
        const auto address = advertised(cluster, listener, broker, addresses)
                                 .value_or(AdvertisedAddress{in_cluster_host(cluster, listener, broker), listener.port});
        lines.listeners.push_back(fmt::format("{}://0.0.0.0:{}", name, listener.port));
        lines.advertised.push_back(fmt::format("{}://{}:{}", name, address.host, address.port));
        lines.protocols.push_back(fmt::format("{}:PLAINTEXT", name));
    }
    return lines;
}

}  // namespace

Settings split_settings(const api::ClusterSpec& spec, const Inputs& inputs) {
    Settings settings;
    const auto& known = inputs.known;
    for (const auto& [name, value] : spec.config) {
        const auto* setting = find_setting(known, name);
        if (const auto* owned = find_owned(name)) {
            settings.refused.push_back({name, std::string{owned->why}});
        } else if (is_changeable(setting, name, inputs.environment)) {
            settings.changeable.emplace(name, value);
        } else if (auto fault = fixed_fault(known, setting, name, value)) {
            settings.rejected.push_back({name, *std::move(fault)});
        } else {
            settings.fixed.emplace(name, value);
        }
    }
    if (spec.durability == api::Durability::kReplicated) settings.changeable.emplace(kDurability, "replicated");
    return settings;
}

std::optional<AdvertisedAddress> advertised(const api::Cluster& cluster, const api::ListenerSpec& listener,
                                            std::int32_t broker, const Addresses& addresses) {
    auto address = given(cluster, listener, broker, find_address(addresses, listener.name, broker));
    if (listener.advertised_host) address.host = fill(*listener.advertised_host, cluster, broker);
    if (listener.advertised_port) address.port = *listener.advertised_port;
    if (address.host.empty() || address.port == 0) return std::nullopt;
    return address;
}

std::string properties(const api::Cluster& cluster, std::int32_t broker, const Settings& settings,
                       const Addresses& addresses) {
    api::Texts all = settings.fixed;
    const auto lines = listener_lines(cluster, broker, addresses);
    all["listeners"] = fmt::format("{}", fmt::join(lines.listeners, ","));
    all["advertised.listeners"] = fmt::format("{}", fmt::join(lines.advertised, ","));
    all["listener.security.protocol.map"] = fmt::format("{}", fmt::join(lines.protocols, ","));
    all["log.dirs"] = kDataFolder;
    all["node.id"] = std::to_string(broker);
    all["moldau.admin.listen"] = fmt::format("0.0.0.0:{}", kAdminPort);
    all["moldau.internal.listen"] = fmt::format("0.0.0.0:{}", kOperatorPort);
    std::string text;
    for (const auto& [name, value] : all) text += fmt::format("{}={}\n", name, one_line(value));
    return text;
}

}  // namespace moldau::specs
