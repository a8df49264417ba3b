// A Topic (moldau.dev/v1beta1) as the operator sees it: crds/moldau.dev_topics.yaml in C++, with the same defaults.
//
// As with a Cluster (cluster.h), reading never fails: faults are listed. There may be ten thousand of these, so this holds
// what is used and nothing else; stores keep it in place of the JSON.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "operator/api/cluster.h"

namespace moldau::api {

enum class Managed : std::uint8_t { kYes, kWatchOnly };
enum class Adopt : std::uint8_t { kNo, kYes };

struct TopicSpec {
    std::string cluster;                             // clusterRef.name
    std::string name;                                // of the topic: spec.name, or the resource's
    std::optional<std::int32_t> partitions;          // absent: the broker's default
    std::optional<std::int32_t> replication_factor;  // absent: the broker's default
    Texts config;                                    // numbers in decimal digits
    DeletionPolicy deletion_policy = DeletionPolicy::kDelete;
    Managed managed = Managed::kYes;
    Adopt adopt = Adopt::kNo;
    bool operator==(const TopicSpec&) const = default;
};

struct TopicStatus {
    std::int64_t observed_generation = 0;
    std::vector<Condition> conditions;
    std::string topic_name;
    std::string topic_id;  // Kafka's text form; while it is there, the topic of that id is this resource's
    std::string cluster_id;
    std::optional<std::int32_t> partitions;
    std::optional<std::int32_t> replication_factor;
    bool operator==(const TopicStatus&) const = default;
};

struct Topic {
    Metadata metadata;
    TopicSpec spec;
    TopicStatus status;
    std::vector<std::string> faults;

    bool is_valid() const { return faults.empty(); }
};

Topic read_topic(const kube::Object& object);

// The object that an apply of the status sends: apiVersion, kind, name and status, nothing else.
kube::Object status_object(const Topic& topic, const TopicStatus& status);

// Of two resources for one topic the older counts: by creation, then by uid.
bool is_older(const Topic& one, const Topic& other);

// The id of the topic that a resource makes when `last` was the id of the one before (empty: none). It follows from what is
// stored, so a topic made just before a crash is known again; it never comes twice, because each id is stored before the
// next one is made.
Uuid topic_id_after(std::string_view resource_uid, std::string_view last);

}  // namespace moldau::api
