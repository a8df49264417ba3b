// From a type number to a message, and to JSON.

#include "cli/offline/record_decoding.h"

#include <span>

#include "cli/offline/segment_file.h"
#include "kafka_metadata/registry.h"
#include "metadata/registry.h"
#include "wire/batch_builder.h"
#include "wire/decoder.h"
#include "wire/registry.h"

namespace moldau::cli {
namespace {

using Types = std::span<const wire::MessageType* const>;

bytes::View view_of(const bytes::View& owner, const std::optional<bytes::Span>& span) {
    return span ? bytes::View{owner.owner(), *span} : bytes::View{};
}

// The record type with this number whose name ends so. Transactions and offsets both count from 0.
const wire::MessageType* find_record(RecordKind kind, std::int16_t number, std::string_view ending) {
    for (const auto* type : wire::message_types()) {
        const bool is_transaction = type->info.name.starts_with("TransactionLog");
        if (type->number == number && type->info.name.ends_with(ending) &&
            is_transaction == (kind == RecordKind::kTransactions)) {
            return type;
        }
    }
    return nullptr;
}

// {"type":"GroupMetadataKey","version":0,"data":{...}}, or the reason why not.
std::string message_json(const wire::MessageType* type, std::int32_t version, const bytes::View& body) {
    wire::JsonWriter json;
    json.begin_object();
    if (type != nullptr) json.member("type", type->info.name);
    json.member("version", version);
    const bool is_known = type != nullptr && version >= type->info.version_min && version <= type->info.version_max;
    wire::Decoder in{body};
    std::string data;
    if (!is_known) {
        json.member("unknown", body);
    } else if (auto message = wire::AnyMessage::decode(*type, in, static_cast<std::int16_t>(version)); message) {
        data = message->to_json(static_cast<std::int16_t>(version));
    } else {
        json.member("error", message.error().context);
    }
    json.end_object();
    auto text = json.take();
    if (!data.empty()) text.insert(text.size() - 1, ",\"data\":" + data);
    return text;
}

void put_coordinator_record(Row& row, RecordKind kind, const bytes::View& key, const bytes::View& value) {
    wire::Decoder keys{key};
    const auto type = keys.read_int16("type");
    if (!keys.ok()) return row.put_bytes("key", key.span());
    const auto* key_type = find_record(kind, type, "Key");
    row.put_json("key", key_type != nullptr ? message_json(key_type, 0, keys.rest())
                                            : "{\"unknownType\":" + std::to_string(type) + '}');
    if (value.data() == nullptr) return row.put_json("value", "null");
    wire::Decoder values{value};
    const auto version = values.read_int16("version");
    // Key type 0 has values of type 1, whose versions go on.
    const auto* value_type = find_record(kind, kind == RecordKind::kOffsets && type == 0 ? std::int16_t{1} : type, "Value");
    if (!values.ok() || value_type == nullptr) return row.put_bytes("value", value.span());
    row.put_json("value", message_json(value_type, version, values.rest()));
}

void put_metadata_record(Row& row, Types types, const bytes::View& value) {
    wire::Decoder in{value};
    const auto frame = in.read_varint("frameVersion");
    const auto number = in.read_varint("type");
    const auto version = in.read_varint("version");
    if (!in.ok() || frame != 1) return row.put_bytes("value", value.span());
    const wire::MessageType* found = nullptr;
    for (const auto* type : types) {
        if (type->number >= 0 && static_cast<std::uint32_t>(type->number) == number) found = type;
    }
    if (found == nullptr) row.put("recordType", number);
    row.put_json("value", message_json(found, static_cast<std::int32_t>(version), in.rest()));
}

const char* control_name(wire::ControlType type) {
    switch (type) {
        case wire::ControlType::kAbort:
            return "abort";
        case wire::ControlType::kCommit:
            return "commit";
        case wire::ControlType::kLeaderChange:
            return "leader change";
        case wire::ControlType::kSnapshotHeader:
            return "snapshot header";
        case wire::ControlType::kSnapshotFooter:
            return "snapshot footer";
    }
    return nullptr;
}

const char* control_message(wire::ControlType type) {
    switch (type) {
        case wire::ControlType::kLeaderChange:
            return "LeaderChangeMessage";
        case wire::ControlType::kSnapshotHeader:
            return "SnapshotHeaderRecord";
        case wire::ControlType::kSnapshotFooter:
            return "SnapshotFooterRecord";
        default:
            return nullptr;
    }
}

}  // namespace

RecordKind record_kind_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto folder = slash == path.npos ? std::string{} : path.substr(0, slash);
    const auto above = folder.rfind('/');
    const auto name = above == folder.npos ? folder : folder.substr(above + 1);
    if (name.starts_with("__consumer_offsets-")) return RecordKind::kOffsets;
    if (name.starts_with("__transaction_state-")) return RecordKind::kTransactions;
    if (!name.starts_with("__cluster_metadata-")) return RecordKind::kPlain;
    const auto data_dir = above == folder.npos ? std::string{"."} : folder.substr(0, above);
    return read_small_file(data_dir + "/.moldau-boot") ? RecordKind::kMetadata : RecordKind::kKafkaMetadata;
}

void put_decoded(Row& row, RecordKind kind, const bytes::View& owner, const wire::Record& record) {
    const auto value = view_of(owner, record.value);
    switch (kind) {
        case RecordKind::kOffsets:
        case RecordKind::kTransactions:
            if (record.key) return put_coordinator_record(row, kind, view_of(owner, record.key), value);
            break;
        case RecordKind::kMetadata:
            if (record.value) return put_metadata_record(row, metadata::message_types(), value);
            break;
        case RecordKind::kKafkaMetadata:
            if (record.value) return put_metadata_record(row, kafka_metadata::message_types(), value);
            break;
        case RecordKind::kPlain:
            break;
    }
    row.put_bytes("key", record.key);
    row.put_bytes("value", record.value);
}

void put_control(Row& row, const bytes::View& owner, const wire::Record& record) {
    const auto type = wire::control_type(record);
    if (!type) return row.put_bytes("key", record.key);
    if (control_name(*type) == nullptr) {
        row.put("controlType", static_cast<std::int16_t>(*type));
        return row.put_bytes("value", record.value);
    }
    row.put("control", control_name(*type));
    if (const auto marker = wire::parse_marker(record)) return row.put("coordinatorEpoch", marker->coordinator_epoch);
    const char* name = control_message(*type);
    if (name == nullptr || !record.value) return row.put_bytes("value", record.value);
    const auto value = view_of(owner, record.value);
    wire::Decoder in{value};
    // These begin with their version themselves, inside the message.
    const auto version = in.read_int16("version");
    row.put_json("value", message_json(wire::find_message_type(wire::message_types(), name), version, value));
}

}  // namespace moldau::cli
