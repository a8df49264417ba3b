// The usual places, in the usual order.

#include "operator/kube/in_cluster.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "operator/kube/kubeconfig.h"
#include "operator/kube/small_file.h"

namespace moldau::kube {
namespace {

constexpr std::size_t kNamespaceBytesMax = 1'024;

std::string value_or(const Environment& environment, const char* name, std::string otherwise) {
    auto value = environment(name);
    return value && !value->empty() ? *std::move(value) : std::move(otherwise);
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const auto end = std::min(text.find(separator, begin), text.size());
        if (end > begin) parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

// An IPv6 address has no place in the library's URLs; the server's certificate has this name in any case.
std::string url_host(const std::string& host) { return host.contains(':') ? "kubernetes.default.svc" : host; }

}  // namespace

Environment process_environment() {
    return [](const char* name) -> std::optional<std::string> {
        const char* value = std::getenv(name);
        if (value == nullptr) return std::nullopt;
        return std::string(value);
    };
}

Result<ConnectionSpec> in_cluster_spec(const Environment& environment, const std::string& folder) {
    const auto host = value_or(environment, "KUBERNETES_SERVICE_HOST", "");
    const auto port = value_or(environment, "KUBERNETES_SERVICE_PORT", "443");
    if (host.empty()) return fail(Errc::kNotFound, "KUBERNETES_SERVICE_HOST is not set: not in a pod");
    auto ns = read_small_file(folder + "/namespace", kNamespaceBytesMax);
    return ConnectionSpec{.origin = "in-cluster",
                          .server = "https://" + url_host(host) + ":" + port,
                          .authority = {.file = folder + "/ca.crt", .data = {}},
                          .token = {.file = folder + "/token", .data = {}},
                          .ns = ns ? *std::move(ns) : value_or(environment, "POD_NAMESPACE", "default")};
}

Result<ConnectionSpec> find_connection(const ConfigurationWish& wish, const Environment& environment) {
    if (!wish.kubeconfig.empty()) return load_kubeconfig({wish.kubeconfig}, wish.context);
    const auto named = split(value_or(environment, "KUBECONFIG", ""), ':');
    if (!named.empty()) return load_kubeconfig(named, wish.context);
    if (auto in_cluster = in_cluster_spec(environment)) return in_cluster;
    const auto home = value_or(environment, "HOME", "");
    if (home.empty()) return fail(Errc::kUsage, "neither KUBECONFIG nor HOME is set, and this is no pod");
    return load_kubeconfig({home + "/.kube/config"}, wish.context);
}

}  // namespace moldau::kube
