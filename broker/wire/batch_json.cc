// JSON is written by hand here: everything is a number or base64, only header keys need escaping.

#include "wire/batch_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "bytes/codec.h"
#include "wire/record_batch.h"
#include "wire/record_reader.h"

namespace moldau::wire {

namespace {

constexpr std::size_t kInflatedBytesMax = std::size_t{256} << 20;

int hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

Result<bytes::View> from_hex(std::string_view hex) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const auto start = hex.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return fail(Errc::kMalformed, "no hexadecimal digits");
    hex = hex.substr(start, hex.find_last_not_of(kBlanks) - start + 1);
    if (hex.size() % 2 != 0) return fail(Errc::kMalformed, "an odd number of hexadecimal digits");
    bytes::Buffer buffer{hex.size() / 2};
    for (std::size_t index = 0; index < hex.size(); index += 2) {
        const int high = hex_digit(hex[index]);
        const int low = hex_digit(hex[index + 1]);
        if (high < 0 || low < 0) return fail(Errc::kMalformed, "not a hexadecimal digit at " + std::to_string(index));
        buffer.spare()[0] = static_cast<std::uint8_t>(high * 16 + low);
        buffer.commit(1);
    }
    return buffer.view();
}

// Bytes that are no UTF-8 become the replacement character.
std::string quoted(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string nullable_base64(const std::optional<bytes::Span>& field) {
    return field ? '"' + base64_encode(*field) + '"' : std::string{"null"};
}

std::string header_json(const BatchHeader& header, bytes::Codec codec) {
    const bool is_append_time = header.attributes.timestamp_type() == TimestampType::kLogAppendTime;
    return fmt::format(
        R"("baseOffset":{},"lastOffset":{},"partitionLeaderEpoch":{},"compression":"{}","timestampType":"{}",)"
        R"("maxTimestamp":{},"producerId":{},"producerEpoch":{},"baseSequence":{},"isTransactional":{},"isControl":{},)"
        R"("crc":{},"sizeInBytes":{})",
        header.base_offset.value, header.last_offset().value, header.leader_epoch.value, bytes::codec_name(codec),
        is_append_time ? "LogAppendTime" : "CreateTime", header.max_timestamp, header.producer_id.value,
        header.producer_epoch.value, header.base_sequence, header.attributes.is_transactional(),
        header.attributes.is_control(), header.crc, header.size_bytes());
}

void put_record(std::string& out, const BatchHeader& header, const Record& record) {
    fmt::format_to(std::back_inserter(out), R"({{"offset":{},"timestamp":{},"key":{},"value":{},"headers":[)",
                   (header.base_offset + record.offset_delta).value, record_timestamp(header, record),
                   nullable_base64(record.key), nullable_base64(record.value));
    auto headers = record.headers;
    std::string_view comma;
    while (const auto entry = headers.next()) {
        fmt::format_to(std::back_inserter(out), "{}[{},{}]", comma, quoted(entry->key), nullable_base64(entry->value));
        comma = ",";
    }
    out += "]}";
}

}  // namespace

Result<std::string> batch_to_json(const bytes::View& batch) {
    MOLDAU_TRY_ASSIGN(found, first_batch(batch.span()));
    if (found.bytes.size() != batch.size()) return fail(Errc::kMalformed, "bytes after the batch");
    if (!found.has_valid_crc()) return fail(Errc::kCorruptMessage, "the batch fails its checksum");
    bytes::Decompressor decompressor;
    MOLDAU_TRY_ASSIGN(records, inflate_records(batch, found.header, decompressor, kInflatedBytesMax));

    std::string out = '{' + header_json(found.header, *found.header.attributes.codec()) + R"(,"records":[)";
    RecordReader reader{records.span(), found.header.record_count};
    std::string_view comma;
    while (true) {
        MOLDAU_TRY_ASSIGN(record, reader.next());
        if (!record) break;
        out += comma;
        put_record(out, found.header, *record);
        comma = ",";
    }
    out += "]}";
    return out;
}

Result<std::string> batch_decode_line(std::string_view hex) {
    MOLDAU_TRY_ASSIGN(batch, from_hex(hex));
    return batch_to_json(batch);
}

}  // namespace moldau::wire
