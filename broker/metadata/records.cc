// From a record's type number to its struct and back.

#include "metadata/records.h"

#include <optional>
#include <string>
#include <utility>

#include "wire/decoder.h"
#include "wire/encoder.h"

namespace moldau::metadata {
namespace {

Error newer(std::string_view what, std::uint32_t number) {
    return {Errc::kNewerFormat, "metadata record: " + std::string{what} + ' ' + std::to_string(number) +
                                    " is not known here: start the version of Moldau that wrote it, or a newer one"};
}

template <class R>
Result<AnyRecord> decode_body(wire::Decoder& in, std::uint32_t version) {
    if (version > static_cast<std::uint32_t>(R::kVersionMax)) {
        return fail(newer(std::string{R::kName} + " in version", version));
    }
    auto record = R::decode(in, static_cast<std::int16_t>(version));
    if (!record) return fail(Errc::kCorrupt, record.error().context);
    if (auto end = in.expect_end(); !end) return fail(Errc::kCorrupt, end.error().context);
    return AnyRecord{*std::move(record)};
}

template <std::size_t... Index>
Result<AnyRecord> decode_type(wire::Decoder& in, std::uint32_t type, std::uint32_t version, std::index_sequence<Index...>) {
    std::optional<Result<AnyRecord>> found;
    const auto attempt = [&]<class R>(const R*) {
        if (static_cast<std::uint32_t>(R::kRecordType) == type) found = decode_body<R>(in, version);
    };
    (attempt(static_cast<const std::variant_alternative_t<Index, AnyRecord>*>(nullptr)), ...);
    if (!found) return fail(newer("type", type));
    return *std::move(found);
}

}  // namespace

std::string_view record_name(const AnyRecord& record) {
    return std::visit([](const auto& one) { return std::decay_t<decltype(one)>::kName; }, record);
}

Result<bytes::View> encode_record(const AnyRecord& record) {
    wire::Encoder out;
    std::visit(
        [&]<class R>(const R& one) {
            out.write_varint(kFrameVersion);
            out.write_varint(static_cast<std::uint32_t>(R::kRecordType));
            out.write_varint(static_cast<std::uint32_t>(R::kVersionMax));
            one.encode(out, R::kVersionMax);
        },
        record);
    MOLDAU_TRY_ASSIGN(chunks, out.finish());
    return chunks.flatten();
}

Result<AnyRecord> decode_record(const bytes::View& value) {
    wire::Decoder in{value};
    const std::uint32_t frame = in.read_varint("frameVersion");
    const std::uint32_t type = in.read_varint("type");
    const std::uint32_t version = in.read_varint("version");
    if (!in.ok()) return fail(Errc::kCorrupt, in.error().context);
    if (frame == 0) return fail(Errc::kCorrupt, "metadata record: frame version 0");
    if (frame > kFrameVersion) return fail(newer("frame version", frame));
    return decode_type(in, type, version, std::make_index_sequence<std::variant_size_v<AnyRecord>>{});
}

}  // namespace moldau::metadata
