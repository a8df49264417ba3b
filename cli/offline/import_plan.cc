// Judging what was found, and putting it together.

#include "cli/offline/import_plan.h"

#include <sys/vfs.h>

#include <algorithm>
#include <set>

#include "cli/frame/progress.h"
#include "cli/offline/segment_file.h"
#include "metadata/topic_name.h"
#include "settings/values.h"

namespace moldau::cli {
namespace {

constexpr std::uint64_t kSpareBytes = 64 << 20;  // for metadata, and so that the disk is not filled to its last byte
constexpr std::size_t kConfigFileBytesMax = 16 << 20;
constexpr long kBtrfsMagic = 0x9123683E;
constexpr long kXfsMagic = 0x58465342;

std::string size_text(std::uint64_t bytes) { return std::to_string(bytes / 1'000'000) + " MB"; }

bool is_compacted_internal(std::string_view name) {
    return metadata::is_internal_topic(name) || name == "__share_group_state";
}

// Copies there may share their blocks with the original.
bool may_share_blocks(const std::string& from, const std::string& to) {
    struct statfs facts{};
    return on_same_file_system(from, to) && ::statfs(existing_part(to).c_str(), &facts) == 0 &&
           (facts.f_type == kBtrfsMagic || facts.f_type == kXfsMagic);
}

class Planner {
public:
    Planner(const Import& options, Findings& findings) : options_(options), findings_(findings) {}

    ImportPlan run() {
        read_sources();
        if (plan_.sources.empty()) return std::move(plan_);
        read_targets();
        read_metadata();
        gather_topics();
        for (auto& topic : plan_.topics) check_partitions(topic);
        scan();
        for (auto& topic : plan_.topics) take_configs(topic);
        take_settings();
        check_names();
        check_space();
        tell_what_stays();
        return std::move(plan_);
    }

private:
    Unclean unclean() const {
        return options_.recovery == Import::Recovery::kAllowed ? Unclean::kRecover : Unclean::kRefuse;
    }
    bool is_skipped(const std::string& topic) const {
        return std::ranges::find(options_.skipped, topic) != options_.skipped.end();
    }
    std::size_t target_of(std::size_t source) const { return plan_.targets.size() == 1 ? 0 : source; }

    void read_sources() {
        for (std::size_t index = 0; index < options_.sources.size(); ++index) {
            const auto& path = options_.sources[index];
            for (std::size_t other = 0; other < index; ++other) {
                if (overlap(path, options_.sources[other])) return findings_.refuse(path + ": is named twice");
            }
            plan_.sources.push_back(read_kafka_directory(path, unclean(), findings_));
            const auto& first = plan_.sources.front();
            const auto& meta = plan_.sources.back().meta;
            if (meta.cluster_id != first.meta.cluster_id) {
                findings_.refuse(path + "/meta.properties: belongs to cluster " + meta.cluster_id + ", " + first.path +
                                 " to cluster " + first.meta.cluster_id + "; name directories of one broker");
            } else if (meta.node_id != first.meta.node_id) {
                findings_.refuse(path + "/meta.properties: belongs to node " + std::to_string(meta.node_id.value) + ", " +
                                 first.path + " to node " + std::to_string(first.meta.node_id.value) +
                                 "; name directories of one broker");
            }
        }
    }

    void read_targets() {
        auto meta = plan_.sources.front().meta;
        if (options_.node_id) meta.node_id = BrokerId{*options_.node_id};
        for (const auto& path : options_.data_dirs) {
            if (path.find('\n') != path.npos) findings_.refuse("a directory's name has a line end; use another one");
            for (const auto& source : plan_.sources) check_place(path, source.path);
            plan_.targets.push_back(read_target(path, meta, findings_));
            const auto& found = plan_.targets.back();
            if (found.is_new) continue;
            const auto file = path + "/meta.properties";
            if (options_.node_id && found.meta.node_id.value != *options_.node_id) {
                findings_.refuse(file + ": belongs to node " + std::to_string(found.meta.node_id.value) +
                                 "; leave --node-id out");
            }
            const auto& first = plan_.targets.front();
            if (found.is_new != first.is_new || found.meta.cluster_id != first.meta.cluster_id) {
                findings_.refuse(path + ": does not belong to the same broker as " + first.path);
            }
        }
    }

