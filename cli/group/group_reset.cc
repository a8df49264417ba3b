// `moldau group reset`: changes what a group has committed. Shows the change; does it with --execute only, and for a group
// without members only.

#include <algorithm>

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/frame/progress.h"
#include "cli/frame/table.h"
#include "cli/frame/watermarks.h"
#include "cli/group/commands.h"
#include "cli/group/group_facts.h"
#include "cli/group/reset_plan.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct Row {
    PartitionName name;
    std::optional<std::int64_t> committed;
    std::int64_t wanted = 0;
    std::int64_t offset = 0;  // wanted, or the nearest offset that the log has
    Watermarks bounds{};
};

Result<std::vector<PlannedOffset>> read_plan_file(const GroupReset& options) {
    if (options.plan_file.empty()) return std::vector<PlannedOffset>{};
    if (options.plan_file == "-") return read_plan(stdin, options.name);
    std::FILE* file = std::fopen(options.plan_file.c_str(), "re");
    if (file == nullptr) return fail(Errc::kUsage, "cannot open the plan " + options.plan_file);
    auto plan = read_plan(file, options.name);
    std::fclose(file);
    return plan;
}

// Which partitions it is about, without offsets.
Result<std::vector<Row>> choose(Client& client, const GroupReset& options, const std::vector<PlannedOffset>& plan) {
    MOLDAU_TRY_ASSIGN(committed, committed_offsets(client, options.name));
    std::vector<Row> rows;
    const auto add = [&](const std::string& topic, std::int32_t partition, std::int64_t wanted) {
        const auto known = committed.find({topic, partition});
        rows.push_back({.name = {topic, partition}, .wanted = wanted});
        if (known != committed.end()) rows.back().committed = known->second;
    };
    if (options.choice == TopicChoice::kAllCommitted) {
        for (const auto& [partition, offset] : committed) add(partition.first, partition.second, 0);
        if (rows.empty()) {
            return fail(Errc::kUsage, "group " + options.name + " has committed nothing: name topics with --topic");
        }
    }
    for (const auto& selection : options.topics) {
        MOLDAU_TRY_ASSIGN(partitions, client.partitions_of(selection));
        for (const auto partition : partitions) add(selection.topic, partition, 0);
    }
    for (const auto& one : plan) {
        MOLDAU_TRY(client.partitions_of({one.topic, {one.partition}}));
        add(one.topic, one.partition, one.offset);
    }
    const auto order = [](const Row& row) { return std::pair{row.name.topic, row.name.partition}; };
    std::ranges::sort(rows, {}, order);
    const auto twice = std::ranges::adjacent_find(rows, {}, order);
    if (twice == rows.end()) return rows;
    return fail(Errc::kUsage, twice->name.topic + "-" + std::to_string(twice->name.partition) + " is named twice");
}

Result<void> find_offset(Client& client, const GroupReset& options, Row& row) {
    const std::string name = row.name.topic + "-" + std::to_string(row.name.partition);
    MOLDAU_TRY_ASSIGN(bounds, query_watermarks(client, row.name));
    row.bounds = bounds;
    if (options.to) {
        MOLDAU_TRY_ASSIGN(offset, resolve_offset(client, {row.name, options.to->at(now_ms()), bounds}));
        row.wanted = options.to->kind == OffsetSpec::Kind::kExact ? options.to->value : offset;
    } else if (options.shift) {
        if (!row.committed) {
            return fail(Errc::kUsage, "group " + options.name + " has committed nothing in " + name + " to shift: use --to");
        }
        if (__builtin_add_overflow(*row.committed, *options.shift, &row.wanted)) {
            return fail(Errc::kUsage, "--shift " + std::to_string(*options.shift) + " is too far");
        }
    }
    row.offset = std::clamp(row.wanted, bounds.earliest, std::max(bounds.earliest, bounds.latest));
    return {};
}

