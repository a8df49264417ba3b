// Reasons and the progress of a stop, as text and as JSON.

#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string_view>

#include "proto/operator_api.pb.h"
#include "wire/json_writer.h"

namespace moldau::cli {

using Reasons = google::protobuf::RepeatedPtrField<operator_api::v1::Reason>;

// A line each: "error DISK_FAILED: ...".
void print_reasons(const Reasons& reasons);
// The member "reasons".
void put_reasons(wire::JsonWriter& json, const Reasons& reasons);

// "serving", "preparing to stop", "prepared to stop"
std::string_view stop_state_name(const operator_api::v1::StopProgress& progress);
void put_progress(wire::JsonWriter& json, const operator_api::v1::StopProgress& progress);

}  // namespace moldau::cli