    void check_place(const std::string& target, const std::string& source) {
        if (overlap(target, source)) {
            findings_.refuse(target + ": is, or lies in, the directory to import " + source + "; name another one");
        } else if (options_.transfer == Import::Transfer::kMove && !on_same_file_system(target, source)) {
            findings_.refuse(target + ": is on another file system than " + source +
                             ", so nothing can be moved there; leave "
                             "--move out");
        }
    }

    void read_metadata() {
        if (options_.metadata == Import::KafkaMetadata::kIgnore) return;
        auto folder = options_.metadata_dir;
        for (const auto& source : plan_.sources) {
            if (folder.empty() && source.metadata_log) folder = *source.metadata_log;
        }
        if (folder.empty()) {
            return findings_.refuse(
                plan_.sources.front().path +
                "/__cluster_metadata-0: is missing, so the topics' settings are "
                "not known; name it with --metadata-dir, or say --without-metadata and give the settings "
                "with --topic-config");
        }
        auto known = read_kafka_metadata(folder);
        if (!known) {
            return findings_.refuse(known.error().context +
                                    "; say --without-metadata and give the topics' settings with "
                                    "--topic-config");
        }
        known_ = *std::move(known);
    }

    // One topic for all folders of a name.
    void gather_topics() {
        std::map<std::string, PlannedTopic> topics;
        std::map<TopicId, std::string> ids;
        for (std::size_t index = 0; index < plan_.sources.size(); ++index) {
            for (const auto& partition : plan_.sources[index].partitions) {
                const auto& name = partition.name.topic;
                if (is_skipped(name)) continue;
                if (known_ && !known_->topics.contains(partition.topic_id)) {
                    findings_.warn(partition.path + ": is skipped, Kafka's metadata does not know its topic id " +
                                   partition.topic_id.value.to_string() + " (any more)");
                    continue;
                }
                auto& topic = topics[name];
                if (topic.partitions.empty()) {
                    topic.name = name;
                    topic.id = partition.topic_id;
                }
                add(topic, partition, index);
                if (const auto [at, is_first] = ids.emplace(topic.id, name); !is_first && at->second != name) {
                    findings_.refuse(partition.path + "/partition.metadata: has the topic id of '" + at->second + "'");
                }
            }
        }
        for (auto& [name, topic] : topics) plan_.topics.push_back(std::move(topic));
    }

    void add(PlannedTopic& topic, const KafkaPartition& partition, std::size_t source) {
        if (partition.topic_id != topic.id) {
            return findings_.refuse(partition.path + "/partition.metadata: has topic id " +
                                    partition.topic_id.value.to_string() + ", other partitions of the topic have " +
                                    topic.id.value.to_string() + "; take the folder of the older topic away");
        }
        const auto index = static_cast<std::size_t>(partition.name.partition.value);
        if (topic.partitions.size() <= index) topic.partitions.resize(index + 1);
        auto& planned = topic.partitions[index];
        if (!planned.from.empty()) {
            return findings_.refuse(partition.path + ": is there a second time as " + planned.from +
                                    "; take away the one that Kafka did not use");
        }
        planned.from = partition.path;
        planned.source = source;
        planned.target = target_of(source);
        found_.emplace(partition.path, &partition);
    }

    void check_partitions(PlannedTopic& topic) {
        if (known_) {
            const auto& epochs = known_->topics.at(topic.id).epochs_max;
            const auto count = epochs.empty() ? 0 : static_cast<std::size_t>(epochs.rbegin()->first) + 1;
            if (topic.partitions.size() < count) topic.partitions.resize(count);
        }
        for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
            if (!topic.partitions[index].from.empty() || options_.missing == Import::Missing::kCreate) continue;
            findings_.refuse(
                plan_.sources.front().path + '/' + topic.name + '-' + std::to_string(index) +
                ": is missing, but the topic has " + std::to_string(topic.partitions.size()) +
                " partitions; name all directories of log.dirs, import from a broker that has all partitions, or "
                "say --create-missing to make it empty");
        }
    }

