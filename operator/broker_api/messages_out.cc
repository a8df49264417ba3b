// Orders as messages.

#include "operator/broker_api/messages.h"

namespace moldau::broker_api {
namespace {

std::string bytes_of(const Uuid& id) {
    if (id.is_zero()) return {};
    return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

// What every order has in common.
template <class Message, class Order>
void fill_head(Message& message, const Order& order) {
    message.mutable_expected()->set_cluster_id(order.expected.cluster_id);
    message.mutable_expected()->set_metadata_epoch(order.expected.metadata_epoch);
}

template <class Message, class Order>
void fill_manner(Message& message, const Order& order) {
    fill_head(message, order);
    message.set_bad_configs(order.bad_configs == BadConfigs::kLeaveOut ? pb::BAD_CONFIGS_LEAVE_OUT : pb::BAD_CONFIGS_REFUSE);
    message.set_validate_only(order.execution == Execution::kValidateOnly);
}

void fill_change(pb::ConfigChange& to, const ConfigChange& change) {
    to.set_name(change.name);
    if (change.value) to.set_value(*change.value);
}

}  // namespace

pb::DescribeTopicsRequest to_message(const DescribeTopics& asked) {
    pb::DescribeTopicsRequest message;
    for (const auto& name : asked.names) message.add_names(name);
    message.set_page(asked.page);
    return message;
}

pb::CreateTopicsRequest to_message(const CreateTopics& order) {
    pb::CreateTopicsRequest message;
    fill_manner(message, order);
    for (const auto& topic : order.topics) {
        auto& to = *message.add_topics();
        to.set_name(topic.name);
        if (topic.partitions) to.set_partitions(*topic.partitions);
        if (topic.replication_factor) to.set_replication_factor(*topic.replication_factor);
        for (const auto& [name, value] : topic.configs) (*to.mutable_configs())[name] = value;
        to.set_topic_id(bytes_of(topic.id.value));
    }
    return message;
}

pb::AlterTopicsRequest to_message(const AlterTopics& order) {
    pb::AlterTopicsRequest message;
    fill_manner(message, order);
    for (const auto& topic : order.topics) {
        auto& to = *message.add_topics();
        to.set_name(topic.name);
        to.set_expected_topic_id(bytes_of(topic.expected_id.value));
        if (topic.partitions) to.set_partitions(*topic.partitions);
        for (const auto& change : topic.configs) fill_change(*to.add_configs(), change);
    }
    return message;
}

pb::DeleteTopicsRequest to_message(const DeleteTopics& order) {
    pb::DeleteTopicsRequest message;
    fill_head(message, order);
    for (const auto& topic : order.topics) {
        auto& to = *message.add_topics();
        to.set_name(topic.name);
        to.set_topic_id(bytes_of(topic.id.value));
    }
    return message;
}

pb::AlterSettingsRequest to_message(const AlterSettings& order) {
    pb::AlterSettingsRequest message;
    fill_manner(message, order);
    message.set_expected_epoch(order.expected_epoch);
    if (order.broker) message.set_broker_id(order.broker->value);
    for (const auto& change : order.changes) fill_change(*message.add_changes(), change);
    return message;
}

pb::PrepareToStopRequest to_message(const PrepareToStop& order) {
    pb::PrepareToStopRequest message;
    fill_head(message, order);
    message.set_broker_id(order.broker.value);
    message.set_broker_epoch(order.broker_epoch);
    return message;
}

}  // namespace moldau::broker_api
