// The verbs: which path, query, body and content type each one is, and which may be repeated.

#include <nlohmann/json.hpp>

#include "operator/kube/client.h"
#include "operator/kube/json.h"
#include "operator/kube/list_splitter.h"

namespace moldau::kube {
namespace {

using nlohmann::json;
using Query = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kItemBytesMax = 16U << 20U;

std::string describe(std::string_view verb, const Resource& resource, const ObjectKey& key) {
    return std::string(verb) + " " + resource.name() + " " + key.to_string();
}

Query write_query(const std::string& manager, DryRun dry_run) {
    Query query;
    if (!manager.empty()) query.emplace_back("fieldManager", manager);
    if (dry_run == DryRun::kServer) query.emplace_back("dryRun", "All");
    return query;
}

void add_if(Query& query, const char* name, const std::string& value) {
    if (!value.empty()) query.emplace_back(name, value);
}

Query list_query(const ListOptions& options) {
    Query query;
    add_if(query, "labelSelector", options.label_selector);
    add_if(query, "fieldSelector", options.field_selector);
    if (options.limit > 0) query.emplace_back("limit", std::to_string(options.limit));
    add_if(query, "continue", options.continue_token);
    add_if(query, "resourceVersion", options.resource_version);
    add_if(query, "resourceVersionMatch", options.resource_version_match);
    return query;
}

// Members of a typed list come without their kind.
Result<Object> list_item(std::string_view text, const Resource& resource) {
    MOLDAU_TRY_ASSIGN(value, parse_json(text));
    value["apiVersion"] = resource.api_version();
    value["kind"] = resource.kind;
    return Object(std::move(value));
}

Result<Page> read_page(std::string_view body, const Resource& resource) {
    Page page;
    ListSplitter splitter(kItemBytesMax);
    MOLDAU_TRY(splitter.feed(body, [&](std::string_view text) -> Result<void> {
        MOLDAU_TRY_ASSIGN(object, list_item(text, resource));
        page.items.push_back(std::move(object));
        return {};
    }));
    MOLDAU_TRY_ASSIGN(envelope, splitter.finish());
    page.resource_version = json_string(envelope, "/metadata/resourceVersion");
    page.continue_token = json_string(envelope, "/metadata/continue");
    if (page.resource_version.empty()) return fail(Errc::kMalformed, "a list without its resource version");
    return page;
}

void add_preconditions(json& patch, PatchType type, const Preconditions& preconditions) {
    const auto require = [&](const char* field, const std::string& value) {
        if (value.empty()) return;
        if (type == PatchType::kMerge) {
            json_set(patch, std::string("/metadata/") + field, value);
        } else {
            patch.insert(patch.begin(), {{"op", "test"}, {"path", std::string("/metadata/") + field}, {"value", value}});
        }
    };
    require("resourceVersion", preconditions.resource_version);
    require("uid", preconditions.uid);
}

std::string_view propagation_name(Propagation propagation) {
    switch (propagation) {
        case Propagation::kBackground:
            return "Background";
        case Propagation::kForeground:
            return "Foreground";
        case Propagation::kOrphan:
            return "Orphan";
    }
    return "Background";
}

std::string delete_body(const DeleteOptions& options) {
    json body{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
    body["propagationPolicy"] = propagation_name(options.propagation);
    if (options.grace_seconds) body["gracePeriodSeconds"] = *options.grace_seconds;
    if (!options.preconditions.uid.empty()) body["preconditions"]["uid"] = options.preconditions.uid;
    if (!options.preconditions.resource_version.empty()) {
        body["preconditions"]["resourceVersion"] = options.preconditions.resource_version;
    }
    if (options.dry_run == DryRun::kServer) body["dryRun"] = json::array({"All"});
    return json_text(body);
}

}  // namespace

Task<KubeResult<Object>> Client::get(Resource resource, ObjectKey key) {
    return perform_object({.request = {.path = resource.object_path(key)},
                           .repeat = Repeat::kAfterLostConnection,
                           .what = describe("get", resource, key)});
}

Task<KubeResult<Page>> Client::list(Resource resource, std::string ns, ListOptions options) {
    const auto what = describe("list", resource, {.ns = ns, .name = {}});
    MOLDAU_CO_TRY_ASSIGN(response,
                         co_await perform({.request = {.path = resource.collection_path(ns), .query = list_query(options)},
                                           .repeat = Repeat::kAfterLostConnection,
                                           .what = what}));
    auto page = read_page(response.body, resource);
    if (!page) co_return fail(page.error().code, what + ": the server answered nonsense: " + page.error().context);
    co_return *std::move(page);
}

Task<KubeResult<Object>> Client::create(Resource resource, Object object, CreateOptions options) {
    return perform_object({.request = {.method = Method::kPost,
                                       .path = resource.collection_path(object.ns()),
                                       .query = write_query(options.field_manager, options.dry_run),
                                       .content_type = "application/json",
                                       .body = object.text()},
                           .repeat = Repeat::kNever,
                           .what = describe("create", resource, object.key())});
}

Task<KubeResult<Object>> Client::replace(Resource resource, Object object, ReplaceOptions options) {
    const auto repeat = object.resource_version().empty() ? Repeat::kNever : Repeat::kAfterLostConnection;
    return perform_object({.request = {.method = Method::kPut,
                                       .path = resource.object_path(object.key(), options.subresource),
                                       .query = write_query(options.field_manager, options.dry_run),
                                       .content_type = "application/json",
                                       .body = object.text()},
                           .repeat = repeat,
                           .what = describe("replace", resource, object.key())});
}

Task<KubeResult<Object>> Client::apply(Resource resource, Object object, ApplyOptions options) {
    auto query = write_query(options.field_manager, options.dry_run);
    if (options.conflicts == Conflicts::kForce) query.emplace_back("force", "true");
    if (options.validation == FieldValidation::kStrict) query.emplace_back("fieldValidation", "Strict");
    const auto verb = options.subresource.empty() ? std::string("apply") : "apply " + options.subresource + " of";
    return perform_object({.request = {.method = Method::kPatch,
                                       .path = resource.object_path(object.key(), options.subresource),
                                       .query = std::move(query),
                                       .content_type = "application/apply-patch+yaml",
                                       .body = object.text()},
                           .repeat = Repeat::kAfterLostConnection,
                           .what = describe(verb, resource, object.key())});
}

Task<KubeResult<Object>> Client::apply_status(Resource resource, Object object) {
    return apply(std::move(resource), std::move(object),
                 {.subresource = "status", .field_manager = std::string(kStatusManager)});
}

Task<KubeResult<Object>> Client::patch(Resource resource, ObjectKey key, json patch, PatchOptions options) {
    add_preconditions(patch, options.type, options.preconditions);
    const bool merge = options.type == PatchType::kMerge;
    const bool pinned = !options.preconditions.resource_version.empty();
    return perform_object(
        {.request = {.method = Method::kPatch,
                     .path = resource.object_path(key, options.subresource),
                     .query = write_query(options.field_manager, options.dry_run),
                     .content_type = merge ? "application/merge-patch+json" : "application/json-patch+json",
                     .body = json_text(patch)},
         .repeat = pinned ? Repeat::kAfterLostConnection : Repeat::kNever,
         .what = describe("patch", resource, key)});
}

Task<KubeResult<void>> Client::remove(Resource resource, ObjectKey key, DeleteOptions options) {
    const bool pinned = !options.preconditions.uid.empty();
    auto answer = co_await perform({.request = {.method = Method::kDelete,
                                                .path = resource.object_path(key),
                                                .content_type = "application/json",
                                                .body = delete_body(options)},
                                    .repeat = pinned ? Repeat::kAfterLostConnection : Repeat::kNever,
                                    .what = describe("delete", resource, key)});
    if (!answer) co_return fail(std::move(answer).error());
    co_return KubeResult<void>{};
}

}  // namespace moldau::kube
