// Building and reading the metadata log's batches.

#include "metadata/batches.h"

#include <string>

#include "base/check.h"
#include "bytes/endian.h"
#include "wire/batch_builder.h"
#include "wire/control_records.h"
#include "wire/decoder.h"
#include "wire/encoder.h"

namespace moldau::metadata {
namespace {

wire::BatchOptions options_of(const BatchStamp& stamp) {
    wire::BatchOptions options;
    options.base_offset = stamp.base;
    options.leader_epoch = stamp.epoch;
    return options;
}

template <class Message>
bytes::View control_batch(wire::ControlType type, Message message, const BatchStamp& stamp) {
    message.version_ = Message::kVersionMax;
    wire::Encoder value;
    message.encode(value, Message::kVersionMax);
    wire::Encoder key;
    key.write_int16(0);
    key.write_int16(static_cast<std::int16_t>(type));
    const auto key_bytes = key.finish().value().flatten();
    const auto value_bytes = value.finish().value().flatten();
    auto options = options_of(stamp);
    options.is_control = true;
    wire::BatchBuilder builder{options};
    builder.append({.timestamp = to_timestamp(stamp.time), .key = key_bytes.span(), .value = value_bytes.span()});
    return builder.build_plain().value();
}

std::vector<wire::LeaderChangeMessage::Voter> voters_of(const std::vector<raft::VoterId>& ids) {
    std::vector<wire::LeaderChangeMessage::Voter> voters;
    for (const auto& id : ids) {
        auto& voter = voters.emplace_back();
        voter.voter_id = id.node.value;
        voter.voter_directory_id = id.directory;
    }
    return voters;
}

Result<wire::LeaderChangeMessage> decode_leader_change(bytes::Span value) {
    if (value.size() < 2) return fail(Errc::kCorrupt, "leader change: too short");
    const auto version = bytes::load_be<std::int16_t>(value.data());
    wire::Decoder in{bytes::View::copy_of(value)};
    auto message = wire::LeaderChangeMessage::decode(in, version);
    if (!message) {
        const auto code = message.error().code == Errc::kUnsupportedVersion ? Errc::kNewerFormat : Errc::kCorrupt;
        return fail(code, message.error().context);
    }
    return message;
}

Result<void> read_control(const wire::Record& record, ReadBatch& batch) {
    MOLDAU_TRY_ASSIGN(type, wire::control_type(record));
    switch (type) {
        case wire::ControlType::kLeaderChange: {
            MOLDAU_TRY_ASSIGN(change, decode_leader_change(record.value.value_or(bytes::Span{})));
            batch.kind = ReadBatch::Kind::kLeaderChange;
            batch.leader = BrokerId{change.leader_id};
            break;
        }
        case wire::ControlType::kSnapshotHeader:
            batch.kind = ReadBatch::Kind::kSnapshotHeader;
            break;
        case wire::ControlType::kSnapshotFooter:
            batch.kind = ReadBatch::Kind::kSnapshotFooter;
            break;
        default:
            batch.kind = ReadBatch::Kind::kOtherControl;
            break;
    }
    return {};
}

// `records` are those of a batch that is not compressed: Moldau's own never are.
Result<void> read_records(const bytes::View& records, const wire::BatchHeader& header, ReadBatch& batch) {
    wire::RecordReader reader{records.span(), header.record_count};
    while (true) {
        MOLDAU_TRY_ASSIGN(record, reader.next());
        if (!record) return {};
        if (header.attributes.is_control()) {
            MOLDAU_TRY(read_control(*record, batch));
            continue;
        }
        if (!record->value) return fail(Errc::kCorrupt, "a metadata record without a value");
        const auto start = static_cast<std::size_t>(record->value->data() - records.data());
        MOLDAU_TRY_ASSIGN(value, decode_record(records.slice(start, record->value->size())));
        batch.records.push_back(std::move(value));
    }
}

}  // namespace

Result<bytes::View> data_batch(std::span<const AnyRecord> records, const BatchStamp& stamp) {
    wire::BatchBuilder builder{options_of(stamp)};
    for (const auto& record : records) {
        MOLDAU_TRY_ASSIGN(value, encode_record(record));
        builder.append({.timestamp = to_timestamp(stamp.time), .value = value.span()});
    }
    return builder.build_plain();
}

bytes::View leader_change_batch(const LeaderChange& change, const BatchStamp& stamp) {
    wire::LeaderChangeMessage message;
    message.leader_id = change.leader.node.value;
    message.voters = voters_of(change.voters);
    message.granting_voters = voters_of(change.granting);
    return control_batch(wire::ControlType::kLeaderChange, std::move(message), stamp);
}

bytes::View snapshot_header_batch(WallTime last_log_time, const BatchStamp& stamp) {
    wire::SnapshotHeaderRecord header;
    header.last_contained_log_timestamp = to_timestamp(last_log_time);
    return control_batch(wire::ControlType::kSnapshotHeader, std::move(header), stamp);
}

bytes::View snapshot_footer_batch(const BatchStamp& stamp) {
    return control_batch(wire::ControlType::kSnapshotFooter, wire::SnapshotFooterRecord{}, stamp);
}

wire::ValidatedBatch as_validated(const bytes::View& batch) {
    auto header = wire::BatchHeader::parse(batch.span());
    CHECK(header.has_value() && header->size_bytes() == batch.size());
    wire::ValidatedBatch validated{.header = *header, .header_bytes = {}, .records = batch.slice(wire::kBatchHeaderBytes)};
    header->write(validated.header_bytes.data());
    return validated;
}

Result<std::optional<ReadBatch>> BatchReader::next() {
    auto batch = at_.next();
    if (!batch) {
        const std::string place = "metadata batch at byte " + std::to_string(at_.position()) + ": ";
        return fail(Errc::kCorrupt, place + batch.error().context);
    }
    if (!*batch) return std::nullopt;
    const wire::BatchHeader& header = (*batch)->header;
    const std::string place = "metadata batch at offset " + std::to_string(header.base_offset.value) + ": ";
    if (!(*batch)->has_valid_crc()) return fail(Errc::kCorrupt, place + "its checksum is wrong");
    if (header.attributes.codec() != bytes::Codec::kNone) return fail(Errc::kCorrupt, place + "it is compressed");
    ReadBatch read{.base = header.base_offset,
                   .end = header.next_offset(),
                   .epoch = header.leader_epoch,
                   .time = from_timestamp(header.max_timestamp),
                   .records = {}};
    const auto start = static_cast<std::size_t>((*batch)->records().data() - batches_.data());
    auto records = read_records(batches_.slice(start, header.records_bytes()), header, read);
    if (!records) {
        const auto code = records.error().code == Errc::kNewerFormat ? Errc::kNewerFormat : Errc::kCorrupt;
        return fail(code, place + records.error().context);
    }
    if (!header.attributes.is_control() && read.end - read.base != static_cast<std::int64_t>(read.records.size())) {
        return fail(Errc::kCorrupt, place + "it does not have the records that it says");
    }
    return read;
}

}  // namespace moldau::metadata
