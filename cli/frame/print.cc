// Answers and errors.

#include "cli/frame/print.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "wire/json_writer.h"

namespace moldau::cli {

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

Result<void> flush() {
    errno = 0;
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
    return fail(Errc::kIo, "cannot write the output: " + std::string(errno != 0 ? std::strerror(errno) : "a write failed"));
}

std::string error_text(Output output, const Error& error) {
    auto text = error.context.empty() ? error.to_string() : error.context;
    while (text.ends_with('\n')) text.pop_back();
    if (output == Output::kText) {
        for (auto at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) text.insert(at + 1, "error: ");
        return "error: " + text + "\n";
    }
    wire::JsonWriter json;
    json.begin_object();
    json.member("error", errc_name(error.code));
    json.key("messages");
    json.begin_array();
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        json.put(std::string_view{text}.substr(begin, end - begin));
        begin = end + 1;
    }
    json.end_array();
    json.end_object();
    return json.take() + "\n";
}

}  // namespace moldau::cli
