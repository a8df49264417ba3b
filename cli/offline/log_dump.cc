// `moldau log dump`: what is in the files of a log, whole or not.

#include "bytes/codec.h"
#include "bytes/endian.h"
#include "cli/frame/print.h"
#include "cli/offline/commands.h"
#include "cli/offline/record_decoding.h"
#include "cli/offline/row.h"
#include "cli/offline/segment_file.h"
#include "log/leader_epochs.h"
#include "log/offset_index.h"
#include "log/segment.h"
#include "log/time_index.h"
#include "log/txn_index.h"
#include "metadata/snapshot.h"
#include "producers/producer_snapshot.h"
#include "store/checkpoint_file.h"

namespace moldau::cli {
namespace {

constexpr std::size_t kInflatedBytesMax = 256 << 20;
constexpr const char* kIndexRemedy = "; the broker builds it anew at start when it is removed";

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bytes::Span span_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// Prints one file; the error says what is wrong with it, after all that is whole.
class FileDump {
public:
    FileDump(const Global& global, const LogDump& options, const std::string& path)
        : output_(global.output), options_(options), path_(path), name_(name_of(path)) {}

    Result<void> run() {
        if (output_ == Output::kText && options_.files.size() > 1) print(path_ + ":\n");
        using namespace log;
        const bool is_snapshot = metadata::SnapshotId::parse(name_).has_value();
        if (is_snapshot || offset_in_name(name_, kLogSuffix)) return dump_batches();
        if (const auto base = offset_in_name(name_, kOffsetIndexSuffix)) return dump_offset_index(*base);
        if (const auto base = offset_in_name(name_, kTimeIndexSuffix)) return dump_time_index(*base);
        if (const auto base = offset_in_name(name_, ".txnindex")) return dump_transactions(*base);
        if (offset_in_name(name_, kSnapshotSuffix)) return dump_producers();
        if (name_ == "leader-epoch-checkpoint") return dump_epochs();
        if (name_.find("-offset-checkpoint") != name_.npos) return dump_checkpoint();
        const bool is_text = name_ == "partition.metadata" || name_ == "meta.properties" || name_ == "quorum-state" ||
                             name_ == "moldau-cut" || name_ == ".kafka_cleanshutdown";
        if (is_text) return dump_text();
        return fail(Errc::kUsage, path_ +
                                      ": no file of a log that is known: name a .log, .index, .timeindex, .txnindex, "
                                      ".snapshot or .checkpoint file, a checkpoint, partition.metadata or meta.properties");
    }

private:
    Row row(std::size_t depth = 0) const {
        Row made{output_, depth};
        if (output_ == Output::kJson) made.put("file", path_);
        return made;
    }
    std::unexpected<Error> damaged(std::uint64_t position, const std::string& what) const {
        return fail(Errc::kUsage, path_ + " at " + std::to_string(position) + ": " + what);
    }

    Result<void> dump_batches() {
        MOLDAU_TRY_ASSIGN(file, SegmentFile::open(path_));
        Result<void> worst;
        while (true) {
            auto batch = file.next();
            if (!batch) return fail(Errc::kUsage, batch.error().context + "; what stands above is whole");
            if (!*batch) return worst;
            MOLDAU_TRY_ASSIGN(bytes, file.read(**batch));
            auto dumped = dump_batch(**batch, bytes);
            if (!dumped && worst) worst = fail(dumped.error());
        }
    }

    Result<void> dump_batch(const FileBatch& batch, const bytes::View& bytes) {
        const auto& header = batch.header;
        const bool is_valid = wire::BatchSpan{header, bytes.span()}.has_valid_crc();
        put_header(batch, is_valid);
        if (!is_valid) {
            return damaged(batch.position, "the batch fails its checksum; restore the file from a copy or a replica");
        }
        if (options_.records == PrintRecords::kNo && !options_.decode && !header.attributes.is_control()) return {};
        auto records = wire::inflate_records(bytes, header, codecs_.decompressor, kInflatedBytesMax);
        if (!records) return damaged(batch.position, "the records do not inflate: " + records.error().to_string());
        wire::RecordReader reader{records->span(), header.record_count};
        while (true) {
            auto record = reader.next();
            if (!record) return damaged(batch.position, record.error().to_string());
            if (!*record) return {};
            put_record(header, *records, **record);
        }
    }

