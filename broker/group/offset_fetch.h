// OffsetFetch in its old shapes: up to version 7 a request names one group at its top, from 8 on it has a list of groups.
//
// The shard answers group by group, so the server takes a request apart with `groups_of`, asks the shard of each group and
// puts the answers together with `to_response`.

#pragma once

#include <cstdint>
#include <vector>

#include "base/errc.h"
#include "wire/offset_fetch.h"

namespace moldau::group {

std::vector<wire::OffsetFetchRequest::OffsetFetchRequestGroup> groups_of(const wire::OffsetFetchRequest& request,
                                                                         std::int16_t version);

// `groups` has one element below version 8; there a group's error becomes the answer's (version 1: every partition's).
wire::OffsetFetchResponse to_response(std::vector<wire::OffsetFetchResponse::OffsetFetchResponseGroup> groups,
                                      std::int16_t version);

// The answer about a group that cannot be served: the error, and below version 2 the topics that must carry it.
wire::OffsetFetchResponse::OffsetFetchResponseGroup fetch_error(
    const wire::OffsetFetchRequest::OffsetFetchRequestGroup& request, Errc error, std::int16_t version);

}  // namespace moldau::group
