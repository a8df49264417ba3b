// A connection to the brokers: librdkafka's handle with its settings, its life and its errors made ours.
//
// The problem: librdkafka hides that no broker can be reached and tries again for ever; a person at a terminal wants to know
// at once. The idea: `connect` asks for metadata and gives up as soon as every broker refused. Place: every command that
// talks to brokers makes one of these; the commands call librdkafka's C API on `handle()` themselves.

#pragma once

#include <librdkafka/rdkafka.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/frame/global.h"
#include "cli/frame/topic_selection.h"

namespace moldau::cli {

// Frees what librdkafka gave, by the function that the type needs.
template <auto destroy>
struct Destroyer {
    template <class T>
    void operator()(T* object) const {
        destroy(object);
    }
};
template <class T, auto destroy>
using Owned = std::unique_ptr<T, Destroyer<destroy>>;

using OwnedMetadata = Owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using OwnedMessage = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;
using OwnedTopic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using OwnedQueue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using OwnedEvent = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using OwnedPartitions = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

// librdkafka's code as ours; Kafka's own codes keep their number. `context` becomes the sentence that people read.
Error to_error(rd_kafka_resp_err_t code, std::string context);
// "cannot create topic x: <librdkafka's text>"
Error failed(const std::string& what, rd_kafka_resp_err_t code, const char* text = nullptr);

// What a group takes from its member or gives to it.
struct Rebalance {
    enum class Kind { kGiven, kTaken };
    Kind kind = Kind::kGiven;
    std::vector<std::int32_t> partitions;  // of the one topic that is read
};

struct ClientOptions {
    rd_kafka_type_t type = RD_KAFKA_CONSUMER;
    std::vector<KeyValue> properties;
    std::function<void(const rd_kafka_message_t&)> on_delivery;  // for producers, from within rd_kafka_poll
    // For members of a group, from within rd_kafka_consumer_poll and rd_kafka_consumer_close: told before partitions are
    // given up, when their offsets can still be committed, and after they are taken.
    std::function<void(const Rebalance&)> on_rebalance;
};

// Lifetime: one command. Thread: the command's; librdkafka has its own below.
class Client {
public:
    // When it resolves, a broker has answered. Errors: kUsage for a setting that librdkafka refuses; kNetworkException with
    // advice when no broker answers within `global.timeout`.
    static Result<std::unique_ptr<Client>> connect(const Global& global, ClientOptions options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    rd_kafka_t* handle() { return handle_; }
    int timeout_ms() const { return static_cast<int>(global_.timeout.count()); }

    // All topics, or the one named, which this does not create. Errors: those of the request.
    Result<OwnedMetadata> metadata();
    Result<OwnedMetadata> metadata_of(const std::string& topic);
    // Those that the selection names, or all, ascending. Errors: kUnknownTopicOrPartition for what does not exist.
    Result<std::vector<std::int32_t>> partitions_of(const TopicSelection& selection);

private:
    Client(const Global& global, ClientOptions options) : global_(global), options_(std::move(options)) {}
    Result<void> open();
    Result<void> await_broker();
    static Result<void> set(rd_kafka_conf_t* conf, const std::vector<KeyValue>& properties);
    static void on_error(rd_kafka_t* handle, int code, const char* reason, void* self);
    static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list,
                             void* self);
    static void on_delivered(rd_kafka_t* handle, const rd_kafka_message_t* message, void* self);

    Global global_;
    ClientOptions options_;
    rd_kafka_t* handle_ = nullptr;
    bool are_all_down_ = false;
};

}  // namespace moldau::cli