    void put_header(const FileBatch& batch, bool is_valid) {
        const auto& header = batch.header;
        const auto codec = header.attributes.codec();
        auto line = row();
        line.put("position", batch.position);
        line.put("baseOffset", header.base_offset.value);
        line.put("lastOffset", header.last_offset().value);
        line.put("records", header.record_count);
        line.put("bytes", header.size_bytes());
        line.put("leaderEpoch", header.leader_epoch.value);
        line.put("codec", codec ? bytes::codec_name(*codec) : "unknown");
        const bool is_append_time = header.attributes.timestamp_type() == wire::TimestampType::kLogAppendTime;
        line.put("timestampType", is_append_time ? "LogAppendTime" : "CreateTime");
        line.put(header.attributes.has_delete_horizon() ? "deleteHorizon" : "baseTimestamp", header.base_timestamp);
        line.put("maxTimestamp", header.max_timestamp);
        line.put("producerId", header.producer_id.value);
        line.put("producerEpoch", header.producer_epoch.value);
        line.put("baseSequence", header.base_sequence);
        line.put("lastSequence", header.last_sequence());
        line.put("transactional", header.attributes.is_transactional());
        line.put("control", header.attributes.is_control());
        line.put("crc", header.crc);
        line.put("valid", is_valid);
        line.print();
    }

    void put_record(const wire::BatchHeader& header, const bytes::View& owner, const wire::Record& record) {
        auto line = row(1);
        line.put("offset", (header.base_offset + record.offset_delta).value);
        line.put("timestamp", wire::record_timestamp(header, record));
        if (header.attributes.is_control()) {
            put_control(line, owner, record);
            return line.print();
        }
        put_decoded(line, options_.decode.value_or(record_kind_of(path_)), owner, record);
        auto headers = record.headers;
        if (headers.count_left() > 0) {
            std::string all;
            while (const auto entry = headers.next()) {
                Row one{Output::kJson};
                one.put("name", entry->key);
                one.put_bytes("value", entry->value);
                all += (all.empty() ? "" : ",") + one.take();
            }
            line.put_json("headers", '[' + all + ']');
        }
        line.print();
    }

    // Whole entries only; the rest of a torn file is an error afterwards.
    template <class Put>
    Result<void> dump_entries(std::size_t entry_bytes, Put put) {
        MOLDAU_TRY_ASSIGN(text, read_small_file(path_));
        const auto last = text.find_last_not_of('\0');
        const auto used = last == text.npos ? 0 : (last / entry_bytes + 1) * entry_bytes;
        std::size_t at = 0;
        for (; at + entry_bytes <= text.size(); at += entry_bytes) {
            if (at >= used && at > 0) return dump_reserved(text.size() - at);
            auto line = row();
            if (auto done = put(line, span_of(text).subspan(at, entry_bytes)); !done) {
                return damaged(at, done.error().context + kIndexRemedy);
            }
            line.print();
        }
        if (at == text.size()) return {};
        return damaged(at, std::to_string(text.size() - at) + " bytes are no whole entry" + kIndexRemedy);
    }

    // Kafka reserves room in the index that it writes.
    Result<void> dump_reserved(std::size_t bytes) const {
        auto line = row();
        line.put("reservedBytes", bytes);
        line.print();
        return {};
    }

    Result<void> dump_offset_index(Offset base) {
        std::int64_t before = -1;
        return dump_entries(log::OffsetIndex::kEntryBytes, [&](Row& line, bytes::Span entry) -> Result<void> {
            const auto relative = bytes::load_be<std::int32_t>(entry.data());
            const auto position = bytes::load_be<std::int32_t>(entry.data() + 4);
            if (relative < 0 || position < 0 || (relative <= before && before >= 0)) {
                return fail(Errc::kUsage, "entries do not ascend");
            }
            before = relative;
            line.put("offset", (base + relative).value);
            line.put("position", position);
            return {};
        });
    }

