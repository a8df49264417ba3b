// docs/operator/conditions.md, made from the catalogue.

#include <fmt/format.h>

#include <vector>

#include "operator/api/catalogue.h"

namespace moldau::api {
namespace {

std::string_view severity_name(Severity severity) { return severity == Severity::kNormal ? "Normal" : "Warning"; }

// The types of a kind in the table's order.
std::vector<std::string_view> types_of(Kind kind) {
    std::vector<std::string_view> types;
    for (const auto& row : condition_rows()) {
        if (row.kind == kind && (types.empty() || types.back() != row.type)) types.push_back(row.type);
    }
    return types;
}

std::string condition_section(Kind kind, std::string_view type) {
    auto text = fmt::format("### {}\n\n| reason | status | what it means | what to do |\n|---|---|---|---|\n", type);
    for (const auto& row : condition_rows()) {
        if (row.kind != kind || row.type != type) continue;
        const auto* mark = row.severity == Severity::kWarning ? " (W)" : "";
        text += fmt::format("| `{}`{} | {} | {} | {} |\n", row.reason, mark, status_name(row.status), row.text, row.advice);
    }
    return text + '\n';
}

std::string event_section(Kind kind) {
    std::string text = "### Events\n\n| reason | type | what it tells |\n|---|---|---|\n";
    for (const auto& event : event_rows()) {
        if (event.kind == kind) {
            text += fmt::format("| `{}` | {} | {} |\n", event.reason, severity_name(event.severity), event.text);
        }
    }
    return text;
}

std::string kind_section(Kind kind) {
    auto text = fmt::format("## {}\n\n", kind_name(kind));
    for (const auto type : types_of(kind)) text += condition_section(kind, type);
    return text + event_section(kind);
}

}  // namespace

std::string conditions_page() {
    return fmt::format(
        "# Conditions and events\n\n"
        "Made by `moldau-operator --print-conditions-docs` from the table in `operator/api/catalogue_rows.h`; do not "
        "edit.\n\n"
        "`kubectl describe` shows them under Status and Events. `lastTransitionTime` is when a condition's status changed\n"
        "last, so it says since when a wait lasts; `observedGeneration` is the generation of the spec that it speaks of. A\n"
        "message is the sentence from here, or more: the words of the broker, of the API server or of the kubelet, and the\n"
        "names of what is meant. A reason marked (W) is also told as an event of type Warning when it begins.\n\n"
        "`Ready` of a Cluster is True when all the others are; otherwise it has the reason and the message of the first "
        "one\n"
        "that is not, in the order of this page. `Paused` and `Deleting` are there only while they are so.\n\n"
        "{}\n{}",
        kind_section(Kind::kCluster), kind_section(Kind::kTopic));
}

}  // namespace moldau::api
