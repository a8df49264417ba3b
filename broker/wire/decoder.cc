// Bounds first, then bytes.

#include "wire/decoder.h"

#include <bit>
#include <string>
#include <type_traits>

#include "bytes/endian.h"
#include "bytes/varint.h"

namespace moldau::wire {

Decoder::Decoder(bytes::View input) : input_(std::move(input)), at_(input_.data()), end_(at_ + input_.size()) {}

Result<void> Decoder::expect_end() {
    if (ok() && at_ != end_) fail(Errc::kMalformed, "end", std::to_string(bytes_left()) + " bytes too many");
    if (!ok()) return moldau::fail(*error_);
    return {};
}

bool Decoder::begin(const MessageInfo& message, std::int16_t version) {
    message_ = message;
    version_ = version;
    is_flexible_ = version >= message.first_flexible_version;
    if (version < message.version_min || version > message.version_max) {
        fail(Errc::kUnsupportedVersion, "version",
             "supported are " + std::to_string(message.version_min) + " to " + std::to_string(message.version_max));
    }
    return ok();
}

void Decoder::fail(Errc code, const char* field, const std::string& what) {
    if (error_) return;
    std::string text;
    if (!message_.name.empty()) text += std::string(message_.name) + " v" + std::to_string(version_) + ": ";
    text += std::string(field) + " at byte " + std::to_string(position()) + ": " + what;
    error_ = Error{code, std::move(text)};
    end_ = at_;
}

void Decoder::refuse_null(bool is_null, const char* field) {
    if (is_null) fail(Errc::kMalformed, field, "must not be null");
}

template <class T>
T Decoder::read_fixed(const char* field) {
    if (bytes_left() < sizeof(T)) [[unlikely]] {
        fail(Errc::kMalformed, field,
             "needs " + std::to_string(sizeof(T)) + " bytes, " + std::to_string(bytes_left()) + " are left");
        return T{};
    }
    const auto value = bytes::load_be<T>(at_);
    at_ += sizeof(T);
    return value;
}

bool Decoder::read_bool(const char* field) { return read_fixed<std::uint8_t>(field) != 0; }
std::int8_t Decoder::read_int8(const char* field) { return read_fixed<std::int8_t>(field); }
std::int16_t Decoder::read_int16(const char* field) { return read_fixed<std::int16_t>(field); }
std::uint16_t Decoder::read_uint16(const char* field) { return read_fixed<std::uint16_t>(field); }
std::int32_t Decoder::read_int32(const char* field) { return read_fixed<std::int32_t>(field); }
std::uint32_t Decoder::read_uint32(const char* field) { return read_fixed<std::uint32_t>(field); }
std::int64_t Decoder::read_int64(const char* field) { return read_fixed<std::int64_t>(field); }
double Decoder::read_float64(const char* field) { return std::bit_cast<double>(read_fixed<std::uint64_t>(field)); }

Uuid Decoder::read_uuid(const char* field) {
    Uuid id;
    if (bytes_left() < id.bytes.size()) [[unlikely]] {
        fail(Errc::kMalformed, field, "needs 16 bytes, " + std::to_string(bytes_left()) + " are left");
        return id;
    }
    std::memcpy(id.bytes.data(), at_, id.bytes.size());
    at_ += id.bytes.size();
    return id;
}

std::uint32_t Decoder::read_varint(const char* field) {
    const auto varint = bytes::get_varint({at_, end_}, 32);
    if (!varint) [[unlikely]] {
        fail(Errc::kMalformed, field, "is no variable-length number of 32 bits");
        return 0;
    }
    at_ += varint->bytes;
    return static_cast<std::uint32_t>(varint->value);
}

std::optional<std::size_t> Decoder::read_length(Prefix prefix, const char* field) {
    std::int64_t length = 0;
    if (is_flexible_) {
        length = std::int64_t{read_varint(field)} - 1;
    } else {
        length = prefix == Prefix::kText ? read_int16(field) : read_int32(field);
    }
    if (length == -1 || !ok()) return std::nullopt;
    if (length < 0) {
        fail(Errc::kMalformed, field, "length " + std::to_string(length));
        return std::nullopt;
    }
    const auto count = static_cast<std::size_t>(length);
    if (prefix == Prefix::kText && count > kStringBytesMax) {
        fail(Errc::kLimitExceeded, field, "text of " + std::to_string(count) + " bytes");
        return std::nullopt;
    }
    if (count > bytes_left()) {
        fail(Errc::kMalformed, field,
             "length " + std::to_string(count) + ", " + std::to_string(bytes_left()) + " bytes are left");
        return std::nullopt;
    }
    return count;
}

std::optional<std::string> Decoder::read_nullable_string(const char* field) {
    const auto length = read_length(Prefix::kText, field);
    if (!length) return std::nullopt;
    std::string text(reinterpret_cast<const char*>(at_), *length);
    at_ += *length;
    return text;
}

std::string Decoder::read_string(const char* field) {
    auto text = read_nullable_string(field);
    refuse_null(!text, field);
    return text ? *std::move(text) : std::string{};
}

std::optional<bytes::View> Decoder::read_nullable_bytes(const char* field) {
    const auto length = read_length(Prefix::kBytes, field);
    if (!length) return std::nullopt;
    return take(*length);
}

bytes::View Decoder::read_bytes(const char* field) {
    auto view = read_nullable_bytes(field);
    refuse_null(!view, field);
    return view ? *std::move(view) : bytes::View{};
}

std::optional<bytes::ChunkList> Decoder::read_records(const char* field) {
    auto view = read_nullable_bytes(field);
    if (!view) return std::nullopt;
    return bytes::ChunkList{*std::move(view)};
}

bool Decoder::read_presence(const char* field) { return read_int8(field) >= 0 && ok(); }
bool Decoder::read_tagged_presence(const char* field) { return read_varint(field) != 0 && ok(); }

std::optional<std::size_t> Decoder::read_array_length(ArrayField field) {
    const std::int64_t length = is_flexible_ ? std::int64_t{read_varint(field.name)} - 1 : read_int32(field.name);
    if (length == -1 || !ok()) return std::nullopt;
    if (length < 0) {
        fail(Errc::kMalformed, field.name, "array of " + std::to_string(length));
        return std::nullopt;
    }
    const auto count = static_cast<std::size_t>(length);
    if (count > kArrayElementsMax) {
        fail(Errc::kLimitExceeded, field.name, "array of " + std::to_string(count) + " elements");
        return std::nullopt;
    }
    if (count > bytes_left() / field.element_bytes_min) {
        fail(Errc::kMalformed, field.name,
             "array of " + std::to_string(count) + " elements in the " + std::to_string(bytes_left()) + " bytes left");
        return std::nullopt;
    }
    if (!admit_elements(count, field.name)) return std::nullopt;
    return count;
}

bool Decoder::admit_elements(std::size_t count, const char* field) {
    if (count > elements_left_)
        fail(Errc::kLimitExceeded, field, "over " + std::to_string(kElementsMax) + " elements in all");
    if (ok()) elements_left_ -= count;
    return ok();
}

template <class T>
T Decoder::read_element(const char* field) {
    if constexpr (std::is_same_v<T, std::string>) {
        return read_string(field);
    } else if constexpr (std::is_same_v<T, bytes::View>) {
        return read_bytes(field);
    } else if constexpr (std::is_same_v<T, Uuid>) {
        return read_uuid(field);
    } else if constexpr (std::is_same_v<T, bool>) {
        return read_bool(field);
    } else if constexpr (std::is_same_v<T, double>) {
        return read_float64(field);
    } else {
        return read_fixed<T>(field);
    }
}

template <class T>
void Decoder::read_array(std::optional<std::vector<T>>& to, const char* field) {
    constexpr bool has_length = std::is_same_v<T, std::string> || std::is_same_v<T, bytes::View>;
    constexpr std::size_t element_bytes = std::is_same_v<T, Uuid> ? 16 : sizeof(T);
    const auto count = read_array_length({field, has_length ? 1 : element_bytes});
    if (!count) {
        to.reset();
        return;
    }
    auto& elements = to.emplace();
    elements.reserve(*count);
    for (std::size_t index = 0; index < *count && ok(); ++index) elements.push_back(read_element<T>(field));
}

template <class T>
void Decoder::read_array(std::vector<T>& to, const char* field) {
    std::optional<std::vector<T>> elements;
    read_array(elements, field);
    refuse_null(!elements, field);
    if (elements) to = *std::move(elements);
}

#define MOLDAU_READ_ARRAY(T)                                         \
    template void Decoder::read_array(std::vector<T>&, const char*); \
    template void Decoder::read_array(std::optional<std::vector<T>>&, const char*);
MOLDAU_READ_ARRAY(bool)
MOLDAU_READ_ARRAY(std::int8_t)
MOLDAU_READ_ARRAY(std::int16_t)
MOLDAU_READ_ARRAY(std::uint16_t)
MOLDAU_READ_ARRAY(std::int32_t)
MOLDAU_READ_ARRAY(std::uint32_t)
MOLDAU_READ_ARRAY(std::int64_t)
MOLDAU_READ_ARRAY(double)
MOLDAU_READ_ARRAY(Uuid)
MOLDAU_READ_ARRAY(std::string)
MOLDAU_READ_ARRAY(bytes::View)
#undef MOLDAU_READ_ARRAY

void Decoder::read_unknown_tags(TaggedFields& to) {
    if (at_ != end_ && *at_ == 0) [[likely]] {
        ++at_;
        return;
    }
    for (TagReader tags{*this}; tags.next();) tags.keep(to);
}

TagReader::TagReader(Decoder& in) : in_(in), end_outside_(in.end_), left_(in.read_varint("tagged fields")) {
    if (left_ > kTaggedFieldsMax) {
        in_.fail(Errc::kLimitExceeded, "tagged fields", std::to_string(left_) + " of them");
    } else if (left_ > in_.bytes_left() / 2) {
        in_.fail(Errc::kMalformed, "tagged fields",
                 std::to_string(left_) + " in " + std::to_string(in_.bytes_left()) + " bytes");
    }
}

bool TagReader::next() {
    if (in_.ok() && !is_first_ && in_.at_ != in_.end_) {
        in_.fail(Errc::kMalformed, "tagged fields", "tag " + std::to_string(tag_) + " is longer than its content");
    }
    if (!in_.ok()) return false;
    in_.end_ = end_outside_;
    if (left_ == 0) return false;
    --left_;
    const auto tag = in_.read_varint("tag");
    const auto size = in_.read_varint("size of a tagged field");
    if (!in_.ok()) return false;
    if (!is_first_ && tag <= tag_) in_.fail(Errc::kMalformed, "tag", std::to_string(tag) + " after " + std::to_string(tag_));
    if (size > in_.bytes_left()) in_.fail(Errc::kMalformed, "size of a tagged field", std::to_string(size));
    if (!in_.ok()) return false;
    tag_ = tag;
    is_first_ = false;
    in_.end_ = in_.at_ + size;
    return true;
}

void TagReader::keep(TaggedFields& to) {
    if (in_.admit_elements(1, "tagged fields")) to.push_back({tag_, in_.take(in_.bytes_left())});
}

}  // namespace moldau::wire
