// Words for people and for scripts.

#include "cli/operation/stop_text.h"

#include <string>

#include "cli/frame/print.h"

namespace moldau::cli {
namespace {

namespace pb = operator_api::v1;

std::string_view severity_name(pb::Severity severity) {
    if (severity == pb::SEVERITY_ERROR) return "error";
    return severity == pb::SEVERITY_WARNING ? "warning" : "info";
}

std::string_view state_word(const pb::StopProgress& progress) {
    if (progress.state() == pb::StopProgress::PREPARED) return "prepared";
    return progress.state() == pb::StopProgress::PREPARING ? "preparing" : "serving";
}

}  // namespace

void print_reasons(const Reasons& reasons) {
    for (const auto& reason : reasons) {
        print(std::string(severity_name(reason.severity())) + " " + reason.code() + ": " + reason.message() + "\n");
    }
}

void put_reasons(wire::JsonWriter& json, const Reasons& reasons) {
    json.key("reasons");
    json.begin_array();
    for (const auto& reason : reasons) {
        json.begin_object();
        json.member("code", reason.code());
        json.member("message", reason.message());
        json.member("severity", severity_name(reason.severity()));
        json.end_object();
    }
    json.end_array();
}

std::string_view stop_state_name(const pb::StopProgress& progress) {
    if (progress.state() == pb::StopProgress::PREPARED) return "prepared to stop";
    return progress.state() == pb::StopProgress::PREPARING ? "preparing to stop" : "serving";
}

void put_progress(wire::JsonWriter& json, const pb::StopProgress& progress) {
    json.begin_object();
    json.member("broker", progress.broker_id());
    json.member("epoch", progress.broker_epoch());
    json.member("state", state_word(progress));
    json.member("partitionsLeft", progress.partitions_left());
    json.member("partitionsTotal", progress.partitions_total());
    json.member("validForMs", progress.valid_for_ms());
    put_reasons(json, progress.reasons());
    json.end_object();
}

}  // namespace moldau::cli