    void scan() {
        Progress progress{static_cast<std::int64_t>(found_.size()), "looking through partitions"};
        const ScanOptions how{unclean(),
                              options_.checksums == Import::Checksums::kVerify ? Verify::kChecksums : Verify::kHeaders};
        for (auto& topic : plan_.topics) {
            for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
                auto& planned = topic.partitions[index];
                ++plan_.partitions;
                if (!planned.from.empty()) {
                    planned.scan = scan_partition(plan_.sources[planned.source], *found_.at(planned.from), how, findings_);
                    progress.advance(1);
                }
                finish(topic, static_cast<std::int32_t>(index), planned);
            }
        }
    }

    void finish(const PlannedTopic& topic, std::int32_t index, PlannedPartition& planned) {
        std::int32_t epoch = planned.scan.epoch.value;
        if (known_) {
            const auto& epochs = known_->topics.at(topic.id).epochs_max;
            if (const auto at = epochs.find(index); at != epochs.end()) epoch = std::max(epoch, at->second);
        }
        planned.epoch = LeaderEpoch{epoch + 1};
        plan_.bytes += planned.scan.bytes;
        if (planned.target < plan_.targets.size()) plan_.targets[planned.target].bytes += planned.scan.bytes;
        plan_.next_producer_id = std::max(plan_.next_producer_id, planned.scan.producer_id_max + 1);
        if (!planned.scan.open_transaction) return;
        findings_.warn(planned.from + ": a transaction is open from offset " +
                       std::to_string(planned.scan.open_transaction->value) +
                       " on; consumers with isolation.level=read_committed stop there until it is ended");
    }

    void take_configs(PlannedTopic& topic) {
        if (known_) {
            const auto found = known_->topic_configs.find(topic.name);
            if (found != known_->topic_configs.end()) {
                for (const auto& [name, value] : found->second) take_config(topic, name, value);
            }
        }
        if (is_compacted_internal(topic.name)) topic.configs.emplace("cleanup.policy", "compact");
    }

    void take_config(PlannedTopic& topic, const std::string& name, const std::string& value) {
        if (name == "remote.storage.enable" && value == "true") {
            return findings_.refuse("topic " + topic.name +
                                    ": has remote.storage.enable=true, and Moldau does not read tiered "
                                    "storage; turn it off with Kafka, or leave the topic out with --skip " +
                                    topic.name);
        }
        auto good = settings::check_topic_value(name, value);
        if (!good) {
            return findings_.warn("topic " + topic.name + ": its setting " + name + '=' + value +
                                  " is left out: " + good.error().context);
        }
        topic.configs.insert_or_assign(name, *std::move(good));
    }

