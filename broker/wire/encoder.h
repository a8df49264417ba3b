// Writes the protocol's types into memory of its own, and splices large payloads in without copying them.
//
// The problem: a fetch answer is a few hundred bytes of structure around megabytes of records that lie in memory already.
// The idea: small values go to a growing buffer; a view of kSpliceBytesMin or more becomes a chunk of the result as it is.
// The error is sticky, as in `Decoder`: a value that the protocol cannot carry is kept as the first fault and told by
// `finish`.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/message.h"

namespace moldau::wire {

inline constexpr std::size_t kSpliceBytesMin = 512;

// Lifetime: one message, or a header and a body. Thread: one at a time.
class Encoder {
public:
    enum class Framing { kNone, kLengthInFront };
    // With kLengthInFront the result begins with its own length, as frames on a connection do.
    explicit Encoder(Framing framing = Framing::kNone);
    Encoder(Encoder&&) = default;
    Encoder& operator=(Encoder&&) = default;

    bool ok() const { return !error_.has_value(); }
    // Only when !ok().
    const Error& error() const { return *error_; }
    std::size_t size() const { return chunks_.size() + (current_.size() - flushed_); }
    // The bytes written, or the first fault: kUnsupportedVersion for a version or a field that it lacks, kInvalidRequest for
    // null or a value out of range, kLimitExceeded for a frame past 2 GiB. The encoder is spent.
    Result<bytes::ChunkList> finish();

    // Starts a message: later faults name it. False, with kUnsupportedVersion, when it has no such version.
    bool begin(const MessageInfo& message, std::int16_t version);
    void fail(Errc code, const char* field, const std::string& what);
    // The field has a value that this version cannot carry.
    void refuse_field(const char* field);
    void refuse_null(bool is_null, const char* field);

    void write_bool(bool value) { write_int8(value ? 1 : 0); }
    void write_int8(std::int8_t value);
    void write_int16(std::int16_t value);
    void write_uint16(std::uint16_t value);
    void write_int32(std::int32_t value);
    void write_uint32(std::uint32_t value);
    void write_int64(std::int64_t value);
    void write_float64(double value);
    void write_uuid(const Uuid& value);
    void write_varint(std::uint32_t value);
    void write_string(std::string_view text, const char* field);
    void write_string(const std::string& text, const char* field) { write_string(std::string_view{text}, field); }
    void write_string(const std::optional<std::string>& text, const char* field);
    void write_bytes(const bytes::View& view, const char* field);
    void write_bytes(const std::optional<bytes::View>& view, const char* field);
    void write_records(const std::optional<bytes::ChunkList>& records, const char* field);
    void write_presence(bool is_there) { write_int8(is_there ? 1 : -1); }
    void write_tagged_presence(bool is_there) { write_varint(is_there ? 1 : 0); }
    template <class T>
    void write_array(const std::vector<T>& elements, const char* field);
    template <class T>
    void write_array(const std::optional<std::vector<T>>& elements, const char* field);
    void write_array_length(std::optional<std::size_t> count, const char* field);
    void write_unknown_tags(const TaggedFields& tags);
    // Bytes as they are, without a length.
    void write_raw(const bytes::View& view);
    void write_raw(const bytes::ChunkList& chunks);

private:
    friend class TagWriter;
    template <class Codec>
    friend class Inflexible;

    template <class T>
    void write_fixed(T value);
    template <class T>
    void write_element(const T& value, const char* field);
    void write_bytes_length(std::optional<std::size_t> count, const char* field);
    std::uint8_t* reserve(std::size_t count);
    void flush();

    bytes::ChunkList chunks_;
    bytes::Buffer current_;
    std::size_t flushed_ = 0;  // bytes of current_ that are in chunks_ already
    std::uint8_t* frame_length_ = nullptr;
    bool is_flexible_ = false;
    MessageInfo message_{};
    std::int16_t version_ = 0;
    std::optional<Error> error_;
};

// Writes the tagged fields of one structure; their sizes are known only afterwards, so each goes to an encoder of its own.
// Free of cost when there are none.
class TagWriter {
public:
    explicit TagWriter(Encoder& out) : out_(out) {}
    // The encoder for the field's value; closed by `end`.
    Encoder& begin(std::uint32_t tag);
    void end();
    // Writes the section: known and unknown fields by ascending tag.
    void finish(const TaggedFields& unknown);

private:
    struct Entry {
        std::uint32_t tag;
        bytes::ChunkList content;
    };
    void write(std::uint32_t tag, const bytes::ChunkList& content);

    Encoder& out_;
    std::vector<Entry> entries_;
    std::optional<Encoder> field_;
    std::uint32_t tag_ = 0;
};

}  // namespace moldau::wire
