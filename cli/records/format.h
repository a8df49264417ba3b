// How `moldau consume -f` prints a record: a text with %-fields, the same letters as kcat's.
//
// %t topic, %p partition, %o offset, %T timestamp in milliseconds, %k key, %K its length, %s value, %S its length (-1 for
// null), %R the value's length as four bytes, big-endian, %h headers as a=b,c=d, %n a line end, %% a percent sign; outside
// of them \n \t \r \0 \\ and \xHH. A null key or value prints as nothing, a null header value as NULL.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moldau::cli {

// One record as it was read; the texts belong to whoever reads.
struct RecordFields {
    struct Header {
        std::string_view name;
        std::optional<std::string_view> value;
    };

    std::string_view topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::int64_t timestamp_ms = -1;  // -1: it has none
    std::optional<std::string_view> key;
    std::optional<std::string_view> value;
    std::vector<Header> headers;
};

class Format {
public:
    // "%s\n"
    Format();
    // Errors: kUsage, with a sentence that names the wrong field.
    static Result<Format> parse(std::string_view text);

    // Appends the record's text.
    void print(std::string& to, const RecordFields& record) const;

private:
    struct Piece {
        char field;           // the letter after %, or 0 for a literal
        std::string literal;  // what stands before, between and after the fields
    };
    void add_literal(char letter);

    std::vector<Piece> pieces_;
};

// The record as one line of JSON without its line end. Keys and values that are not UTF-8 become base64, under the names
// keyBase64 and valueBase64; header values under base64 beside their name.
std::string record_json(const RecordFields& record);

}  // namespace moldau::cli
