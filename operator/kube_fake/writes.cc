// The rules of writes.

#include "operator/kube_fake/writes.h"

#include <fmt/chrono.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "operator/kube/json.h"

namespace moldau::kube_fake {
namespace {

using kube::json_string;
using nlohmann::json;

std::string qualified(const WriteContext& context) {
    return context.served->resource.name() + " \"" + context.key.name + "\"";
}

// What belongs to the other side of the status subresource stays as it was; identity and the server's own fields as well.
void keep_what_is_not_written(const WriteContext& context, const json& before, json& after) {
    if (context.subresource == "status") {
        json only_status = before;
        if (after.contains("status")) {
            only_status["status"] = after["status"];
        } else {
            only_status.erase("status");
        }
        after = std::move(only_status);
        return;
    }
    if (context.served->status == HasStatus::kSubresource) {
        after.erase("status");
        if (before.contains("status")) after["status"] = before["status"];
    }
    for (const auto* field : {"uid", "creationTimestamp", "deletionTimestamp", "generation", "name", "namespace"}) {
        const auto pointer = std::string("/metadata/") + field;
        const auto* kept = kube::json_find(before, pointer);
        if (kept != nullptr) {
            kube::json_set(after, pointer, *kept);
        } else {
            kube::json_erase(after, pointer);
        }
    }
    after["apiVersion"] = before["apiVersion"];
    after["kind"] = before["kind"];
}

json without_version(json object) {
    kube::json_erase(object, "/metadata/resourceVersion");
    kube::json_erase(object, "/metadata/managedFields");
    return object;
}

// Generations count changes of what is wished for.
bool changes_spec(const json& before, const json& after) {
    const auto wished = [](json object) {
        object.erase("status");
        object.erase("metadata");
        return object;
    };
    return wished(before) != wished(after);
}

std::optional<Answer> check_version(const WriteContext& context, const json& before, const json& wanted) {
    const auto version = json_string(wanted, "/metadata/resourceVersion");
    const auto uid = json_string(wanted, "/metadata/uid");
    const auto conflict = [&](const std::string& why) {
        return refuse(409, "Conflict", "Operation cannot be fulfilled on " + qualified(context) + ": " + why);
    };
    if (!uid.empty() && uid != json_string(before, "/metadata/uid")) return conflict("the UID is another one");
    if (!version.empty() && version != json_string(before, "/metadata/resourceVersion")) {
        return conflict("the object has been modified; please apply your changes to the latest version and try again");
    }
    return std::nullopt;
}

}  // namespace

std::string rfc3339(WallTime time) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count()));
}

json shown(const Stored& stored) {
    json object = *stored.object;
    json entries = json::array();
    for (const auto& [key, fields] : stored.owners) {
        json entry{{"manager", key.manager}, {"operation", key.operation}, {"fieldsType", "FieldsV1"}};
        if (!key.subresource.empty()) entry["subresource"] = key.subresource;
        entry["fieldsV1"] = json::object();
        for (const auto& field : fields) entry["fieldsV1"]["f:" + field] = json::object();
        entries.push_back(std::move(entry));
    }
    if (!entries.empty()) object["metadata"]["managedFields"] = std::move(entries);
    return object;
}

ManagerKey Writes::manager_key(const WriteContext& context, const char* operation) const {
    return {.manager = context.manager, .operation = operation, .subresource = context.subresource};
}

std::string Writes::next_uid() { return fmt::format("00000000-0000-4000-8000-{:012x}", ++uids_); }

Answer Writes::not_found(const WriteContext& context) const {
    return refuse(404, "NotFound", qualified(context) + " not found");
}

std::optional<Answer> Writes::check_valid(const WriteContext& context, const json& before, const json& after) const {
    if (!context.served->validate) return std::nullopt;
    const auto cause = context.served->validate(before, after);
    if (!cause) return std::nullopt;
    return refuse(422, "Invalid", qualified(context) + " is invalid: " + cause->field + ": " + cause->message, {*cause});
}

