// Any bytes as a segment file after a power loss: recovery ends, keeps a readable prefix verbatim, loses nothing that is
// valid without keeping it aside, and has nothing more to do the second time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "log/log_testing.h"
#include "log/segment_recovery.h"

namespace {

using namespace moldau;
using namespace moldau::log::testing;

const std::string kSegment = std::string{kLogDir} + "/00000000000000000000.log";

// The input with every batch's checksum made right, for half of the runs: nothing else would get far.
std::string repaired(std::string_view input) {
    std::vector<std::uint8_t> bytes{input.begin(), input.end()};
    std::size_t at = 0;
    while (at < bytes.size()) {
        const auto header = wire::BatchHeader::parse(bytes::Span{bytes}.subspan(at));
        if (!header || header->size_bytes() > bytes.size() - at) break;
        const bytes::Span batch = bytes::Span{bytes}.subspan(at, header->size_bytes());
        const std::uint32_t crc =
            wire::batch_crc(batch.first(wire::kBatchHeaderBytes), batch.subspan(wire::kBatchHeaderBytes));
        bytes::store_be(bytes.data() + at + wire::batch_field::kCrc, crc);
        at += header->size_bytes();
    }
    return {bytes.begin(), bytes.end()};
}

void recover(std::string_view input) {
    sim::Disk disk;
    disk.put(std::string{kLogDir} + "/partition.metadata", "version: 0\ntopic_id: " + topic_id().value.to_string() + "\n");
    disk.put(kSegment, input);
    Offset end;
    std::string kept;
    for (int round = 0; round < 2; ++round) {
        Process process{disk};
        process.open({.index_interval_bytes = 50}, log::Shutdown::kPowerLost);
        const auto batches = process.read_all(Offset{0});
        std::string text;
        for (const auto& batch : batches) text += batch.text();
        CHECK(input.starts_with(text));
        CHECK(round == 0 || (text == kept && process.log->end_offset() == end));
        CHECK(round == 0 || !process.log->recovery().damage);
        const auto rest = input.substr(text.size());
        const bytes::Span bytes{reinterpret_cast<const std::uint8_t*>(rest.data()), rest.size()};
        const bool has_more = log::find_valid_batch(bytes, process.log->end_offset()).has_value();
        CHECK(!has_more || disk.content(kSegment + ".damaged-1") == rest);
        kept = text;
        end = process.log->end_offset();
        CHECK(process.close().has_value());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 64 << 10) return 0;
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    recover(input);
    recover(repaired(input));
    return 0;
}
