// `moldau topic create`: in requests of a hundred topics, so that a thousand of them show how far they are.

#include <algorithm>
#include <array>
#include <span>

#include "cli/frame/admin_call.h"
#include "cli/frame/print.h"
#include "cli/frame/progress.h"
#include "cli/topic/commands.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

using OwnedNewTopic = Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;

Result<OwnedNewTopic> make_request(const TopicCreate& options, const std::string& name) {
    std::array<char, 256> reason{};
    OwnedNewTopic topic{
        rd_kafka_NewTopic_new(name.c_str(), options.partitions, options.replication_factor, reason.data(), reason.size())};
    if (topic == nullptr) return fail(Errc::kUsage, "cannot create topic " + name + ": " + reason.data());
    for (const auto& [key, value] : options.configs) {
        const auto code = rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed("cannot set " + key, code));
    }
    return topic;
}

void print_created(const Global& global, const std::string& name) {
    if (global.output == Output::kText) return print("created topic " + name + "\n");
    wire::JsonWriter json;
    json.begin_object();
    json.member("created", name);
    json.end_object();
    print(json.take() + "\n");
}

void report(const Global& global, rd_kafka_event_t* answer, Failures& failures) {
    std::size_t count = 0;
    const auto* const* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &count);
    for (const auto* result : std::span(results, count)) {
        const std::string name = rd_kafka_topic_result_name(result);
        const auto code = rd_kafka_topic_result_error(result);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            print_created(global, name);
        } else {
            failures.add(failed("cannot create topic " + name, code, rd_kafka_topic_result_error_string(result)));
        }
    }
}

}  // namespace

Result<void> run(const Global& global, const TopicCreate& options) {
    constexpr std::size_t kTogether = 100;
    std::vector<OwnedNewTopic> topics;
    for (const auto& name : options.names) {
        MOLDAU_TRY_ASSIGN(topic, make_request(options, name));
        topics.push_back(std::move(topic));
    }
    MOLDAU_TRY_ASSIGN(client, Client::connect(global));
    Failures failures;
    Progress progress{static_cast<std::int64_t>(topics.size()), "creating topics"};
    for (auto left = std::span(topics); !left.empty();) {
        const auto some = left.first(std::min(kTogether, left.size()));
        left = left.subspan(some.size());
        std::vector<rd_kafka_NewTopic_t*> request;
        std::ranges::transform(some, std::back_inserter(request), &OwnedNewTopic::get);
        AdminCall call{*client, RD_KAFKA_ADMIN_OP_CREATETOPICS};
        rd_kafka_CreateTopics(client->handle(), request.data(), request.size(), call.options(), call.queue());
        MOLDAU_TRY_ASSIGN(answer, call.wait("cannot create topics"));
        report(global, answer.get(), failures);
        progress.advance(static_cast<std::int64_t>(some.size()));
    }
    return failures.result();
}

}  // namespace moldau::cli
