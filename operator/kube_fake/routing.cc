// Paths to kinds and verbs: the HTTP side of the fake API server.

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/kube/json.h"
#include "operator/kube_fake/fake_api_server.h"

namespace moldau::kube_fake {
namespace {

using nlohmann::json;

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned int value = 0;
        if (text[at] == '%' && at + 2 < text.size() &&
            std::from_chars(&text[at + 1], &text[at + 3], value, 16).ec == std::errc{}) {
            plain += static_cast<char>(value);
            at += 2;
        } else {
            plain += text[at];
        }
    }
    return plain;
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto length = std::min(path.find('/'), path.size());
        if (length > 0) segments.push_back(decoded(path.substr(0, length)));
        path.remove_prefix(length);
    }
    return segments;
}

std::string query_value(const kube::Request& request, std::string_view name) {
    for (const auto& [key, value] : request.query) {
        if (key == name) return value;
    }
    return {};
}

json discovered(const Served& served) {
    return {{"name", served.resource.plural},
            {"namespaced", served.resource.scope == kube::Scope::kNamespaced},
            {"kind", served.resource.kind},
            {"verbs", {"create", "delete", "get", "list", "patch", "update", "watch"}}};
}

}  // namespace

std::optional<FakeApiServer::Target> FakeApiServer::route(const std::string& path) const {
    auto segments = segments_of(path);
    const bool core = !segments.empty() && segments[0] == "api";
    const std::size_t prefix = core ? 2 : 3;
    if (segments.size() <= prefix) return std::nullopt;
    const auto group = core ? std::string{} : segments[1];
    const auto version = segments[prefix - 1];
    segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(prefix));
    Target target;
    if (segments[0] == "namespaces" && segments.size() >= 3 && segments[2] != "status") {
        target.key.ns = segments[1];
        segments.erase(segments.begin(), segments.begin() + 2);
    }
    const auto found = served_.find(group.empty() ? segments[0] : segments[0] + "." + group);
    if (found == served_.end() || found->second.resource.version != version) return std::nullopt;
    target.served = &found->second;
    if (segments.size() > 1) target.key.name = segments[1];
    if (segments.size() > 2) target.subresource = segments[2];
    if (target.subresource == "status" && target.served->status == HasStatus::kNo) return std::nullopt;
    if (!target.subresource.empty() && target.subresource != "status") return std::nullopt;
    return target;
}

Answer FakeApiServer::handle(const kube::Request& request) {
    if (!token_.empty() && request.authorization != "Bearer " + token_) return refuse(401, "Unauthorized", "Unauthorized");
    const auto target = route(request.path);
    if (!target) return handle_discovery(request.path);
    if (request.method == kube::Method::kGet) return handle_read(*target, request);
    return handle_write(*target, request);
}

