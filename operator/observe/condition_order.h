// Conditions in the order of the catalogue.
//
// A status is compared with the next one as a whole, but an API server may keep a list that is a map by its types in
// whatever order it likes: that is no difference, and must not be written.

#pragma once

#include <vector>

#include "operator/api/catalogue.h"
#include "operator/api/conditions.h"

namespace moldau::observe {

// Types that the catalogue does not know come last.
void order_conditions(api::Kind kind, std::vector<api::Condition>& conditions);

}  // namespace moldau::observe