    Result<void> dump_time_index(Offset base) {
        std::int64_t before = -2;
        return dump_entries(log::TimeIndex::kEntryBytes, [&](Row& line, bytes::Span entry) -> Result<void> {
            const auto timestamp = bytes::load_be<std::int64_t>(entry.data());
            const auto relative = bytes::load_be<std::int32_t>(entry.data() + 8);
            if (relative < 0 || timestamp < before) return fail(Errc::kUsage, "entries do not ascend");
            before = timestamp;
            line.put("timestamp", timestamp);
            line.put("offset", (base + relative).value);
            return {};
        });
    }

    Result<void> dump_transactions(Offset base) {
        return dump_entries(log::kAbortedBytes, [&](Row& line, bytes::Span entry) -> Result<void> {
            MOLDAU_TRY_ASSIGN(aborted, log::decode_aborted(entry, base));
            line.put("producerId", aborted.producer.value);
            line.put("firstOffset", aborted.first.value);
            line.put("lastOffset", aborted.last.value);
            line.put("lastStableOffset", aborted.last_stable.value);
            return {};
        });
    }

    Result<void> dump_producers() {
        MOLDAU_TRY_ASSIGN(text, read_small_file(path_));
        const auto entries = producers::decode_producer_snapshot(span_of(text));
        if (!entries) return damaged(0, entries.error().context + kIndexRemedy);
        for (const auto& entry : *entries) {
            auto line = row();
            line.put("producerId", entry.id.value);
            line.put("producerEpoch", entry.epoch.value);
            line.put("coordinatorEpoch", entry.coordinator_epoch);
            line.put("timestamp", entry.timestamp);
            line.put("lastSequence", entry.last_sequence);
            line.put("lastOffset", entry.last_offset.value);
            line.put("offsetDelta", entry.offset_delta);
            line.put("transactionFirstOffset", entry.transaction_first_offset.value);
            line.print();
        }
        return {};
    }

    Result<void> dump_epochs() {
        MOLDAU_TRY_ASSIGN(text, read_small_file(path_));
        const auto epochs = log::LeaderEpochs::parse(text);
        if (!epochs) return fail(Errc::kUsage, path_ + ": " + epochs.error().context + kIndexRemedy);
        for (const auto& entry : epochs->entries()) {
            auto line = row();
            line.put("leaderEpoch", entry.epoch.value);
            line.put("startOffset", entry.start.value);
            line.print();
        }
        return {};
    }

    Result<void> dump_checkpoint() {
        MOLDAU_TRY_ASSIGN(text, read_small_file(path_));
        const auto offsets = store::parse_checkpoint(text);
        if (!offsets) {
            return fail(Errc::kUsage, path_ +
                                          ": no checkpoint of version 0; the broker sets it aside at start and goes on "
                                          "without, which takes time only");
        }
        for (const auto& [partition, offset] : *offsets) {
            auto line = row();
            line.put("topic", partition.topic);
            line.put("partition", partition.partition.value);
            line.put("offset", offset.value);
            line.print();
        }
        return {};
    }

    Result<void> dump_text() {
        MOLDAU_TRY_ASSIGN(text, read_small_file(path_, 1 << 20));
        for (std::string_view left = text; !left.empty();) {
            const auto end = left.find('\n');
            auto line = row();
            line.put("line", left.substr(0, end));
            line.print();
            left.remove_prefix(end == left.npos ? left.size() : end + 1);
        }
        return {};
    }

    const Output output_;
    const LogDump& options_;
    const std::string& path_;
    const std::string_view name_;
    bytes::Codecs codecs_;
};

}  // namespace

Result<void> run(const Global& global, const LogDump& options) {
    std::string faults;
    for (const auto& path : options.files) {
        const auto dumped = FileDump{global, options, path}.run();
        if (!dumped) faults += (faults.empty() ? "" : "\n") + dumped.error().context;
    }
    if (faults.empty()) return {};
    return fail(Errc::kUsage, faults);
}

}  // namespace moldau::cli
