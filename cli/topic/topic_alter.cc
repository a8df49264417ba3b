// `moldau topic alter`: more partitions, other settings. The brokers check all of it before any of it is done, so that one
// wrong word changes nothing.

#include <span>

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/topic/commands.h"
#include "wire/create_partitions.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

// A sentence for each topic that was refused.
Result<std::vector<Error>> grow(const Global& global, WireClient& client, const TopicAlter& options, ChangeMode mode) {
    std::vector<Error> failures;
    if (!options.partitions) return failures;
    wire::CreatePartitionsRequest request;
    for (const auto& name : options.names) {
        auto& topic = request.topics.emplace_back();
        topic.name = name;
        topic.count = *options.partitions;
        topic.assignments.reset();
    }
    request.timeout_ms = static_cast<std::int32_t>(global.timeout.count());
    request.validate_only = mode == ChangeMode::kValidate;
    MOLDAU_TRY_ASSIGN(answer, client.any().call<wire::CreatePartitionsResponse>(request));
    for (const auto& one : answer.results) {
        if (one.error_code == 0) continue;
        if (static_cast<Errc>(one.error_code) == Errc::kUnknownTopicOrPartition) {
            failures.push_back(
                {Errc::kUnknownTopicOrPartition, "there is no topic " + one.name + ": see moldau topic list"});
        } else {
            failures.push_back(refused("cannot add partitions to topic " + one.name, one.error_code, one.error_message));
        }
    }
    return failures;
}

Result<std::vector<Error>> change(WireClient& client, const TopicAlter& options, ChangeMode mode) {
    if (options.set.empty() && options.remove.empty()) return std::vector<Error>{};
    std::vector<SettingsChange> changes;
    for (const auto& name : options.names) {
        changes.push_back({{ResourceKind::kTopic, name}, options.set, options.remove});
    }
    return change_settings(client, changes, mode);
}

Result<void> alter(const Global& global, WireClient& client, const TopicAlter& options, ChangeMode mode) {
    Failures failures;
    MOLDAU_TRY_ASSIGN(grown, grow(global, client, options, mode));
    for (auto& error : grown) failures.add(std::move(error));
    MOLDAU_TRY(failures.result());
    MOLDAU_TRY_ASSIGN(changed, change(client, options, mode));
    for (auto& error : changed) failures.add(std::move(error));
    return failures.result();
}

void print_altered(const Global& global, const TopicAlter& options, const std::string& name) {
    const bool is_done = options.mode == ChangeMode::kApply;
    if (global.output == Output::kText) {
        return print((is_done ? "altered topic " : "can alter topic ") + name + "\n");
    }
    wire::JsonWriter json;
    json.begin_object();
    json.member("topic", name);
    json.member("altered", is_done);
    json.end_object();
    print(json.take() + "\n");
}

}  // namespace

Result<void> run(const Global& global, const TopicAlter& options) {
    MOLDAU_TRY_ASSIGN(client, WireClient::connect(global));
    MOLDAU_TRY(alter(global, client, options, ChangeMode::kValidate));
    if (options.mode == ChangeMode::kApply) MOLDAU_TRY(alter(global, client, options, ChangeMode::kApply));
    for (const auto& name : options.names) print_altered(global, options, name);
    return {};
}

}  // namespace moldau::cli
