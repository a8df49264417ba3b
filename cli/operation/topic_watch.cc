// `moldau topic watch`: every topic, then every change, for as long as one looks.

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "base/uuid.h"
#include "cli/frame/interrupt.h"
#include "cli/frame/print.h"
#include "cli/operation/commands.h"
#include "cli/operation/operator_client.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

std::string id_text(const std::string& bytes) {
    Uuid id;
    if (bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    return id.to_string();
}

void print_topic(const Global& global, const pb::Topic& topic) {
    if (global.output == Output::kText) {
        return print("is      " + topic.name() + " (" + std::to_string(topic.partitions()) + " partitions, " +
                     std::to_string(topic.replication_factor()) + " replicas)\n");
    }
    wire::JsonWriter json;
    json.begin_object();
    json.member("change", std::string_view{"is"});
    json.member("topic", topic.name());
    json.member("id", id_text(topic.topic_id()));
    json.member("partitions", topic.partitions());
    json.member("replicationFactor", topic.replication_factor());
    json.member("partitionsOffline", topic.partitions_offline());
    json.member("internal", topic.internal());
    json.key("configs");
    json.begin_object();
    for (const auto& [name, value] : std::map<std::string, std::string>(topic.configs().begin(), topic.configs().end())) {
        json.member(name.c_str(), value);
    }
    json.end_object();
    json.end_object();
    print(json.take() + "\n");
}

void print_deleted(const Global& global, const pb::DeletedTopic& topic) {
    if (global.output == Output::kText) return print("gone    " + topic.name() + "\n");
    wire::JsonWriter json;
    json.begin_object();
    json.member("change", std::string_view{"gone"});
    json.member("topic", topic.name());
    json.member("id", id_text(topic.topic_id()));
    json.end_object();
    print(json.take() + "\n");
}

// That topics which were not named do not exist.
void print_mark(const Global& global, const char* mark) {
    if (global.output == Output::kText) return;
    wire::JsonWriter json;
    json.begin_object();
    json.member("change", std::string_view{mark});
    json.end_object();
    print(json.take() + "\n");
}

// Cancels the call when Ctrl-C comes. Lifetime: the call's.
class Watcher {
public:
    Watcher(const Interrupt& interrupt, grpc::ClientContext& context)
        : thread_([this, &interrupt, &context] {
              while (!ended_.load()) {
                  if (interrupt.came()) {
                      came_ = true;
                      return context.TryCancel();
                  }
                  std::this_thread::sleep_for(std::chrono::milliseconds{50});
              }
          }) {}
    ~Watcher() {
        ended_ = true;
        thread_.join();
    }
    bool came() const { return came_.load(); }

private:
    std::atomic<bool> ended_ = false;
    std::atomic<bool> came_ = false;
    std::thread thread_;
};

}  // namespace

Result<void> run(const Global& global, const TopicWatch& options) {
    const Interrupt interrupt;
    OperatorClient client{global, options.api};
    grpc::ClientContext context;
    const auto reader = client.stub().WatchTopics(&context, pb::WatchTopicsRequest{});
    const Watcher watcher{interrupt, context};
    pb::TopicChanges changes;
    while (reader->Read(&changes)) {
        if (changes.kind() == pb::TopicChanges::SNAPSHOT_START) print_mark(global, "snapshot");
        for (const auto& topic : changes.topics()) print_topic(global, topic);
        for (const auto& topic : changes.deleted()) print_deleted(global, topic);
        const bool is_whole = changes.kind() == pb::TopicChanges::SNAPSHOT_END;
        if (is_whole) print_mark(global, "whole");
        MOLDAU_TRY(flush());
        if (is_whole && options.until == TopicWatch::Until::kSnapshotEnd) {
            context.TryCancel();
            static_cast<void>(reader->Finish());
            return {};
        }
    }
    const auto status = reader->Finish();
    if (watcher.came()) return {};
    return fail(client.error_of(status, context, "the feed ended"));
}

}  // namespace moldau::cli
