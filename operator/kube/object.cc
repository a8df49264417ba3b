// Objects over nlohmann's trees, packed to text on request.

#include "operator/kube/object.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "operator/kube/json.h"

namespace moldau::kube {

using nlohmann::json;

// Either `tree` or `packed_text` is there.
struct Object::Body {
    std::shared_ptr<const json> tree;
    std::string packed_text;
    ObjectKey key;
    std::string uid;
    std::string resource_version;
    std::int64_t generation = 0;
};

namespace {

std::optional<std::int64_t> as_int(const json* value) {
    if (value == nullptr || !value->is_number_integer()) return std::nullopt;
    if (value->is_number_unsigned() && value->get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
        return std::nullopt;
    }
    return value->get<std::int64_t>();
}

std::optional<std::string> as_string(const json* value) {
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return value->get<std::string>();
}

bool as_bool(const json* value) { return value != nullptr && value->is_boolean() && value->get<bool>(); }

std::map<std::string, std::string> string_map(const json* value) {
    std::map<std::string, std::string> map;
    if (value == nullptr || !value->is_object()) return map;
    for (const auto& [key, entry] : value->items()) {
        if (entry.is_string()) map.emplace(key, entry.get<std::string>());
    }
    return map;
}

OwnerReference owner_reference(const json& value) {
    return {.api_version = json_string(value, "/apiVersion"),
            .kind = json_string(value, "/kind"),
            .name = json_string(value, "/name"),
            .uid = json_string(value, "/uid"),
            .controller = as_bool(json_find(value, "/controller")),
            .block_owner_deletion = as_bool(json_find(value, "/blockOwnerDeletion"))};
}

}  // namespace

std::string ObjectKey::to_string() const { return ns.empty() ? name : ns + "/" + name; }

Object::Object() : Object(json::object()) {}

Object::Object(json value) {
    auto body = std::make_shared<Body>();
    if (!value.is_object()) value = json::object();
    body->tree = std::make_shared<const json>(std::move(value));
    const auto& root = *body->tree;
    body->key = {.ns = json_string(root, "/metadata/namespace"), .name = json_string(root, "/metadata/name")};
    body->uid = json_string(root, "/metadata/uid");
    body->resource_version = json_string(root, "/metadata/resourceVersion");
    body->generation = as_int(json_find(root, "/metadata/generation")).value_or(0);
    body_ = std::move(body);
}

Result<Object> Object::parse(std::string_view text) {
    MOLDAU_TRY_ASSIGN(value, parse_json(text));
    if (!value.is_object()) return fail(Errc::kMalformed, "no JSON object: " + std::string(text.substr(0, 80)));
    return Object(std::move(value));
}

std::shared_ptr<const json> Object::tree() const {
    if (body_->tree) return body_->tree;
    auto value = parse_json(body_->packed_text);
    return std::make_shared<const json>(value ? *std::move(value) : json::object());
}

std::string Object::text() const { return body_->tree ? json_text(*body_->tree) : body_->packed_text; }

Object Object::packed() const {
    if (!body_->tree) return *this;
    auto body = std::make_shared<Body>(*body_);
    body->packed_text = json_text(*body_->tree);
    body->packed_text.shrink_to_fit();
    body->tree.reset();
    Object object(*this);
    object.body_ = std::move(body);
    return object;
}

bool Object::empty() const { return body_->tree ? body_->tree->empty() : body_->packed_text == "{}"; }

std::string Object::api_version() const { return json_string(*tree(), "/apiVersion"); }
std::string Object::kind() const { return json_string(*tree(), "/kind"); }
ObjectKey Object::key() const { return body_->key; }
const std::string& Object::name() const { return body_->key.name; }
const std::string& Object::ns() const { return body_->key.ns; }
const std::string& Object::uid() const { return body_->uid; }
const std::string& Object::resource_version() const { return body_->resource_version; }
std::int64_t Object::generation() const { return body_->generation; }

std::map<std::string, std::string> Object::labels() const { return string_map(json_find(*tree(), "/metadata/labels")); }
std::map<std::string, std::string> Object::annotations() const {
    return string_map(json_find(*tree(), "/metadata/annotations"));
}
std::optional<std::string> Object::label(std::string_view key) const {
    return string_at("/metadata/labels/" + pointer_escape(key));
}
std::optional<std::string> Object::annotation(std::string_view key) const {
    return string_at("/metadata/annotations/" + pointer_escape(key));
}

std::vector<OwnerReference> Object::owner_references() const {
    std::vector<OwnerReference> references;
    const auto root = tree();
    const auto* found = json_find(*root, "/metadata/ownerReferences");
    if (found == nullptr || !found->is_array()) return references;
    for (const auto& entry : *found) references.push_back(owner_reference(entry));
    return references;
}

std::optional<OwnerReference> Object::controller() const {
    for (auto& reference : owner_references()) {
        if (reference.controller) return std::move(reference);
    }
    return std::nullopt;
}

std::vector<std::string> Object::finalizers() const {
    std::vector<std::string> names;
    const auto root = tree();
    const auto* found = json_find(*root, "/metadata/finalizers");
    if (found == nullptr || !found->is_array()) return names;
    for (const auto& entry : *found) {
        if (entry.is_string()) names.push_back(entry.get<std::string>());
    }
    return names;
}

bool Object::has_finalizer(std::string_view finalizer) const {
    for (const auto& name : finalizers()) {
        if (name == finalizer) return true;
    }
    return false;
}

std::optional<std::string> Object::creation_timestamp() const { return string_at("/metadata/creationTimestamp"); }
std::optional<std::string> Object::deletion_timestamp() const { return string_at("/metadata/deletionTimestamp"); }

bool Object::has(std::string_view pointer) const { return json_find(*tree(), pointer) != nullptr; }
std::optional<std::string> Object::string_at(std::string_view pointer) const {
    return as_string(json_find(*tree(), pointer));
}
std::optional<std::int64_t> Object::int_at(std::string_view pointer) const { return as_int(json_find(*tree(), pointer)); }

std::optional<bool> Object::bool_at(std::string_view pointer) const {
    const auto root = tree();
    const auto* found = json_find(*root, pointer);
    if (found == nullptr || !found->is_boolean()) return std::nullopt;
    return found->get<bool>();
}

json Object::json_at(std::string_view pointer) const {
    const auto root = tree();
    const auto* found = json_find(*root, pointer);
    return found == nullptr ? json() : *found;
}

Object Object::with(std::string_view pointer, json value) const {
    json root = *tree();
    if (!json_set(root, pointer, std::move(value))) return *this;
    return Object(std::move(root));
}

Object Object::without(std::string_view pointer) const {
    json root = *tree();
    if (!json_erase(root, pointer)) return *this;
    return Object(std::move(root));
}

bool Object::operator==(const Object& other) const {
    if (body_ == other.body_) return true;
    if (!body_->tree && !other.body_->tree) return body_->packed_text == other.body_->packed_text;
    return *tree() == *other.tree();
}

}  // namespace moldau::kube
