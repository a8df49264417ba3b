// From names and texts to typed settings.

#include "handlers/topic_settings.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::handlers {
namespace {

// Reads effective values of one topic by name.
class Reader {
public:
    // `overrides` are usable ones.
    Reader(metadata::ConfigMap overrides, const settings::Values& broker)
        : overrides_(std::move(overrides)), broker_(broker) {}

    settings::Effective effective(std::string_view name) const {
        const auto* setting = settings::find_topic_setting(name);
        CHECK(setting != nullptr);
        return settings::effective_topic_value(*setting, overrides_, broker_);
    }
    std::string text(std::string_view name) const { return effective(name).value.value_or(""); }
    std::int64_t integer(std::string_view name) const { return settings::to_int(text(name)); }
    Millis millis(std::string_view name) const { return to_millis(integer(name)); }

private:
    settings::TopicOverrides overrides_;
    const settings::Values& broker_;
};

std::optional<bytes::Codec> codec_named(std::string_view name) {
    if (name == "uncompressed") return bytes::Codec::kNone;
    if (name == "gzip") return bytes::Codec::kGzip;
    if (name == "snappy") return bytes::Codec::kSnappy;
    if (name == "lz4") return bytes::Codec::kLz4;
    if (name == "zstd") return bytes::Codec::kZstd;
    return std::nullopt;
}

std::optional<int> codec_level(const Reader& reader, std::optional<bytes::Codec> codec) {
    if (codec == bytes::Codec::kLz4) return static_cast<int>(reader.integer("compression.lz4.level"));
    if (codec == bytes::Codec::kZstd) return static_cast<int>(reader.integer("compression.zstd.level"));
    if (codec != bytes::Codec::kGzip) return std::nullopt;
    const auto level = static_cast<int>(reader.integer("compression.gzip.level"));
    return level == -1 ? std::nullopt : std::optional(level);
}

wire::ValidationOptions validation_of(const Reader& reader) {
    wire::ValidationOptions options;
    if (reader.text("message.timestamp.type") == "LogAppendTime")
        options.timestamp_type = wire::TimestampType::kLogAppendTime;
    options.timestamp_before_max_ms = reader.integer("message.timestamp.before.max.ms");
    options.timestamp_after_max_ms = reader.integer("message.timestamp.after.max.ms");
    const auto policies = settings::to_list(reader.text("cleanup.policy"));
    options.is_compacted = std::ranges::find(policies, "compact") != policies.end();
    options.batch_bytes_max = static_cast<std::size_t>(reader.integer("max.message.bytes"));
    options.codec = codec_named(reader.text("compression.type"));
    options.codec_level = codec_level(reader, options.codec);
    options.record_bytes_max = static_cast<std::size_t>(reader.integer("max.decompressed.message.bytes"));
    return options;
}

log::LogConfig log_of(const Reader& reader, const settings::Values& broker) {
    log::LogConfig config;
    config.segment_bytes = reader.integer("segment.bytes");
    config.segment_ms = reader.millis("segment.ms");
    config.segment_jitter_ms = reader.millis("segment.jitter.ms");
    config.segment_index_bytes = static_cast<std::int32_t>(reader.integer("segment.index.bytes"));
    config.index_interval_bytes = static_cast<std::int32_t>(reader.integer("index.interval.bytes"));
    config.file_delete_delay = reader.millis("file.delete.delay.ms");
    const auto policies = settings::to_list(reader.text("cleanup.policy"));
    config.deletes = std::ranges::find(policies, "delete") != policies.end();
    config.compacts = std::ranges::find(policies, "compact") != policies.end();
    config.retention_ms = reader.integer("retention.ms");
    config.retention_bytes = reader.integer("retention.bytes");
    config.delete_retention_ms = reader.integer("delete.retention.ms");
    config.min_compaction_lag_ms = reader.integer("min.compaction.lag.ms");
    config.max_compaction_lag_ms = reader.integer("max.compaction.lag.ms");
    config.min_cleanable_dirty_ratio = settings::to_double(reader.text("min.cleanable.dirty.ratio"));
    // A record that is due must not wait in the active segment.
    if (config.compacts) config.segment_ms = std::min(config.segment_ms, to_millis(config.max_compaction_lag_ms));
    config.preallocate = settings::to_bool(reader.text("preallocate"));
    config.flush_messages = reader.integer("flush.messages");
    config.flush_ms = reader.millis("flush.ms");
    config.producer_expiration_ms = to_millis(broker.integer("producer.id.expiration.ms"));
    config.producers_max = static_cast<std::size_t>(broker.integer("moldau.producers.max"));
    config.wal_batch_bytes_max = static_cast<std::size_t>(broker.integer("moldau.wal.bypass.bytes"));
    config.hot_tail_bytes = static_cast<std::size_t>(broker.integer("moldau.hot.tail.bytes"));
    return config;
}

// Smaller is more specific.
int specificity(settings::Source source) { return static_cast<int>(source); }

}  // namespace

metadata::ConfigMap usable_overrides(const metadata::ConfigMap& stored) {
    metadata::ConfigMap usable;
    for (const auto& [name, value] : stored) {
        if (auto canonical = settings::check_topic_value(name, value)) usable.emplace(name, *std::move(canonical));
    }
    return usable;
}

settings::Effective effective_durability(const metadata::ConfigMap& overrides, const settings::Values& broker) {
    const Reader reader{usable_overrides(overrides), broker};
    auto durability = reader.effective("moldau.durability");
    const auto messages = reader.effective("flush.messages");
    const auto millis = reader.effective("flush.ms");
    const auto explicit_level = std::min(specificity(messages.source), specificity(millis.source));
    const bool overridden =
        explicit_level != specificity(settings::Source::kDefault) && explicit_level <= specificity(durability.source);
    if (!overridden) return durability;
    const bool every_message = messages.value == "1" && specificity(messages.source) == explicit_level;
    const auto& origin = specificity(messages.source) == explicit_level ? messages : millis;
    durability.value = every_message ? "synced" : "replicated";
    durability.source = origin.source;
    durability.synonyms.insert(durability.synonyms.begin(), origin.synonyms.front());
    return durability;
}

metadata::ConfigMap internal_topic_configs(std::string_view topic, const settings::Values& broker) {
    if (topic != metadata::kConsumerOffsetsTopic) return {};
    return {{"cleanup.policy", "compact"},
            {"compression.type", "producer"},
            {"segment.bytes", broker.text("offsets.topic.segment.bytes").value_or("104857600")}};
}

TopicSettings resolve_topic_settings(std::string_view topic, const metadata::ConfigMap& overrides,
                                     const settings::Values& broker) {
    const Reader reader{usable_overrides(overrides), broker};
    TopicSettings resolved;
    resolved.log = log_of(reader, broker);
    resolved.validation = validation_of(reader);
    resolved.min_insync_replicas = static_cast<std::int32_t>(reader.integer("min.insync.replicas"));
    resolved.file_delete_delay = reader.millis("file.delete.delay.ms");
    const bool synced = metadata::is_internal_topic(topic) || effective_durability(overrides, broker).value == "synced";
    resolved.log.durability = synced ? log::Durability::kSynced : log::Durability::kReplicated;
    return resolved;
}

}  // namespace moldau::handlers
