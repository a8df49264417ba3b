// One thing that was found in a file, as fields with names: a line for people or an object of JSON, from the same calls.

#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "bytes/buffer.h"
#include "cli/frame/global.h"
#include "wire/json_writer.h"

namespace moldau::cli {

// Lifetime: from its first field to print(). A line is "  name=value name=value", with `depth` times two blanks before.
class Row {
public:
    explicit Row(Output output, std::size_t depth = 0);

    template <std::integral T>
    void put(const char* name, T value) {
        put_plain(name, std::is_same_v<T, bool> ? (value ? "true" : "false") : std::to_string(value));
    }
    void put(const char* name, std::string_view text);
    // Text when it is UTF-8, else base64 under the name with "Base64" behind it.
    void put_bytes(const std::string& name, const std::optional<bytes::Span>& value);
    // A value that is JSON already.
    void put_json(const char* name, const std::string& json) { put_plain(name, json); }
    // The line or object as it is so far, closed.
    std::string take();
    // The same on standard output, with its line end.
    void print();

private:
    void put_plain(const std::string& name, const std::string& value);

    Output output_;
    std::string line_;
    bool is_first_ = true;
};

}  // namespace moldau::cli
