// Buffers grow from 512 bytes by doubling; what is full, or stands before a spliced view, becomes a chunk.

#include "wire/encoder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "bytes/endian.h"
#include "bytes/varint.h"
#include "wire/decoder.h"

namespace moldau::wire {
namespace {

constexpr std::size_t kBufferBytesMin = 512;
constexpr std::size_t kBufferBytesMax = 64 * 1024;
constexpr std::size_t kLengthBytes = 4;

}  // namespace

Encoder::Encoder(Framing framing) {
    if (framing == Framing::kNone) return;
    frame_length_ = reserve(kLengthBytes);
    current_.commit(kLengthBytes);
}

Result<bytes::ChunkList> Encoder::finish() {
    flush();
    if (frame_length_ != nullptr) {
        const auto length = chunks_.size() - kLengthBytes;
        if (length > std::size_t{std::numeric_limits<std::int32_t>::max()})
            fail(Errc::kLimitExceeded, "frame", "over 2 GiB");
        bytes::store_be(frame_length_, static_cast<std::int32_t>(length));
    }
    if (!ok()) return moldau::fail(*error_);
    return std::exchange(chunks_, {});
}

bool Encoder::begin(const MessageInfo& message, std::int16_t version) {
    message_ = message;
    version_ = version;
    is_flexible_ = version >= message.first_flexible_version;
    if (version < message.version_min || version > message.version_max) {
        fail(Errc::kUnsupportedVersion, "version",
             "supported are " + std::to_string(message.version_min) + " to " + std::to_string(message.version_max));
    }
    return ok();
}

void Encoder::fail(Errc code, const char* field, const std::string& what) {
    if (error_) return;
    std::string text;
    if (!message_.name.empty()) text += std::string(message_.name) + " v" + std::to_string(version_) + ": ";
    error_ = Error{code, text + field + ": " + what};
}

void Encoder::refuse_field(const char* field) {
    fail(Errc::kUnsupportedVersion, field, "this version has no such field, and its value is not the default");
}

void Encoder::refuse_null(bool is_null, const char* field) {
    if (is_null) fail(Errc::kInvalidRequest, field, "must not be null");
}

// Where `count` bytes go next; the caller commits what it wrote.
std::uint8_t* Encoder::reserve(std::size_t count) {
    if (current_.capacity() - current_.size() < count) [[unlikely]] {
        flush();
        const auto next = std::clamp(current_.capacity() * 2, kBufferBytesMin, kBufferBytesMax);
        current_ = bytes::Buffer{std::max(next, count)};
        flushed_ = 0;
    }
    return current_.data() + current_.size();
}

void Encoder::flush() {
    if (current_.size() == flushed_) return;
    chunks_.append(current_.view(flushed_, current_.size() - flushed_));
    flushed_ = current_.size();
}

template <class T>
void Encoder::write_fixed(T value) {
    bytes::store_be(reserve(sizeof value), value);
    current_.commit(sizeof value);
}

void Encoder::write_int8(std::int8_t value) { write_fixed(value); }
void Encoder::write_int16(std::int16_t value) { write_fixed(value); }
void Encoder::write_uint16(std::uint16_t value) { write_fixed(value); }
void Encoder::write_int32(std::int32_t value) { write_fixed(value); }
void Encoder::write_uint32(std::uint32_t value) { write_fixed(value); }
void Encoder::write_int64(std::int64_t value) { write_fixed(value); }
void Encoder::write_float64(double value) { write_fixed(std::bit_cast<std::uint64_t>(value)); }

void Encoder::write_uuid(const Uuid& value) {
    std::memcpy(reserve(value.bytes.size()), value.bytes.data(), value.bytes.size());
    current_.commit(value.bytes.size());
}

void Encoder::write_varint(std::uint32_t value) {
    current_.commit(bytes::put_varint(reserve(bytes::kVarintBytesMax), value));
}

void Encoder::write_string(std::string_view text, const char* field) {
    if (text.size() > kStringBytesMax) {
        fail(Errc::kInvalidRequest, field, "text of " + std::to_string(text.size()) + " bytes");
        return;
    }
    if (is_flexible_) {
        write_varint(static_cast<std::uint32_t>(text.size()) + 1);
    } else {
        write_int16(static_cast<std::int16_t>(text.size()));
    }
    if (text.empty()) return;
    std::memcpy(reserve(text.size()), text.data(), text.size());
    current_.commit(text.size());
}

void Encoder::write_string(const std::optional<std::string>& text, const char* field) {
    if (text) return write_string(std::string_view{*text}, field);
    if (is_flexible_) {
        write_varint(0);
    } else {
        write_int16(-1);
    }
}

void Encoder::write_bytes_length(std::optional<std::size_t> count, const char* field) {
    if (count && *count >= std::size_t{std::numeric_limits<std::int32_t>::max()}) {
        return fail(Errc::kInvalidRequest, field, "over 2 GiB");
    }
    if (is_flexible_) {
        write_varint(count ? static_cast<std::uint32_t>(*count) + 1 : 0);
    } else {
        write_int32(count ? static_cast<std::int32_t>(*count) : -1);
    }
}

void Encoder::write_bytes(const bytes::View& view, const char* field) {
    write_bytes_length(view.size(), field);
    write_raw(view);
}

void Encoder::write_bytes(const std::optional<bytes::View>& view, const char* field) {
    if (view) return write_bytes(*view, field);
    write_bytes_length(std::nullopt, field);
}

void Encoder::write_records(const std::optional<bytes::ChunkList>& records, const char* field) {
    if (!records) return write_bytes_length(std::nullopt, field);
    write_bytes_length(records->size(), field);
    write_raw(*records);
}

void Encoder::write_raw(const bytes::View& view) {
    if (view.empty()) return;
    if (view.size() >= kSpliceBytesMin) {
        flush();
        chunks_.append(view);
        return;
    }
    std::memcpy(reserve(view.size()), view.data(), view.size());
    current_.commit(view.size());
}

void Encoder::write_raw(const bytes::ChunkList& chunks) {
    const auto& views = chunks.memory_chunks();
    std::size_t next = 0;
    for (const auto& placed : chunks.file_ranges()) {
        for (; next < placed.chunks_before; ++next) write_raw(views[next]);
        flush();
        chunks_.append(placed.range);
    }
    for (; next < views.size(); ++next) write_raw(views[next]);
}

void Encoder::write_array_length(std::optional<std::size_t> count, const char* field) {
    if (count && *count > kArrayElementsMax) {
        return fail(Errc::kInvalidRequest, field, "array of " + std::to_string(*count) + " elements");
    }
    write_bytes_length(count, field);
}

template <class T>
void Encoder::write_element(const T& value, const char* field) {
    if constexpr (std::is_same_v<T, std::string>) {
        write_string(std::string_view{value}, field);
    } else if constexpr (std::is_same_v<T, bytes::View>) {
        write_bytes(value, field);
    } else if constexpr (std::is_same_v<T, Uuid>) {
        write_uuid(value);
    } else if constexpr (std::is_same_v<T, double>) {
        write_float64(value);
    } else {
        write_fixed(value);
    }
}

template <class T>
void Encoder::write_array(const std::vector<T>& elements, const char* field) {
    write_array_length(elements.size(), field);
    if constexpr (std::is_same_v<T, bool>) {
        for (const bool element : elements) write_bool(element);
    } else {
        for (const T& element : elements) write_element(element, field);
    }
}

template <class T>
void Encoder::write_array(const std::optional<std::vector<T>>& elements, const char* field) {
    if (elements) return write_array(*elements, field);
    write_array_length(std::nullopt, field);
}

#define MOLDAU_WRITE_ARRAY(T)                                               \
    template void Encoder::write_array(const std::vector<T>&, const char*); \
    template void Encoder::write_array(const std::optional<std::vector<T>>&, const char*);
MOLDAU_WRITE_ARRAY(bool)
MOLDAU_WRITE_ARRAY(std::int8_t)
MOLDAU_WRITE_ARRAY(std::int16_t)
MOLDAU_WRITE_ARRAY(std::uint16_t)
MOLDAU_WRITE_ARRAY(std::int32_t)
MOLDAU_WRITE_ARRAY(std::uint32_t)
MOLDAU_WRITE_ARRAY(std::int64_t)
MOLDAU_WRITE_ARRAY(double)
MOLDAU_WRITE_ARRAY(Uuid)
MOLDAU_WRITE_ARRAY(std::string)
MOLDAU_WRITE_ARRAY(bytes::View)
#undef MOLDAU_WRITE_ARRAY

void Encoder::write_unknown_tags(const TaggedFields& tags) {
    if (tags.empty()) [[likely]] {
        write_varint(0);
        return;
    }
    TagWriter{*this}.finish(tags);
}

Encoder& TagWriter::begin(std::uint32_t tag) {
    tag_ = tag;
    auto& field = field_.emplace();
    field.is_flexible_ = out_.is_flexible_;
    field.message_ = out_.message_;
    field.version_ = out_.version_;
    return field;
}

void TagWriter::end() {
    auto content = field_->finish();
    if (content) {
        entries_.push_back({tag_, *std::move(content)});
    } else if (out_.ok()) {
        out_.error_ = std::move(content).error();
    }
    field_.reset();
}

void TagWriter::finish(const TaggedFields& unknown) {
    const auto count = entries_.size() + unknown.size();
    if (count == 0) [[likely]] {
        out_.write_varint(0);
        return;
    }
    if (count > kTaggedFieldsMax)
        return out_.fail(Errc::kInvalidRequest, "tagged fields", std::to_string(count) + " of them");
    for (const auto& field : unknown) entries_.push_back({field.tag, bytes::ChunkList{field.data}});
    std::ranges::sort(entries_, {}, &Entry::tag);
    if (std::ranges::adjacent_find(entries_, {}, &Entry::tag) != entries_.end()) {
        return out_.fail(Errc::kInvalidRequest, "tagged fields", "a tag occurs twice");
    }
    out_.write_varint(static_cast<std::uint32_t>(count));
    for (const auto& entry : entries_) write(entry.tag, entry.content);
}

void TagWriter::write(std::uint32_t tag, const bytes::ChunkList& content) {
    if (content.size() > std::size_t{std::numeric_limits<std::int32_t>::max()}) {
        return out_.fail(Errc::kInvalidRequest, "tagged fields", "over 2 GiB");
    }
    out_.write_varint(tag);
    out_.write_varint(static_cast<std::uint32_t>(content.size()));
    out_.write_raw(content);
}

}  // namespace moldau::wire
