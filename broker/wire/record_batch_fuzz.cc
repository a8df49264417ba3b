// Walks over any bytes as batches and reads all their records, header checksums aside; what reads is built anew and
// must read the same again.

#include <optional>
#include <vector>

#include "wire/batch_builder.h"
#include "wire/batch_json.h"
#include "wire/record_batch.h"
#include "wire/record_reader.h"

namespace {

using namespace moldau;
using namespace moldau::wire;

constexpr std::size_t kInflatedBytesMax = std::size_t{1} << 20;

// False when the records do not follow their grammar; else appends them, in order, to `builder`.
bool copy_records(const BatchHeader& header, bytes::Span records, BatchBuilder& builder) {
    RecordReader reader{records, header.record_count};
    std::int32_t last_delta = -1;
    while (true) {
        const auto next = reader.next();
        if (!next) return false;
        if (!*next) return true;
        const auto& record = **next;
        if (record.offset_delta <= last_delta) return false;
        last_delta = record.offset_delta;
        std::vector<RecordHeader> headers;
        for (auto left = record.headers; left.count_left() > 0;) headers.push_back(*left.next());
        builder.append({.timestamp = record_timestamp(header, record),
                        .key = record.key,
                        .value = record.value,
                        .headers = headers,
                        .offset_delta = record.offset_delta});
    }
}

void check_batch(const BatchSpan& batch, bytes::Codecs& codecs) {
    const auto view = bytes::View::copy_of(batch.bytes);
    const auto records = inflate_records(view, batch.header, codecs.decompressor, kInflatedBytesMax);
    if (!records) return;
    BatchBuilder once{{}};
    if (!copy_records(batch.header, records->span(), once)) return;
    const auto first = once.build_plain().value();
    const auto found = first_batch(first.span()).value();
    CHECK(found.has_valid_crc());
    CHECK(found.header.record_count == batch.header.record_count);
    BatchBuilder twice{{}};
    CHECK(copy_records(found.header, found.records(), twice));
    CHECK(twice.build_plain().value() == first);
    CHECK(batch_to_json(first).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr int kBatchesMax = 16;
    bytes::Codecs codecs;
    BatchIterator batches{{data, size}};
    for (int count = 0; count < kBatchesMax; ++count) {
        const auto next = batches.next();
        if (!next || !*next) break;
        check_batch(**next, codecs);
    }
    (void)batch_to_json(bytes::View::copy_of(bytes::Span{data, size}));
    (void)batch_decode_line({reinterpret_cast<const char*>(data), size});
    return 0;
}
