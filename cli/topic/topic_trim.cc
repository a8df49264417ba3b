// `moldau topic trim`: removes the records before an offset. Shows what it would remove; does it with --execute only.

#include <span>

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/frame/progress.h"
#include "cli/frame/table.h"
#include "cli/frame/watermarks.h"
#include "cli/topic/commands.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct Row {
    PartitionName name;
    Watermarks now;
    std::int64_t before;  // the first offset that stays
};

Result<std::vector<Row>> make_plan(Client& client, const TopicTrim& options) {
    std::vector<Row> rows;
    for (const auto& selection : options.topics) {
        MOLDAU_TRY_ASSIGN(partitions, client.partitions_of(selection));
        for (const auto partition : partitions) rows.push_back({{selection.topic, partition}, {}, 0});
    }
    Progress progress{static_cast<std::int64_t>(rows.size()), "looking up offsets"};
    const auto before = options.before.at(now_ms());
    for (auto& row : rows) {
        MOLDAU_TRY_ASSIGN(now, query_watermarks(client, row.name));
        row.now = now;
        MOLDAU_TRY_ASSIGN(offset, resolve_offset(client, {row.name, before, now}));
        row.before = offset;
        progress.advance(1);
    }
    return rows;
}

// Tells each row's new beginning.
Result<void> execute(Client& client, std::vector<Row>& rows) {
    const OwnedPartitions list{rd_kafka_topic_partition_list_new(static_cast<int>(rows.size()))};
    for (const auto& row : rows) {
        rd_kafka_topic_partition_list_add(list.get(), row.name.topic.c_str(), row.name.partition)->offset = row.before;
    }
    const Owned<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy> request{rd_kafka_DeleteRecords_new(list.get())};
    AdminCall call{client, RD_KAFKA_ADMIN_OP_DELETERECORDS};
    auto* one = request.get();
    rd_kafka_DeleteRecords(client.handle(), &one, 1, call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait("cannot remove records"));
    const auto* results = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer.get()));
    Failures failures;
    for (auto& row : rows) {
        const auto& [topic, partition] = row.name;
        const auto* found = rd_kafka_topic_partition_list_find(results, topic.c_str(), partition);
        const auto code = found != nullptr ? found->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            row.before = found->offset;
        } else {
            failures.add(failed("cannot remove records of " + topic + "-" + std::to_string(partition), code));
            row.before = row.now.earliest;
        }
    }
    return failures.result();
}

void print_json(const Row& row, ChangeMode mode) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("topic", row.name.topic);
    json.member("partition", row.name.partition);
    json.member("earliest", row.now.earliest);
    json.member("before", row.before);
    json.member("latest", row.now.latest);
    json.member("executed", mode == ChangeMode::kApply);
    json.end_object();
    print(json.take() + "\n");
}

void print_rows(const Global& global, const std::vector<Row>& rows, ChangeMode mode) {
    if (global.output == Output::kJson) {
        for (const auto& row : rows) print_json(row, mode);
        return;
    }
    Table table{{"TOPIC", "PARTITION", "EARLIEST", "BEFORE", "LATEST", "OFFSETS"}};
    for (const auto& row : rows) {
        table.add_row({row.name.topic, std::to_string(row.name.partition), std::to_string(row.now.earliest),
                       std::to_string(row.before), std::to_string(row.now.latest),
                       std::to_string(row.before - row.now.earliest)});
    }
    print(table.text());
    print(mode == ChangeMode::kApply ? "removed what lay before\n" : "nothing removed yet: --execute does it\n");
}

}  // namespace

Result<void> run(const Global& global, const TopicTrim& options) {
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    MOLDAU_TRY_ASSIGN(rows, make_plan(*client, options));
    const auto done = options.mode == ChangeMode::kApply ? execute(*client, rows) : Result<void>{};
    print_rows(global, rows, options.mode);
    return done;
}

}  // namespace moldau::cli
