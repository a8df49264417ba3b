// The broker's settings: described with their origin and text, altered while it runs. On the home core.

#pragma once

#include <cstdint>

#include "base/result.h"
#include "base/task.h"
#include "operator_api/answers.h"
#include "operator_api/call.h"

namespace moldau::operator_api {

// Errors: kClusterAuthorizationFailed.
Result<pb::DescribeSettingsResponse> describe_settings(const handlers::Shard& home, const Call& call);
// The results; the epoch is the caller's to fill in. Errors: those of check_expected() and check_batch().
Task<Result<pb::AlterSettingsResponse>> alter_settings(handlers::Shard& home, Call& call,
                                                       const pb::AlterSettingsRequest& request);

}  // namespace moldau::operator_api