std::optional<Answer> Writes::check_new(const WriteContext& context) const {
    if (context.key.name.empty()) {
        return refuse(422, "Invalid", "name or generateName is required",
                      {{"FieldValueRequired", "metadata.name", "name or generateName is required"}});
    }
    const auto* ns = store_.find("namespaces", {.ns = {}, .name = context.key.ns});
    if (!context.key.ns.empty() && ns != nullptr && ns->object->at("metadata").contains("deletionTimestamp")) {
        return refuse(403, "Forbidden",
                      qualified(context) + " is forbidden: unable to create new content in namespace " + context.key.ns +
                          " because it is being terminated",
                      {{"NamespaceTerminating", "metadata.namespace", "namespace is being terminated"}});
    }
    return std::nullopt;
}

Answer Writes::store_new(const WriteContext& context, json object, Ownership owners) {
    if (auto refusal = check_new(context)) return *refusal;
    if (auto refusal = check_valid(context, nullptr, object)) return *refusal;
    if (context.served->status == HasStatus::kSubresource) {
        object.erase("status");
        object["metadata"]["generation"] = 1;
    }
    object["apiVersion"] = context.served->resource.api_version();
    object["kind"] = context.served->resource.kind;
    object["metadata"]["name"] = context.key.name;
    if (!context.key.ns.empty()) object["metadata"]["namespace"] = context.key.ns;
    object["metadata"]["uid"] = next_uid();
    object["metadata"]["creationTimestamp"] = rfc3339(context.now);
    kube::json_erase(object, "/metadata/managedFields");
    if (context.dry_run) {
        object["metadata"]["resourceVersion"] = "0";
        return answer_with(201, object);
    }
    const auto& name = context.served->resource.name();
    store_.put(name, std::move(object), std::move(owners));
    return answer_with(201, shown(*store_.find(name, context.key)));
}

Answer Writes::create(const WriteContext& context, json object) {
    auto named = context;
    if (named.key.name.empty() && !json_string(object, "/metadata/generateName").empty()) {
        named.key.name = json_string(object, "/metadata/generateName") + fmt::format("{:05x}", uids_ + 1);
    }
    if (store_.find(context.served->resource.name(), named.key) != nullptr) {
        return refuse(409, "AlreadyExists", qualified(named) + " already exists");
    }
    Ownership owners;
    own_changes(json::object(), object, owners, manager_key(context, "Update"));
    return store_new(named, std::move(object), std::move(owners));
}

Answer Writes::replace(const WriteContext& context, json object) {
    const auto* before = store_.find(context.served->resource.name(), context.key);
    if (before == nullptr) return not_found(context);
    if (auto refusal = check_version(context, *before->object, object)) return *refusal;
    return update(context, *before, std::move(object));
}

Answer Writes::merge_patch(const WriteContext& context, const json& patch) {
    const auto* before = store_.find(context.served->resource.name(), context.key);
    if (before == nullptr) return not_found(context);
    if (auto refusal = check_version(context, *before->object, patch)) return *refusal;
    json after = *before->object;
    after.merge_patch(patch);
    if (!after.is_object()) return refuse(400, "BadRequest", "the patch makes no object");
    return update(context, *before, std::move(after));
}

Answer Writes::json_patch(const WriteContext& context, const json& patch) {
    const auto* before = store_.find(context.served->resource.name(), context.key);
    if (before == nullptr) return not_found(context);
    try {
        auto after = before->object->patch(patch);
        if (!after.is_object()) return refuse(400, "BadRequest", "the patch makes no object");
        return update(context, *before, std::move(after));
    } catch (const json::exception& fault) {
        return refuse(422, "Invalid",
                      std::string("the server rejected our request due to an error in our request: ") + fault.what());
    }
}

Answer Writes::update(const WriteContext& context, const Stored& before, json after) {
    keep_what_is_not_written(context, *before.object, after);
    auto owners = before.owners;
    own_changes(*before.object, after, owners, manager_key(context, "Update"));
    return store_change(context, before, std::move(after), std::move(owners));
}

