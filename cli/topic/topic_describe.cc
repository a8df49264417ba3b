// `moldau topic describe`: partitions with their offsets, and the settings that are not the default.

#include <algorithm>
#include <span>

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/frame/table.h"
#include "cli/frame/watermarks.h"
#include "cli/topic/commands.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct Setting {
    std::string name;
    std::string value;
    std::string source;
};

struct Partition {
    std::int32_t id;
    std::int32_t leader;
    std::vector<std::int32_t> replicas;
    std::vector<std::int32_t> isr;
    std::optional<Watermarks> offsets;
};

struct Topic {
    std::string name;
    std::vector<Partition> partitions;
    std::vector<Setting> settings;
};

std::vector<std::int32_t> to_vector(const std::int32_t* ids, int count) { return {ids, ids + count}; }

std::vector<Setting> settings_of(const rd_kafka_ConfigResource_t* resource) {
    std::size_t count = 0;
    const auto* const* entries = rd_kafka_ConfigResource_configs(resource, &count);
    std::vector<Setting> settings;
    for (const auto* entry : std::span(entries, count)) {
        if (rd_kafka_ConfigEntry_is_default(entry) != 0) continue;
        const char* value = rd_kafka_ConfigEntry_value(entry);
        settings.push_back({rd_kafka_ConfigEntry_name(entry), value != nullptr ? value : "",
                            rd_kafka_ConfigSource_name(rd_kafka_ConfigEntry_source(entry))});
    }
    std::ranges::sort(settings, {}, &Setting::name);
    return settings;
}

Result<std::vector<Setting>> describe_settings(Client& client, const std::string& name) {
    const std::string what = "cannot read the settings of topic " + name;
    const Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy> resource{
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str())};
    AdminCall call{client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS};
    auto* request = resource.get();
    rd_kafka_DescribeConfigs(client.handle(), &request, 1, call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait(what));
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer.get()), &count);
    if (count != 1) return fail(Errc::kUnknownServerError, what + ": the broker did not answer for it");
    const auto code = rd_kafka_ConfigResource_error(results[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(failed(what, code, rd_kafka_ConfigResource_error_string(results[0])));
    return settings_of(results[0]);
}

Result<Topic> describe(Client& client, const std::string& name) {
    MOLDAU_TRY_ASSIGN(metadata, client.metadata_of(name));
    const auto& found = metadata->topics[0];
    Topic topic{name, {}, {}};
    for (const auto& partition : std::span(found.partitions, static_cast<std::size_t>(found.partition_cnt))) {
        Partition row{partition.id, partition.leader, to_vector(partition.replicas, partition.replica_cnt),
                      to_vector(partition.isrs, partition.isr_cnt), std::nullopt};
        if (row.leader >= 0) {
            MOLDAU_TRY_ASSIGN(offsets, query_watermarks(client, {name, row.id}));
            row.offsets = offsets;
        }
        topic.partitions.push_back(std::move(row));
    }
    std::ranges::sort(topic.partitions, {}, &Partition::id);
    MOLDAU_TRY_ASSIGN(settings, describe_settings(client, name));
    topic.settings = std::move(settings);
    return topic;
}

void put(wire::JsonWriter& json, const Partition& partition) {
    json.begin_object();
    json.member("partition", partition.id);
    json.member("leader", partition.leader);
    json.member("replicas", partition.replicas);
    json.member("isr", partition.isr);
    json.member("earliest", partition.offsets.transform([](const auto& offsets) { return offsets.earliest; }));
    json.member("latest", partition.offsets.transform([](const auto& offsets) { return offsets.latest; }));
    json.end_object();
}

void print_json(const Topic& topic) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("topic", topic.name);
    json.key("partitions");
    json.begin_array();
    for (const auto& partition : topic.partitions) put(json, partition);
    json.end_array();
    json.key("configs");
    json.begin_object();
    for (const auto& setting : topic.settings) {
        json.key(setting.name);
        json.begin_object();
        json.member("value", setting.value);
        json.member("source", setting.source);
        json.end_object();
    }
    json.end_object();
    json.end_object();
    print(json.take() + "\n");
}

std::string joined(const std::vector<std::int32_t>& ids) {
    std::string text;
    for (const auto id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
    return text.empty() ? "-" : text;
}

void print_text(const Topic& topic) {
    print("topic " + topic.name + "\n");
    for (const auto& setting : topic.settings) {
        print("  " + setting.name + "=" + setting.value + " (" + setting.source + ")\n");
    }
    Table table{{"  PARTITION", "LEADER", "REPLICAS", "ISR", "EARLIEST", "LATEST"}};
    for (const auto& row : topic.partitions) {
        table.add_row({"  " + std::to_string(row.id), row.leader < 0 ? "none" : std::to_string(row.leader),
                       joined(row.replicas), joined(row.isr), row.offsets ? std::to_string(row.offsets->earliest) : "-",
                       row.offsets ? std::to_string(row.offsets->latest) : "-"});
    }
    print(table.text());
}

}  // namespace

Result<void> run(const Global& global, const TopicDescribe& options) {
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    Failures failures;
    for (const auto& name : options.names) {
        const auto topic = describe(*client, name);
        if (!topic) {
            failures.add(topic.error());
        } else if (global.output == Output::kJson) {
            print_json(*topic);
        } else {
            print_text(*topic);
        }
    }
    return failures.result();
}

}  // namespace moldau::cli
