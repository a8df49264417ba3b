// Records of Kafka's metadata, one after the other.

#include "cli/offline/kafka_metadata.h"

#include <algorithm>
#include <utility>

#include "bytes/codec.h"
#include "cli/offline/segment_file.h"
#include "kafka_metadata/kafka_metadata_records.h"
#include "log/segment.h"
#include "metadata/snapshot.h"
#include "wire/decoder.h"
#include "wire/record_reader.h"

namespace moldau::cli {
namespace {

using namespace kafka_metadata;
constexpr std::size_t kInflatedBytesMax = 64 << 20;
constexpr std::int8_t kTopicResource = 2;
constexpr std::int8_t kBrokerResource = 4;
constexpr std::uint32_t kFrameVersion = 1;
constexpr std::uint32_t kScramRecord = 11;

template <class Record>
Result<Record> decode(std::uint32_t version, const bytes::View& body) {
    if (version > static_cast<std::uint32_t>(Record::kVersionMax)) {
        return fail(Errc::kNewerFormat, std::string{Record::kName} + " in version " + std::to_string(version) +
                                            ": a Kafka newer than 4.4 wrote it");
    }
    wire::Decoder in{body};
    auto record = Record::decode(in, static_cast<std::int16_t>(version));
    if (!record) return fail(Errc::kCorrupt, record.error().context);
    return record;
}

template <class Record>
constexpr bool is(std::uint32_t type) {
    return type == static_cast<std::uint32_t>(Record::kRecordType);
}

void set(KafkaMetadata& state, ConfigRecord record) {
    if (record.resource_type != kTopicResource && record.resource_type != kBrokerResource) return;
    auto& all = record.resource_type == kTopicResource ? state.topic_configs : state.broker_configs;
    if (record.value) {
        all[record.resource_name][record.name] = *std::move(record.value);
        return;
    }
    const auto found = all.find(record.resource_name);
    if (found != all.end()) found->second.erase(record.name);
}

// All records of the data batches of one file from offset `from` on.
Result<Offset> apply_file(KafkaMetadataReader& reader, const std::string& path, Offset from) {
    MOLDAU_TRY_ASSIGN(file, SegmentFile::open(path));
    bytes::Decompressor decompressor;
    Offset end = from;
    while (true) {
        auto batch = file.next();
        if (!batch) return fail(Errc::kCorrupt, batch.error().context);
        if (!*batch) return end;
        const auto& header = (*batch)->header;
        const auto where = path + " at " + std::to_string((*batch)->position) + ": ";
        MOLDAU_TRY_ASSIGN(bytes, file.read(**batch));
        if (!wire::BatchSpan{header, bytes.span()}.has_valid_crc()) {
            return fail(Errc::kCorrupt,
                        where + "the batch fails its checksum; use the folder of another node of the cluster");
        }
        end = std::max(end, header.next_offset());
        if (header.next_offset() <= from || header.attributes.is_control()) continue;
        auto records = wire::inflate_records(bytes, header, decompressor, kInflatedBytesMax);
        if (!records) return fail(Errc::kCorrupt, where + records.error().to_string());
        wire::RecordReader each{records->span(), header.record_count};
        while (true) {
            auto record = each.next();
            if (!record) return fail(Errc::kCorrupt, where + record.error().to_string());
            if (!*record) break;
            if (!(*record)->value || header.base_offset + (*record)->offset_delta < from) continue;
            const bytes::View value{records->owner(), *(*record)->value};
            if (auto applied = reader.apply(value); !applied) {
                return fail(applied.error().code, where + applied.error().context);
            }
        }
    }
}

}  // namespace

Result<void> KafkaMetadataReader::apply(const bytes::View& value) {
    wire::Decoder in{value};
    const auto frame = in.read_varint("frameVersion");
    const auto type = in.read_varint("type");
    const auto version = in.read_varint("version");
    if (!in.ok()) return fail(Errc::kCorrupt, in.error().context);
    if (frame != kFrameVersion) {
        return fail(Errc::kCorrupt, "a metadata record with frame version " + std::to_string(frame));
    }
    return apply_record(type, version, in.rest());
}

Result<void> KafkaMetadataReader::apply_record(std::uint32_t type, std::uint32_t version, const bytes::View& body) {
    if (is<TopicRecord>(type)) {
        MOLDAU_TRY_ASSIGN(record, decode<TopicRecord>(version, body));
        state_.topics[TopicId{record.topic_id}].name = std::move(record.name);
    } else if (is<PartitionRecord>(type)) {
        MOLDAU_TRY_ASSIGN(record, decode<PartitionRecord>(version, body));
        state_.topics[TopicId{record.topic_id}].epochs_max[record.partition_id] = record.leader_epoch;
    } else if (is<PartitionChangeRecord>(type)) {
        MOLDAU_TRY_ASSIGN(record, decode<PartitionChangeRecord>(version, body));
        ++state_.topics[TopicId{record.topic_id}].epochs_max[record.partition_id];
    } else if (is<RemoveTopicRecord>(type)) {
        MOLDAU_TRY_ASSIGN(record, decode<RemoveTopicRecord>(version, body));
        const auto found = state_.topics.find(TopicId{record.topic_id});
        if (found == state_.topics.end()) return {};
        state_.topic_configs.erase(found->second.name);
        state_.topics.erase(found);
    } else if (is<ConfigRecord>(type)) {
        MOLDAU_TRY_ASSIGN(record, decode<ConfigRecord>(version, body));
        set(state_, std::move(record));
    } else if (is<ProducerIdsRecord>(type)) {
        MOLDAU_TRY_ASSIGN(record, decode<ProducerIdsRecord>(version, body));
        state_.next_producer_id = std::max(state_.next_producer_id, record.next_producer_id);
    } else if (is<BeginTransactionRecord>(type)) {
        before_transaction_ = state_;
    } else if (is<EndTransactionRecord>(type)) {
        before_transaction_.reset();
    } else if (is<AbortTransactionRecord>(type)) {
        if (before_transaction_) state_ = *std::exchange(before_transaction_, std::nullopt);
    }
    if (is<AccessControlEntryRecord>(type)) ++state_.access_rules;
    if (is<RemoveAccessControlEntryRecord>(type) && state_.access_rules > 0) --state_.access_rules;
    if (type == kScramRecord) ++state_.credentials;
    if (is<ClientQuotaRecord>(type)) ++state_.quotas;
    return {};
}

Result<KafkaMetadata> read_kafka_metadata(const std::string& folder) {
    MOLDAU_TRY_ASSIGN(entries, io::posix::list(folder));
    std::optional<metadata::SnapshotId> newest;
    std::vector<Offset> bases;
    for (const auto& entry : entries) {
        if (const auto id = metadata::SnapshotId::parse(entry.name)) newest = std::max(newest.value_or(*id), *id);
        if (const auto base = log::offset_in_name(entry.name, log::kLogSuffix)) bases.push_back(*base);
    }
    std::ranges::sort(bases);
    KafkaMetadataReader reader;
    Offset end{0};
    if (newest) {
        MOLDAU_TRY(apply_file(reader, folder + '/' + newest->file_name(), Offset{0}));
        end = newest->end;
    }
    if (bases.empty() && !newest) return fail(Errc::kCorrupt, folder + ": has neither snapshot nor log");
    if (!bases.empty() && bases.front() > end) {
        return fail(Errc::kCorrupt, folder + ": no snapshot reaches the log, which begins at offset " +
                                        std::to_string(bases.front().value) + "; use the folder of another node");
    }
    for (const auto base : bases) {
        MOLDAU_TRY_ASSIGN(reached, apply_file(reader, log::segment_path(folder, base, log::kLogSuffix), end));
        end = reached;
    }
    return reader.state();
}

}  // namespace moldau::cli
