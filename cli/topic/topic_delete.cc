// `moldau topic delete`

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/topic/commands.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

void print_deleted(const Global& global, const char* name) {
    if (global.output == Output::kText) return print(std::string("deleted topic ") + name + "\n");
    wire::JsonWriter json;
    json.begin_object();
    json.member("deleted", std::string_view{name});
    json.end_object();
    print(json.take() + "\n");
}

}  // namespace

Result<void> run(const Global& global, const TopicDelete& options) {
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    std::vector<Owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>> topics;
    std::vector<rd_kafka_DeleteTopic_t*> request;
    for (const auto& name : options.names) {
        topics.emplace_back(rd_kafka_DeleteTopic_new(name.c_str()));
        request.push_back(topics.back().get());
    }
    AdminCall call{*client, RD_KAFKA_ADMIN_OP_DELETETOPICS};
    rd_kafka_DeleteTopics(client->handle(), request.data(), request.size(), call.options(), call.queue());
    MOLDAU_TRY_ASSIGN(answer, call.wait("cannot delete topics"));
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.get()), &count);
    Failures failures;
    for (std::size_t index = 0; index < count; ++index) {
        const char* name = rd_kafka_topic_result_name(results[index]);
        const auto code = rd_kafka_topic_result_error(results[index]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            print_deleted(global, name);
        } else if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            failures.add(to_error(code, std::string("there is no topic ") + name + ": see moldau topic list"));
        } else {
            failures.add(failed(std::string("cannot delete topic ") + name, code,
                                rd_kafka_topic_result_error_string(results[index])));
        }
    }
    return failures.result();
}

}  // namespace moldau::cli
