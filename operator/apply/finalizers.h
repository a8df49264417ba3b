// The list of an object's finalizers, read from the store and patched.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "operator/apply/hands.h"

namespace moldau::apply {

// nullopt when the store has no such object of that uid.
std::optional<std::vector<std::string>> known_finalizers(const Hands& hands, const decide::Target& target);
// Replaces the list of exactly the version that the store has. Fails with a conflict when it is another by now.
Task<Carried> patch_finalizers(Hands hands, decide::Target target, std::vector<std::string> finalizers);

}  // namespace moldau::apply
