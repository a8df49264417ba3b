// Reads the protocol's types from one piece of memory that a peer filled as it liked.
//
// The problem: every length in it may lie, and checking each result by hand would bury the structure. The idea: the error is
// sticky. The first fault is kept with field and position, whatever is read after it is zero or empty, and the caller asks
// once, at the end. Every length is compared with the bytes left before anything is allocated for it.
// Place: generated messages (message.h) call this; request and response bodies, stored records and headers all pass here.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/message.h"

namespace moldau::wire {

// Of one array, and of all arrays and unknown tagged fields that one decoder reads: an element of a byte or two on the wire
// is a struct of a hundred in memory.
inline constexpr std::size_t kArrayElementsMax = 1'000'000;
inline constexpr std::size_t kElementsMax = 4'000'000;
inline constexpr std::size_t kTaggedFieldsMax = 10'000;
inline constexpr std::size_t kStringBytesMax = 32'767;

// An array's name, for errors, and the fewest bytes that one element takes, for the bound on its length.
struct ArrayField {
    const char* name;
    std::size_t element_bytes_min;
};

// Lifetime: keeps the memory alive, as do all views that it hands out. Thread: one at a time.
// Invariant: position() <= end of input; once !ok(), nothing is read any more.
class Decoder {
public:
    explicit Decoder(bytes::View input);

    bool ok() const { return !error_.has_value(); }
    // The first fault: "FetchRequest v12: partitions at byte 31: ...". Only when !ok().
    const Error& error() const { return *error_; }
    std::size_t position() const { return static_cast<std::size_t>(at_ - input_.data()); }
    std::size_t bytes_left() const { return static_cast<std::size_t>(end_ - at_); }
    // All that has not been read yet.
    bytes::View rest() const { return input_.slice(position(), bytes_left()); }
    // An error when something is left, or when there was one before.
    Result<void> expect_end();

    // Starts a message: later faults name it. False, with kUnsupportedVersion, when it has no such version.
    bool begin(const MessageInfo& message, std::int16_t version);
    // Records a fault of the field; the first one stays.
    void fail(Errc code, const char* field, const std::string& what);
    // kMalformed when `is_null`: the field must have a value in this version.
    void refuse_null(bool is_null, const char* field);

    bool read_bool(const char* field);
    std::int8_t read_int8(const char* field);
    std::int16_t read_int16(const char* field);
    std::uint16_t read_uint16(const char* field);
    std::int32_t read_int32(const char* field);
    std::uint32_t read_uint32(const char* field);
    std::int64_t read_int64(const char* field);
    double read_float64(const char* field);
    Uuid read_uuid(const char* field);
    std::uint32_t read_varint(const char* field);
    std::string read_string(const char* field);
    std::optional<std::string> read_nullable_string(const char* field);
    bytes::View read_bytes(const char* field);
    std::optional<bytes::View> read_nullable_bytes(const char* field);
    std::optional<bytes::ChunkList> read_records(const char* field);
    // The byte before a structure that may be null: is it there?
    bool read_presence(const char* field);
    // The same in a tagged field, where it is a varint and null is 0.
    bool read_tagged_presence(const char* field);

    // Arrays of scalars; null is an error for the first form.
    template <class T>
    void read_array(std::vector<T>& to, const char* field);
    template <class T>
    void read_array(std::optional<std::vector<T>>& to, const char* field);
    // Nullopt for null. At most kArrayElementsMax, and no more than the bytes left can hold.
    std::optional<std::size_t> read_array_length(ArrayField field);
    // A section of tagged fields of which none is known.
    void read_unknown_tags(TaggedFields& to);

private:
    friend class TagReader;
    template <class Codec>
    friend class Inflexible;

    template <class T>
    T read_fixed(const char* field);
    template <class T>
    T read_element(const char* field);
    // Null is nullopt. Takes the length that stands before text (2 bytes or compact) or before bytes (4 bytes or compact).
    enum class Prefix { kText, kBytes };
    std::optional<std::size_t> read_length(Prefix prefix, const char* field);
    bool admit_elements(std::size_t count, const char* field);
    bytes::View take(std::size_t count) {
        auto view = input_.slice(position(), count);
        at_ += count;
        return view;
    }

    bytes::View input_;
    const std::uint8_t* at_;
    const std::uint8_t* end_;
    bool is_flexible_ = false;
    MessageInfo message_{};
    std::int16_t version_ = 0;
    std::size_t elements_left_ = kElementsMax;
    std::optional<Error> error_;
};

// Walks the tagged fields at the end of a structure. Each must be read to exactly its stated size; tags ascend.
//   for (TagReader tags{in}; tags.next();) switch (tags.tag()) { ... default: tags.keep(unknown_tags); }
class TagReader {
public:
    explicit TagReader(Decoder& in);
    // Closes the current field and opens the next; false at the end or after a fault.
    bool next();
    std::uint32_t tag() const { return tag_; }
    // Takes the current field as unknown.
    void keep(TaggedFields& to);

private:
    Decoder& in_;
    const std::uint8_t* end_outside_;
    std::uint32_t left_ = 0;
    std::uint32_t tag_ = 0;
    bool is_first_ = true;
};

}  // namespace moldau::wire
