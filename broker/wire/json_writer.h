// Prints JSON, compact and in the order of the calls. Enough for messages; not a library.
//
// Kafka's JSON form: bytes and records are base64, uuids their 22 characters, integers plain numbers. Text that is not UTF-8
// has U+FFFD in place of what is wrong, so the result is always valid JSON.

#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/message.h"

namespace moldau::wire {

class JsonWriter {
public:
    const std::string& text() const { return text_; }
    std::string take() { return std::move(text_); }

    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }
    void key(std::string_view name);
    void null() { raw("null"); }
    void integer(std::int64_t value);
    void real(double value);
    void put(bool value) { raw(value ? "true" : "false"); }
    void put(double value) { real(value); }
    void put(std::string_view value);
    void put(const std::string& value) { put(std::string_view{value}); }
    void put(const bytes::View& value);
    void put(const bytes::ChunkList& value);
    void put(const Uuid& value);
    template <std::integral T>
    void put(T value) {
        integer(static_cast<std::int64_t>(value));
    }
    template <class T>
    void put(const std::optional<T>& value) {
        if (value) {
            put(*value);
        } else {
            null();
        }
    }
    template <class T>
    void put(const std::vector<T>& values) {
        begin_array();
        for (const auto& value : values) put(value);
        end_array();
    }
    template <class T>
    void member(const char* name, const T& value) {
        key(name);
        put(value);
    }
    // Under the key kUnknownTagsKey, when there are any.
    void unknown_tags(const TaggedFields& tags);

private:
    void raw(std::string_view value);
    void open(char bracket);
    void close(char bracket);
    void separate();

    std::string text_;
    bool needs_comma_ = false;
};

inline constexpr const char* kUnknownTagsKey = "unknownTaggedFields";

}  // namespace moldau::wire
