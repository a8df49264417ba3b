// Reads messages back from their JSON form, which is written by people and scripts: every fault says where it is.
//
// The idea: a cursor in a parsed document, with a sticky error like `Decoder`'s. Members are looked up by name; one that is
// missing, one that the message does not know, a number out of range are all errors. The JSON library stays in the .cc.

#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/message.h"

namespace moldau::wire {

// Thread: one at a time. Stands on one value of the document; `enter` and `leave` move it.
class JsonReader {
public:
    // Parses all of `text`; a fault is the reader's first error.
    explicit JsonReader(std::string_view text);
    ~JsonReader();
    JsonReader(const JsonReader&) = delete;
    JsonReader& operator=(const JsonReader&) = delete;

    bool ok() const { return !error_.has_value(); }
    // The first fault: "topics[2].name: ...". Only when !ok().
    const Error& error() const { return *error_; }
    void fail(const std::string& what);
    // False, with kUnsupportedVersion, when the message has no such version.
    bool begin(const MessageInfo& message, std::int16_t version);
    void refuse_null(bool is_null, const char* field);

    // Is the current value an object? Else an error.
    bool begin_object();
    // Every member must have been read.
    void end_object();
    // Has the current object such a member?
    bool has(const char* name) const;
    // Reads the member if it is null; false, and not read, otherwise.
    bool take_null(const char* name);
    // To a member, which must exist, or an element. False after any error.
    bool enter(const char* name);
    bool enter(std::size_t index);
    void leave();
    // Of the current value, which must be an array.
    std::size_t array_size();

    template <class T>
    void member(const char* name, T& to) {
        if (!enter(name)) return;
        take(to);
        leave();
    }
    template <class Struct>
    void child(const char* name, Struct& to, std::int16_t version) {
        if (!enter(name)) return;
        to.from_json(*this, version);
        leave();
    }
    // What JsonWriter::unknown_tags wrote, if anything.
    void unknown_tags(TaggedFields& to);

    // The current value.
    bool is_null() const;
    void take(bool& to);
    void take(double& to);
    void take(std::string& to);
    void take(bytes::View& to);
    void take(bytes::ChunkList& to);
    void take(Uuid& to);
    template <std::integral T>
    void take(T& to) {
        to = static_cast<T>(integer(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    }
    template <class T>
    void take(std::optional<T>& to) {
        if (is_null()) {
            to.reset();
        } else {
            take(to.emplace());
        }
    }
    template <class T>
    void take(std::vector<T>& to) {
        const auto count = array_size();
        to.clear();
        for (std::size_t index = 0; index < count && enter(index); ++index) {
            T element{};
            take(element);
            to.push_back(std::move(element));
            leave();
        }
    }

private:
    struct Document;

    std::int64_t integer(std::int64_t low, std::int64_t high);
    std::string place() const;

    std::unique_ptr<Document> document_;
    std::optional<Error> error_;
};

}  // namespace moldau::wire
