// Claims: growing them, and what is wrong with them. A claim is never deleted from here.

#include <fmt/format.h>

#include "operator/api/quantity.h"
#include "operator/decide/steps.h"

namespace moldau::decide {
namespace {

using api::Row;

long double amount(const std::string& text) { return api::parse_quantity(text).value_or(0); }

void grow(Draft& draft, const Claim& claim) {
    const auto& size = draft.cluster().spec.storage.size;
    auto target = draft.target(kube::resources::persistent_volume_claims(), claim.name, claim.uid);
    const auto ordered = draft.order(ResizeClaim{.target = std::move(target), .size = size});
    if (ordered.refusal != nullptr) {
        draft.find(Row::kResizeRefused, fmt::format("claim {}: {}", claim.name, ordered.refusal->message));
        return;
    }
    draft.find(Row::kResizing, fmt::format("claim {} grows from {} to {}", claim.name, claim.requested, size));
    if (ordered) {
        draft.tell(api::EventRow::kEventResize,
                   fmt::format("claim {} was told to grow from {} to {}", claim.name, claim.requested, size));
    }
}

void check_size(Draft& draft, const Claim& claim) {
    const auto& size = draft.cluster().spec.storage.size;
    const bool same = api::same_quantity(claim.requested, size);
    if (!same && amount(claim.requested) < amount(size)) return grow(draft, claim);
    if (amount(claim.capacity) < amount(claim.requested) && !claim.capacity.empty()) {
        draft.find(Row::kResizing, fmt::format("claim {} grows from {} to {}", claim.name, claim.capacity, claim.requested));
    } else if (!same) {
        draft.find(Row::kClaimLarger, fmt::format("claim {} has {}", claim.name, claim.requested));
    }
}

void check(Draft& draft, const Claim& claim) {
    if (claim.deleting) {
        draft.find(Row::kClaimTerminating, fmt::format("claim {} is being deleted", claim.name));
    } else if (claim.phase == Claim::Phase::kLost) {
        draft.find(Row::kClaimLost, fmt::format("claim {} has lost its volume", claim.name));
    } else if (claim.phase == Claim::Phase::kPending) {
        draft.find(Row::kClaimPending, fmt::format("claim {} has no volume yet", claim.name));
    } else {
        check_size(draft, claim);
    }
    const auto& wanted = draft.cluster().spec.storage.storage_class;
    if (wanted && *wanted != claim.storage_class) {
        draft.find(Row::kClassDiffers, fmt::format("claim {} has class {}", claim.name, claim.storage_class));
    }
}

}  // namespace

void check_claims(Draft& draft) {
    const auto& claims = draft.snapshot().claims;
    draft.find(claims.empty() ? Row::kNoStorage : Row::kStorageReady);
    for (const auto& claim : claims) check(draft, claim);
}

}  // namespace moldau::decide
