// Records of internal topics: every key and value must print, as what it is or as bytes. The first byte chooses the kind.

#include "cli/offline/record_decoding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace moldau;
    if (size < 2) return 0;
    const auto all = bytes::View::copy_of(bytes::Span{data, size});
    const std::size_t key_bytes = std::min<std::size_t>(data[1], size - 2);
    wire::Record record;
    record.key = all.span().subspan(2, key_bytes);
    record.value = all.span().subspan(2 + key_bytes);
    const auto kind = data[0] % 6;
    cli::Row row{kind % 2 == 0 ? cli::Output::kJson : cli::Output::kText};
    if (kind == 5) {
        cli::put_control(row, all, record);
    } else {
        cli::put_decoded(row, static_cast<cli::RecordKind>(kind), all, record);
    }
    (void)row.take();
    return 0;
}