Result<std::vector<Row>> make_rows(Client& client, const GroupReset& options, const std::vector<PlannedOffset>& plan) {
    MOLDAU_TRY_ASSIGN(rows, choose(client, options, plan));
    Progress progress{static_cast<std::int64_t>(rows.size()), "looking up offsets"};
    for (auto& row : rows) {
        MOLDAU_TRY(find_offset(client, options, row));
        progress.advance(1);
    }
    return rows;
}

Result<void> execute(Client& client, const GroupReset& options, const std::vector<Row>& rows) {
    const std::string what = "cannot reset group " + options.name;
    const OwnedPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(rows.size()))};
    for (const auto& row : rows) {
        rd_kafka_topic_partition_list_add(list.get(), row.name.topic.c_str(), row.name.partition)->offset = row.offset;
    }
    const Owned<rd_kafka_AlterConsumerGroupOffsets_t, rd_kafka_AlterConsumerGroupOffsets_destroy> request{
        rd_kafka_AlterConsumerGroupOffsets_new(options.name.c_str(), list.get())};
    AdminCall call{client, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS};
    auto* one = request.get();
    rd_kafka_AlterConsumerGroupOffsets(client.handle(), &one, 1, call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait(what));
    std::size_t count = 0;
    const auto* const* results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(answer.get()), &count);
    if (count != 1) return fail(Errc::kUnknownServerError, what + ": the broker did not answer for it");
    const auto* error = rd_kafka_group_result_error(results[0]);
    if (error != nullptr) return fail(failed(what, rd_kafka_error_code(error), rd_kafka_error_string(error)));
    Failures failures;
    const auto* partitions = rd_kafka_group_result_partitions(results[0]);
    for (int at = 0; at < partitions->cnt; ++at) {
        const auto& partition = partitions->elems[at];
        if (partition.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        failures.add(failed(what + " in " + partition.topic + "-" + std::to_string(partition.partition), partition.err));
    }
    return failures.result();
}

void print_json(const GroupReset& options, const Row& row) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("group", options.name);
    json.member("topic", row.name.topic);
    json.member("partition", row.name.partition);
    json.member("committed", row.committed);
    json.member("offset", row.offset);
    json.member("wanted", row.wanted);
    json.member("executed", options.mode == ResetMode::kExecute);
    json.end_object();
    print(json.take() + "\n");
}

void print_rows(const Global& global, const GroupReset& options, const std::vector<Row>& rows) {
    if (global.output == Output::kJson) {
        for (const auto& row : rows) print_json(options, row);
        return;
    }
    Table table{{"TOPIC", "PARTITION", "COMMITTED", "NEW", "LAG", "NOTE"}};
    for (const auto& row : rows) {
        const auto note = row.wanted < row.offset   ? "the first there is; " + std::to_string(row.wanted) + " is before it"
                          : row.wanted > row.offset ? "the end; " + std::to_string(row.wanted) + " is behind it"
                                                    : std::string{};
        table.add_row({row.name.topic, std::to_string(row.name.partition),
                       row.committed ? std::to_string(*row.committed) : "-", std::to_string(row.offset),
                       std::to_string(row.bounds.latest - row.offset), note});
    }
    print(table.text());
    print(options.mode == ResetMode::kExecute ? "reset group " + options.name + "\n"
                                              : "nothing changed yet: --execute does it\n");
}

}  // namespace

Result<void> run(const Global& global, const GroupReset& options) {
    MOLDAU_TRY_ASSIGN(plan, read_plan_file(options));
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    MOLDAU_TRY_ASSIGN(group, look_up_group(*client, options.name));
    if (options.choice == TopicChoice::kAllCommitted) MOLDAU_TRY(expect_exists(group));
    MOLDAU_TRY(expect_inactive(group));
    MOLDAU_TRY_ASSIGN(rows, make_rows(*client, options, plan));
    if (options.mode == ResetMode::kExecute) MOLDAU_TRY(execute(*client, options, rows));
    print_rows(global, options, rows);
    return {};
}

}  // namespace moldau::cli
