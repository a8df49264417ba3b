// A merge patch of the list, bound to a version.

#include "operator/apply/finalizers.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace moldau::apply {
namespace {

std::optional<kube::Object> known(const Hands& hands, const decide::Target& target) {
    const auto* kind = hands.kinds.find(target.resource);
    auto object = kind == nullptr ? std::nullopt : kind->store().get(target.key);
    if (!object || object->uid() != target.uid) return std::nullopt;
    return object;
}

}  // namespace

std::optional<std::vector<std::string>> known_finalizers(const Hands& hands, const decide::Target& target) {
    const auto object = known(hands, target);
    if (!object) return std::nullopt;
    return object->finalizers();
}

Task<Carried> patch_finalizers(Hands hands, decide::Target target, std::vector<std::string> finalizers) {
    const auto object = known(hands, target);
    if (!object) co_return Carried::failed(Error{Errc::kNotFound, "not in the store"});
    const nlohmann::json patch{{"metadata", {{"finalizers", std::move(finalizers)}}}};
    kube::PatchOptions options{.preconditions = {target.uid, object->resource_version()}};
    const auto patched = co_await hands.client.patch(target.resource, target.key, patch, options);
    co_return written(hands, target.resource, patched);
}

}  // namespace moldau::apply
