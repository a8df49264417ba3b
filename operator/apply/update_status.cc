// Writing a status, as a field manager of its own.

#include "operator/apply/verbs.h"

namespace moldau::apply {

Task<Carried> update_status(Hands hands, decide::UpdateStatus action) {
    const auto applied = co_await hands.client.apply_status(action.resource, action.object);
    // Gone meanwhile: nobody is left to be told.
    if (!applied && applied.error().is_not_found()) co_return Carried::gone();
    co_return written(hands, action.resource, applied);
}

}  // namespace moldau::apply
