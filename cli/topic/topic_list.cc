// `moldau topic list`

#include <algorithm>
#include <span>

#include "cli/frame/client.h"
#include "cli/frame/print.h"
#include "cli/frame/table.h"
#include "cli/topic/commands.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct Row {
    std::string topic;
    int partitions;
    int replication_factor;
};

std::vector<Row> rows_of(const rd_kafka_metadata_t& metadata) {
    std::vector<Row> rows;
    for (const auto& topic : std::span(metadata.topics, static_cast<std::size_t>(metadata.topic_cnt))) {
        const int replicas = topic.partition_cnt > 0 ? topic.partitions[0].replica_cnt : 0;
        rows.push_back({topic.topic, topic.partition_cnt, replicas});
    }
    std::ranges::sort(rows, {}, &Row::topic);
    return rows;
}

void print_json(const Row& row) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("topic", row.topic);
    json.member("partitions", row.partitions);
    json.member("replicationFactor", row.replication_factor);
    json.end_object();
    print(json.take() + "\n");
}

}  // namespace

Result<void> run(const Global& global, const TopicList&) {
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    MOLDAU_TRY_ASSIGN(metadata, client->metadata());
    const auto rows = rows_of(*metadata);
    if (global.output == Output::kJson) {
        for (const auto& row : rows) print_json(row);
        return {};
    }
    Table table{{"TOPIC", "PARTITIONS", "REPLICAS"}};
    for (const auto& row : rows) {
        table.add_row({row.topic, std::to_string(row.partitions), std::to_string(row.replication_factor)});
    }
    print(table.text());
    return {};
}

}  // namespace moldau::cli