    // What the user says counts most.
    void take_settings() {
        for (const auto& text : options_.topic_configs) take_setting("--topic-config " + text, text);
        if (options_.config_file.empty()) return;
        const auto content = read_small_file(options_.config_file, kConfigFileBytesMax);
        if (!content) return findings_.refuse(content.error().context);
        std::size_t number = 0;
        for (std::string_view left = *content; !left.empty();) {
            ++number;
            const auto end = left.find('\n');
            auto line = left.substr(0, end);
            left.remove_prefix(end == left.npos ? left.size() : end + 1);
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line.empty() || line.starts_with('#')) continue;
            take_setting(options_.config_file + ':' + std::to_string(number), line);
        }
    }

    void take_setting(const std::string& where, std::string_view text) {
        const auto setting = parse_topic_setting(text);
        if (!setting) return findings_.refuse(where + ": " + setting.error().context);
        const auto topic = std::ranges::find(plan_.topics, setting->topic, &PlannedTopic::name);
        if (topic == plan_.topics.end())
            return findings_.refuse(where + ": there is no topic '" + setting->topic + "' to import");
        auto good = settings::check_topic_value(setting->name, setting->value);
        if (!good) return findings_.refuse(where + ": " + good.error().context);
        topic->configs.insert_or_assign(setting->name, *std::move(good));
    }

    // Names that differ in '.' and '_' only are one for metrics, and refused as Kafka does.
    void check_names() {
        std::set<std::string, metadata::CollisionOrder> names;
        for (const auto& target : plan_.targets) {
            if (target.is_new) continue;
            const auto entries = io::posix::list(target.path);
            if (!entries) continue;
            for (const auto& entry : *entries) {
                const auto partition = store::parse_partition_folder(entry.name);
                if (entry.is_dir && partition) names.insert(partition->topic);
            }
        }
        for (const auto& topic : plan_.topics) {
            const auto taken = names.find(topic.name);
            if (taken == names.end()) continue;
            findings_.refuse(plan_.targets.front().path + ": has a topic '" + *taken +
                             "' already; delete it, or leave it out "
                             "with --skip " +
                             topic.name);
        }
        if (plan_.topics.empty() && findings_.refusals.empty()) {
            findings_.refuse(plan_.sources.front().path + ": has no partitions to import");
        }
    }

    void check_space() {
        if (options_.transfer == Import::Transfer::kMove) return;
        for (const auto& target : plan_.targets) {
            const auto shares = std::ranges::all_of(
                plan_.sources, [&](const auto& source) { return may_share_blocks(source.path, target.path); });
            if (shares) continue;
            const auto space = io::posix::space(existing_part(target.path));
            if (!space) return findings_.refuse(space.error().context);
            if (space->free_bytes >= target.bytes + kSpareBytes) continue;
            findings_.refuse(target.path + ": has room for " + size_text(space->free_bytes) + ", the import needs " +
                             size_text(target.bytes + kSpareBytes) + "; make room, or move instead of copying with --move");
        }
    }

    void tell_what_stays() {
        findings_.warn(
            "what stands in Kafka's server.properties is not known here: set its defaults for topics (log.retention.*, "
            "log.segment.*, log.cleanup.policy) in moldau-broker's configuration before its first start");
        for (const auto& name : options_.skipped) findings_.warn("topic " + name + ": is left out, as asked");
        if (!known_) return;
        plan_.next_producer_id = std::max(plan_.next_producer_id, known_->next_producer_id);
        for (const auto& [id, topic] : known_->topics) {
            const bool is_here =
                is_skipped(topic.name) || std::ranges::find(plan_.topics, id, &PlannedTopic::id) != plan_.topics.end();
            if (!is_here) findings_.warn("topic " + topic.name + ": is left out, no partition of it lies here");
        }
        for (const auto& [broker, configs] : known_->broker_configs) {
            for (const auto& [name, value] : configs) {
                findings_.warn("the broker setting " + name + (broker.empty() ? "" : " of node " + broker) +
                               " is not taken over; put it into the broker's configuration");
            }
        }
        tell_count(known_->access_rules, "access rules (ACLs)");
        tell_count(known_->credentials, "SCRAM credentials");
        tell_count(known_->quotas, "client quotas");
    }

    void tell_count(std::size_t count, const std::string& what) {
        if (count > 0) findings_.warn(std::to_string(count) + ' ' + what + " of the Kafka cluster are not taken over");
    }

    const Import& options_;
    Findings& findings_;
    ImportPlan plan_;
    std::optional<KafkaMetadata> known_;
    std::map<std::string, const KafkaPartition*> found_;  // by path
};

}  // namespace

Result<TopicSetting> parse_topic_setting(std::string_view text) {
    const auto colon = text.find(':');
    const auto equals = text.find('=', colon == text.npos ? 0 : colon);
    if (colon == text.npos || equals == text.npos || colon == 0 || equals == colon + 1) {
        return fail(Errc::kUsage, "'" + std::string{text} + "' is no TOPIC:SETTING=VALUE");
    }
    return TopicSetting{std::string{text.substr(0, colon)}, std::string{text.substr(colon + 1, equals - colon - 1)},
                        std::string{text.substr(equals + 1)}};
}

ImportPlan plan_import(const Import& options, Findings& findings) { return Planner{options, findings}.run(); }

}  // namespace moldau::cli
