// `moldau topic create`

#include <array>

#include "admin_call.h"
#include "print.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

using OwnedNewTopic = Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;

Result<OwnedNewTopic> make_request(const TopicCreate& options) {
    std::array<char, 256> reason{};
    OwnedNewTopic topic{rd_kafka_NewTopic_new(options.name.c_str(), options.partitions, options.replication_factor,
                                              reason.data(), reason.size())};
    if (topic == nullptr) return fail(Errc::kUsage, "cannot create topic " + options.name + ": " + reason.data());
    for (const auto& [key, value] : options.configs) {
        const auto code = rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed("cannot set " + key, code));
    }
    return topic;
}

}  // namespace

Result<void> run(const Global& global, const TopicCreate& options) {
    MOLDAU_TRY_ASSIGN(topic, make_request(options));
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    const std::string what = "cannot create topic " + options.name;
    AdminCall call{*client, RD_KAFKA_ADMIN_OP_CREATETOPICS};
    auto* request = topic.get();
    rd_kafka_CreateTopics(client->handle(), &request, 1, call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait(what));
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
    for (std::size_t index = 0; index < count; ++index) {
        const auto code = rd_kafka_topic_result_error(results[index]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        return fail(failed(what, code, rd_kafka_topic_result_error_string(results[index])));
    }
    if (global.output == Output::kJson) {
        wire::JsonWriter json;
        json.begin_object();
        json.member("created", options.name);
        json.end_object();
        print(json.take() + "\n");
    } else {
        print("created topic " + options.name + "\n");
    }
    return {};
}

}  // namespace moldau::cli
