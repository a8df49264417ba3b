// ApiVersions: what this broker serves.

#pragma once

#include "handlers/handler_table.h"
#include "metadata/image.h"
#include "wire/api_versions.h"

namespace moldau::handlers {

// Made from the table of handlers, so it cannot promise what is not there. Produce is advertised from version 0, because
// older librdkafka wants to see it (KAFKA-18659); those versions are refused when used.
wire::ApiVersionsResponse describe_apis(const HandlerTable& table, const metadata::Image& image);

// To a client whose version of ApiVersions is unknown, always in version 0: error 35 and the versions of ApiVersions alone
// (KIP-511).
wire::ApiVersionsResponse refuse_api_versions(const HandlerTable& table);

// Name and version of a client follow KIP-511: [a-zA-Z0-9] at both ends, '-' and '.' within.
bool is_valid_client_software(std::string_view text);

Task<wire::ApiVersionsResponse> handle_api_versions(Shard& shard, RequestContext& context, wire::ApiVersionsRequest request);

}  // namespace moldau::handlers
