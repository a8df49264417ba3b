// Images for tests: brokers, and whatever records make of them.

#pragma once

#include <string>
#include <vector>

#include "base/check.h"
#include "metadata/controller.h"
#include "metadata/image_builder.h"

namespace moldau::metadata {

inline Uuid test_uuid(std::uint8_t number) {
    Uuid id;
    id.bytes[0] = 0x40;
    id.bytes[15] = number;
    return id;
}

inline RegisterBrokerRecord broker_record(std::int32_t id, std::optional<std::string> rack = {}) {
    RegisterBrokerRecord record;
    record.broker_id = id;
    record.incarnation_id = test_uuid(static_cast<std::uint8_t>(100 + id));
    record.rack = std::move(rack);
    record.directories = {test_uuid(static_cast<std::uint8_t>(id))};
    return record;
}

inline ImageRef replayed(const ImageRef& base, const std::vector<AnyRecord>& records) {
    ImageBuilder builder{*base};
    Offset at = base->end_offset();
    for (const auto& record : records) {
        CHECK(builder.apply(record, at).has_value());
        at = at + 1;
    }
    return builder.build(at, LeaderEpoch{1});
}

inline ImageRef empty_image() { return std::make_shared<const Image>(); }

// Brokers 1 to `count`, one directory each, no racks.
inline ImageRef image_with_brokers(std::int32_t count) {
    std::vector<AnyRecord> records;
    for (std::int32_t id = 1; id <= count; ++id) records.emplace_back(broker_record(id));
    return replayed(empty_image(), records);
}

// A new id with each call, whichever controller asks.
inline std::function<TopicId()> counting_topic_ids() {
    return [] {
        static std::uint16_t next = 0;
        ++next;
        Uuid id;
        id.bytes[0] = 0x70;
        id.bytes[14] = static_cast<std::uint8_t>(next >> 8);
        id.bytes[15] = static_cast<std::uint8_t>(next);
        return TopicId{id};
    };
}

inline wire::CreateTopicsRequest::CreatableTopic topic_of(std::string name, std::int32_t partitions = 1,
                                                          std::int16_t replication_factor = 1) {
    wire::CreateTopicsRequest::CreatableTopic topic;
    topic.name = std::move(name);
    topic.num_partitions = partitions;
    topic.replication_factor = replication_factor;
    return topic;
}

// Sets these overrides or, with nullopt, removes them.
inline ConfigEdit edit_of(std::vector<std::pair<std::string, std::optional<std::string>>> changes) {
    return [changes = std::move(changes)](const ConfigMap& before) -> Result<ConfigMap> {
        ConfigMap after = before;
        for (const auto& [name, value] : changes) {
            if (value)
                after[name] = *value;
            else
                after.erase(name);
        }
        return after;
    };
}

inline wire::CreateTopicsRequest create_request(std::vector<wire::CreateTopicsRequest::CreatableTopic> topics) {
    wire::CreateTopicsRequest request;
    request.topics = std::move(topics);
    return request;
}

}  // namespace moldau::metadata
