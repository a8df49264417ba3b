// What an import would do: which topics come from where and go where, with which settings, and what stands against it.
//
// The problem: an import that stops half way is worse than none. The idea: everything is read and judged before anything is
// written; the plan is all that carrying out (cli/offline/import_run.h) needs, and what `--dry-run` prints. Place: made of
// Kafka's directories, Kafka's metadata, the user's settings and the target; changes nothing.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "cli/offline/commands.h"
#include "cli/offline/findings.h"
#include "cli/offline/import_target.h"
#include "cli/offline/kafka_directory.h"
#include "cli/offline/kafka_metadata.h"
#include "cli/offline/partition_scan.h"
#include "store/data_dir.h"

namespace moldau::cli {

using TopicConfigs = std::map<std::string, std::string, std::less<>>;

struct PlannedPartition {
    std::string from;        // empty: it is missing and will be made empty
    std::size_t source = 0;  // of the directories
    std::size_t target = 0;  // of the data directories
    PartitionScan scan;
    LeaderEpoch epoch{0};  // above all that Kafka gave
};

struct PlannedTopic {
    std::string name;
    TopicId id;
    TopicConfigs configs;
    std::vector<PlannedPartition> partitions;  // by index
};

struct ImportPlan {
    std::vector<KafkaDirectory> sources;
    std::vector<ImportTarget> targets;
    std::vector<PlannedTopic> topics;  // by name
    std::int64_t next_producer_id = 0;
    std::uint64_t bytes = 0;
    std::size_t partitions = 0;
};

// Whatever could be planned; nothing of it may be carried out when there are refusals.
ImportPlan plan_import(const Import& options, Findings& findings);

// "orders:retention.ms=1000". Errors: kUsage, with a whole sentence.
struct TopicSetting {
    std::string topic;
    std::string name;
    std::string value;
};
Result<TopicSetting> parse_topic_setting(std::string_view text);

}  // namespace moldau::cli