Answer FakeApiServer::handle_discovery(const std::string& path) {
    if (path == "/version") return answer_with(200, {{"major", "1"}, {"minor", "33+"}, {"gitVersion", "v1.33.0-fake"}});
    if (path == "/api") return answer_with(200, {{"kind", "APIVersions"}, {"versions", {"v1"}}});
    std::map<std::string, std::map<std::string, json>> groups;  // group, version -> resources
    for (const auto& [name, served] : served_) {
        auto& resources = groups[served.resource.group][served.resource.version];
        resources.push_back(discovered(served));
        if (served.status == HasStatus::kSubresource) {
            resources.push_back(
                {{"name", served.resource.plural + "/status"}, {"namespaced", true}, {"kind", served.resource.kind}});
        }
    }
    json list{{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", json::array()}};
    for (const auto& [group, versions] : groups) {
        json entry{{"name", group}, {"versions", json::array()}};
        for (const auto& [version, resources] : versions) {
            const auto api_version = group.empty() ? version : group + "/" + version;
            entry["versions"].push_back({{"groupVersion", api_version}, {"version", version}});
            entry["preferredVersion"] = entry["versions"].front();
            if (path == (group.empty() ? "/api/" : "/apis/") + api_version) {
                return answer_with(200,
                                   {{"kind", "APIResourceList"}, {"groupVersion", api_version}, {"resources", resources}});
            }
        }
        if (!group.empty()) list["groups"].push_back(std::move(entry));
    }
    if (path == "/apis") return answer_with(200, list);
    return {.status = 404, .body = "404 page not found\n"};
}

Answer FakeApiServer::handle_read(const Target& target, const kube::Request& request) {
    if (target.key.name.empty()) return list(*target.served, target.key.ns, request);
    const auto* stored = store_.find(target.served->resource.name(), target.key);
    if (stored == nullptr) {
        return refuse(404, "NotFound", target.served->resource.name() + " \"" + target.key.name + "\" not found");
    }
    return answer_with(200, shown(*stored));
}

Answer FakeApiServer::list(const Served& served, const std::string& ns, const kube::Request& request) {
    const Selector selector(query_value(request, "labelSelector"), query_value(request, "fieldSelector"));
    const auto token = query_value(request, "continue");
    Continued found;
    if (token.empty()) {
        found = {.version = store_.version(), .rest = selected(served.resource.name(), ns, selector)};
    } else {
        const auto kept = continued_.find(token);
        if (kept == continued_.end() || kept->second.version < store_.compacted()) {
            return refuse(410, "Expired", "The provided continue parameter is too old");
        }
        found = kept->second;
    }
    const auto limit = std::strtoull(query_value(request, "limit").c_str(), nullptr, 10);
    json body{{"kind", served.resource.kind + "List"},
              {"apiVersion", served.resource.api_version()},
              {"metadata", {{"resourceVersion", std::to_string(found.version)}}},
              {"items", json::array()}};
    std::size_t taken = 0;
    while (taken < found.rest.size() && (limit == 0 || taken < limit)) {
        auto item = *found.rest[taken++];
        item.erase("apiVersion");
        item.erase("kind");
        body["items"].push_back(std::move(item));
    }
    found.rest.erase(found.rest.begin(), found.rest.begin() + static_cast<std::ptrdiff_t>(taken));
    if (!found.rest.empty()) {
        const auto next = "token-" + std::to_string(++last_token_);
        body["metadata"]["continue"] = next;
        body["metadata"]["remainingItemCount"] = found.rest.size();
        continued_.emplace(next, std::move(found));
    }
    return answer_with(200, body);
}

Answer FakeApiServer::handle_write(const Target& target, const kube::Request& request) {
    const WriteContext context{
        .served = target.served,
        .key = target.key,
        .subresource = target.subresource,
        .manager = query_value(request, "fieldManager"),
        .dry_run = query_value(request, "dryRun") == "All" || request.body.contains("\"dryRun\":[\"All\"]"),
        .force = query_value(request, "force") == "true",
        .now = loop_.wall_now()};
    const auto before = store_.version();
    auto answer = write(target, request, context);
    audit_.push_back({.method = request.method,
                      .resource = target.served->resource.name(),
                      .key = target.key,
                      .subresource = target.subresource,
                      .manager = context.manager,
                      .dry_run = context.dry_run,
                      .status = answer.status,
                      .changed = store_.version() != before,
                      .body = request.body});
    if (audit_.back().key.name.empty()) {
        const auto made = kube::Object::parse(answer.body);
        if (made && answer.status < 300) audit_.back().key = made->key();
    }
    return answer;
}

Answer FakeApiServer::write(const Target& target, const kube::Request& request, const WriteContext& context) {
    auto parsed = kube::parse_json(request.body.empty() ? "null" : request.body);
    if (!parsed) return refuse(400, "BadRequest", "the body is no JSON: " + parsed.error().context);
    auto body = *std::move(parsed);
    if (request.method == kube::Method::kDelete) return writes_.remove(context, body);
    const bool is_json_patch = request.content_type == "application/json-patch+json";
    if (!body.is_object() && !is_json_patch) return refuse(400, "BadRequest", "the body is no object");
    if (request.method == kube::Method::kPost) {
        auto created = context;
        created.key.name = kube::json_string(body, "/metadata/name");
        return writes_.create(created, std::move(body));
    }
    if (request.method == kube::Method::kPut) return writes_.replace(context, std::move(body));
    if (is_json_patch) return writes_.json_patch(context, body);
    if (request.content_type == "application/merge-patch+json") return writes_.merge_patch(context, body);
    if (request.content_type != "application/apply-patch+yaml") {
        return refuse(415, "UnsupportedMediaType",
                      "the body of the request was in an unknown format - " + request.content_type);
    }
    if (context.manager.empty()) return refuse(400, "BadRequest", "fieldManager is required for apply patch");
    const kube::Object applied(body);
    if (applied.kind() != target.served->resource.kind || applied.api_version() != target.served->resource.api_version()) {
        return refuse(400, "BadRequest", "apiVersion and kind must be set and fit the path");
    }
    return writes_.apply(context, body);
}

}  // namespace moldau::kube_fake
