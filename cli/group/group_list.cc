// `moldau group list`

#include <algorithm>
#include <span>

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/frame/table.h"
#include "cli/group/commands.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct Row {
    std::string group;
    std::string state;
};

std::vector<Row> rows_of(const rd_kafka_ListConsumerGroups_result_t* result) {
    std::size_t count = 0;
    const auto* const* groups = rd_kafka_ListConsumerGroups_result_valid(result, &count);
    std::vector<Row> rows;
    for (const auto* group : std::span(groups, count)) {
        const char* state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupListing_state(group));
        rows.push_back({rd_kafka_ConsumerGroupListing_group_id(group), state});
    }
    std::ranges::sort(rows, {}, &Row::group);
    return rows;
}

Result<void> failures_of(const rd_kafka_ListConsumerGroups_result_t* result) {
    std::size_t count = 0;
    const auto* const* errors = rd_kafka_ListConsumerGroups_result_errors(result, &count);
    Failures failures;
    for (const auto* error : std::span(errors, count)) {
        failures.add(failed("cannot list the groups of a broker", rd_kafka_error_code(error), rd_kafka_error_string(error)));
    }
    return failures.result();
}

void print_json(const Row& row) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("group", row.group);
    json.member("state", row.state);
    json.end_object();
    print(json.take() + "\n");
}

}  // namespace

Result<void> run(const Global& global, const GroupList&) {
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    AdminCall call{*client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS};
    rd_kafka_ListConsumerGroups(client->handle(), call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait("cannot list the groups"));
    const auto* result = rd_kafka_event_ListConsumerGroups_result(answer.get());
    const auto rows = rows_of(result);
    if (global.output == Output::kJson) {
        for (const auto& row : rows) print_json(row);
        return failures_of(result);
    }
    Table table{{"GROUP", "STATE"}};
    for (const auto& row : rows) table.add_row({row.group, row.state});
    print(table.text());
    return failures_of(result);
}

}  // namespace moldau::cli