Answer Writes::apply(const WriteContext& context, const json& applied) {
    const auto& name = context.served->resource.name();
    const auto* before = store_.find(name, context.key);
    const auto by = manager_key(context, "Apply");
    auto fields = applied;
    // Each endpoint sees its own half.
    if (context.subresource == "status") {
        fields = json::object({{"status", applied.contains("status") ? applied["status"] : json::object()}});
    } else if (context.served->status == HasStatus::kSubresource) {
        fields.erase("status");
    }
    if (before == nullptr) {
        if (!context.subresource.empty()) return not_found(context);
        if (!json_string(applied, "/metadata/uid").empty()) {
            return refuse(409, "Conflict", qualified(context) + ": the object to apply to (by uid) does not exist");
        }
        Ownership owners;
        json made = json::object();
        apply_fields(made, fields, owners, by);
        return store_new(context, std::move(made), std::move(owners));
    }
    if (auto refusal = check_version(context, *before->object, applied)) return *refusal;
    const auto conflicts = find_conflicts(*before->object, fields, before->owners, by);
    if (!conflicts.empty() && !context.force) {
        std::vector<RefusalCause> causes;
        for (const auto& [field, manager] : conflicts) {
            causes.push_back({"FieldManagerConflict", field, "conflict with \"" + manager + "\""});
        }
        return refuse(409, "Conflict", "Apply failed with " + std::to_string(conflicts.size()) + " conflicts", causes);
    }
    auto after = *before->object;
    auto owners = before->owners;
    apply_fields(after, fields, owners, by);
    return store_change(context, *before, std::move(after), std::move(owners));
}

// A write that changes nothing gets no new version and is told to no watcher.
Answer Writes::store_change(const WriteContext& context, const Stored& before, json after, Ownership owners) {
    const auto& name = context.served->resource.name();
    if (auto refusal = check_valid(context, *before.object, after)) return *refusal;
    const bool gone = after["metadata"].contains("deletionTimestamp") &&
                      (!after["metadata"].contains("finalizers") || after["metadata"]["finalizers"].empty());
    if (context.dry_run) return answer_with(200, after);
    if (gone) {
        store_.erase(name, context.key);
        return answer_with(200, after);
    }
    const bool changed = without_version(after) != without_version(*before.object);
    if (!changed && owners == before.owners) return answer_with(200, shown(before));
    if (changes_spec(*before.object, after) && after["metadata"].contains("generation")) {
        after["metadata"]["generation"] = after["metadata"]["generation"].get<std::int64_t>() + 1;
    }
    kube::json_erase(after, "/metadata/managedFields");
    store_.put(name, std::move(after), std::move(owners));
    return answer_with(200, shown(*store_.find(name, context.key)));
}

Answer Writes::remove(const WriteContext& context, const json& options) {
    const auto& name = context.served->resource.name();
    const auto* before = store_.find(name, context.key);
    if (before == nullptr) return not_found(context);
    json preconditions{{"metadata", options.is_object() ? options.value("preconditions", json::object()) : json::object()}};
    if (auto refusal = check_version(context, *before->object, preconditions)) return *refusal;
    if (context.dry_run) return answer_with(200, *before->object);

    json after = *before->object;
    auto& metadata = after["metadata"];
    const auto propagation = options.is_object() ? json_string(options, "/propagationPolicy") : std::string{};
    if (propagation == "Foreground") metadata["finalizers"].push_back("foregroundDeletion");
    if (propagation == "Orphan") metadata["finalizers"].push_back("orphan");
    const bool is_namespace = name == "namespaces";
    const bool held = is_namespace || (metadata.contains("finalizers") && !metadata["finalizers"].empty());
    if (!held) {
        store_.erase(name, context.key);
        return answer_with(200, {{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Success"}});
    }
    if (metadata.contains("deletionTimestamp")) return answer_with(200, shown(*before));
    metadata["deletionTimestamp"] = rfc3339(context.now);
    metadata["deletionGracePeriodSeconds"] = 0;
    if (metadata.contains("generation")) metadata["generation"] = metadata["generation"].get<std::int64_t>() + 1;
    store_.put(name, std::move(after), before->owners);
    return answer_with(200, shown(*store_.find(name, context.key)));
}

}  // namespace moldau::kube_fake
