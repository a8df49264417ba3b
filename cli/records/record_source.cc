// Reading with and without a group.

#include "cli/records/record_source.h"

#include <algorithm>
#include <span>

#include "cli/frame/watermarks.h"

namespace moldau::cli {
namespace {

constexpr int kPollMs = 100;

// Partitions of our own choice, by librdkafka's simple consumer: no group, so no coordinator is asked for anything.
class ChosenPartitions : public RecordSource {
public:
    ChosenPartitions(Client& client, const std::string& topic)
        : client_(client),
          topic_(rd_kafka_topic_new(client.handle(), topic.c_str(), nullptr)),
          queue_(rd_kafka_queue_new(client.handle())) {}
    ~ChosenPartitions() override {
        for (const auto partition : partitions_) rd_kafka_consume_stop(topic_.get(), partition);
    }

    Result<void> start(std::int32_t partition, std::int64_t offset) {
        if (rd_kafka_consume_start_queue(topic_.get(), partition, offset, queue_.get()) != 0) {
            return fail(failed("cannot read partition " + std::to_string(partition), rd_kafka_last_error()));
        }
        partitions_.push_back(partition);
        return {};
    }

    OwnedMessage poll() override {
        rd_kafka_poll(client_.handle(), 0);
        return OwnedMessage{rd_kafka_consume_queue(queue_.get(), kPollMs)};
    }
    std::vector<std::int32_t> chosen_partitions() const override { return partitions_; }
    Result<void> commit() override { return {}; }

private:
    Client& client_;
    OwnedTopic topic_;
    OwnedQueue queue_;
    std::vector<std::int32_t> partitions_;
};

// A member of a group. Positions are stored for committing only when `commit` says that the records were printed.
class GroupMember : public RecordSource {
public:
    explicit GroupMember(Client& client) : client_(client), read_(rd_kafka_topic_partition_list_new(0)) {
        rd_kafka_poll_set_consumer(client.handle());
    }
    ~GroupMember() override { rd_kafka_consumer_close(client_.handle()); }

    Result<void> join(const std::string& topic) {
        const OwnedPartitions topics{rd_kafka_topic_partition_list_new(1)};
        rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
        const auto code = rd_kafka_subscribe(client_.handle(), topics.get());
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed("cannot subscribe to " + topic, code));
        return {};
    }

    OwnedMessage poll() override {
        OwnedMessage message{rd_kafka_consumer_poll(client_.handle(), kPollMs)};
        if (message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) remember(*message);
        return message;
    }
    std::vector<std::int32_t> chosen_partitions() const override { return {}; }
    Result<void> commit() override {
        if (read_->cnt == 0) return {};
        const auto code = rd_kafka_commit(client_.handle(), read_.get(), 0);
        read_.reset(rd_kafka_topic_partition_list_new(0));
        // A partition that went to another member meanwhile is that member's: it reads again what we could not commit.
        const bool is_lost = code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION ||
                             code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS ||
                             code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID || code == RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !is_lost) return fail(failed("cannot commit offsets", code));
        return {};
    }

private:
    void remember(const rd_kafka_message_t& message) {
        const char* topic = rd_kafka_topic_name(message.rkt);
        auto* known = rd_kafka_topic_partition_list_find(read_.get(), topic, message.partition);
        if (known == nullptr) known = rd_kafka_topic_partition_list_add(read_.get(), topic, message.partition);
        known->offset = message.offset + 1;
    }

    Client& client_;
    OwnedPartitions read_;
};

Result<std::int64_t> start_offset(Client& client, const Consume& options, std::int32_t partition) {
    using Kind = OffsetSpec::Kind;
    const auto spec = options.offset.at(now_ms());
    switch (spec.kind) {
        case Kind::kBeginning:
            return RD_KAFKA_OFFSET_BEGINNING;
        case Kind::kEnd:
            return RD_KAFKA_OFFSET_END;
        case Kind::kExact:
            return spec.value;
        case Kind::kTail:
            return RD_KAFKA_OFFSET_TAIL(spec.value);
        case Kind::kTimestamp: {
            MOLDAU_TRY_ASSIGN(found, query_offset_at(client, {options.topic, partition}, spec.value));
            return found.value_or(RD_KAFKA_OFFSET_END);
        }
        case Kind::kAgo:  // spec has it as a time
            break;
    }
    return RD_KAFKA_OFFSET_BEGINNING;
}

}  // namespace

std::vector<KeyValue> source_properties(const Consume& options) {
    std::vector<KeyValue> properties{{"enable.partition.eof", "true"},
                                     {"enable.auto.commit", "false"},
                                     {"enable.auto.offset.store", "false"},
                                     {"auto.offset.reset", "error"}};
    if (!options.group.empty()) {
        properties.back().second = options.offset.kind == OffsetSpec::Kind::kEnd ? "latest" : "earliest";
        properties.emplace_back("group.id", options.group);
    }
    return properties;
}

Result<std::unique_ptr<RecordSource>> open_source(Client& client, const Consume& options) {
    MOLDAU_TRY_ASSIGN(partitions, client.partitions_of({options.topic, options.partitions}));
    if (!options.group.empty()) {
        auto member = std::make_unique<GroupMember>(client);
        MOLDAU_TRY(member->join(options.topic));
        return member;
    }
    auto chosen = std::make_unique<ChosenPartitions>(client, options.topic);
    for (const auto partition : partitions) {
        MOLDAU_TRY_ASSIGN(offset, start_offset(client, options, partition));
        MOLDAU_TRY(chosen->start(partition, offset));
    }
    return chosen;
}

}  // namespace moldau::cli
