// What the server serves: groups, versions, resources and its own version.

#include <charconv>
#include <nlohmann/json.hpp>

#include "operator/kube/client.h"
#include "operator/kube/json.h"

namespace moldau::kube {
namespace {

using nlohmann::json;

// Each element of the array at `pointer`; nothing when there is none.
const json& array_at(const json& root, std::string_view pointer) {
    static const json kNone = json::array();
    const auto* found = json_find(root, pointer);
    return found != nullptr && found->is_array() ? *found : kNone;
}

void add_group(const json& group, std::vector<ApiGroupVersion>& found) {
    const auto name = json_string(group, "/name");
    const auto preferred = json_string(group, "/preferredVersion/version");
    for (const auto& entry : array_at(group, "/versions")) {
        const auto version = json_string(entry, "/version");
        if (!version.empty()) found.push_back({.group = name, .version = version, .preferred = version == preferred});
    }
}

ApiResource read_resource(const json& entry, const std::string& group, const std::string& version) {
    const auto* namespaced = json_find(entry, "/namespaced");
    const bool in_namespace = namespaced != nullptr && namespaced->is_boolean() && namespaced->get<bool>();
    ApiResource found{.resource = {.group = group,
                                   .version = version,
                                   .plural = json_string(entry, "/name"),
                                   .kind = json_string(entry, "/kind"),
                                   .scope = in_namespace ? Scope::kNamespaced : Scope::kCluster},
                      .verbs = {}};
    for (const auto& verb : array_at(entry, "/verbs")) {
        if (verb.is_string()) found.verbs.push_back(verb.get<std::string>());
    }
    return found;
}

// "29+" is 29.
int leading_number(const std::string& text) {
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

Task<KubeResult<std::vector<ApiGroupVersion>>> Client::discover_groups() {
    std::vector<ApiGroupVersion> found;
    MOLDAU_CO_TRY_ASSIGN(
        core, co_await perform_object(
                  {.request = {.path = "/api"}, .repeat = Repeat::kAfterLostConnection, .what = "discover the core API"}));
    const auto core_tree = core.tree();
    for (const auto& version : array_at(*core_tree, "/versions")) {
        if (version.is_string()) found.push_back({.group = {}, .version = version.get<std::string>(), .preferred = true});
    }
    MOLDAU_CO_TRY_ASSIGN(
        groups, co_await perform_object(
                    {.request = {.path = "/apis"}, .repeat = Repeat::kAfterLostConnection, .what = "discover API groups"}));
    const auto tree = groups.tree();
    for (const auto& group : array_at(*tree, "/groups")) add_group(group, found);
    co_return found;
}

Task<KubeResult<std::vector<ApiResource>>> Client::discover_resources(std::string group, std::string version) {
    const auto api_version = group.empty() ? version : group + "/" + version;
    const auto path = (group.empty() ? "/api/" : "/apis/") + api_version;
    MOLDAU_CO_TRY_ASSIGN(answer, co_await perform_object({.request = {.path = path},
                                                          .repeat = Repeat::kAfterLostConnection,
                                                          .what = "discover resources of " + api_version}));
    std::vector<ApiResource> found;
    const auto tree = answer.tree();
    for (const auto& entry : array_at(*tree, "/resources")) {
        auto resource = read_resource(entry, group, version);
        const bool is_subresource = resource.resource.plural.contains('/');
        if (!resource.resource.plural.empty() && !is_subresource) found.push_back(std::move(resource));
    }
    co_return found;
}

Task<KubeResult<ServerVersion>> Client::server_version() {
    MOLDAU_CO_TRY_ASSIGN(answer, co_await perform_object({.request = {.path = "/version"},
                                                          .repeat = Repeat::kAfterLostConnection,
                                                          .what = "ask for the server's version"}));
    co_return ServerVersion{.major = leading_number(answer.string_at("/major").value_or("")),
                            .minor = leading_number(answer.string_at("/minor").value_or("")),
                            .git_version = answer.string_at("/gitVersion").value_or("")};
}

}  // namespace moldau::kube
