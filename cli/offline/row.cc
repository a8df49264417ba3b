// Fields one after the other.

#include "cli/offline/row.h"

#include "base/base64.h"
#include "cli/frame/print.h"
#include "cli/frame/utf8.h"

namespace moldau::cli {
namespace {

std::string quoted(std::string_view text) {
    wire::JsonWriter json;
    json.put(text);
    return json.take();
}

bool is_word(std::string_view text) { return !text.empty() && text.find_first_of(" =\"\\") == text.npos; }

bool is_printable(std::string_view text) {
    for (const char letter : text) {
        if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) return false;
    }
    return true;
}

}  // namespace

Row::Row(Output output, std::size_t depth)
    : output_(output), line_(output == Output::kJson ? std::string{"{"} : std::string(2 * depth, ' ')) {}

void Row::put_plain(const std::string& name, const std::string& value) {
    if (!is_first_) line_ += output_ == Output::kJson ? ',' : ' ';
    is_first_ = false;
    line_ += output_ == Output::kJson ? quoted(name) + ':' + value : name + '=' + value;
}

void Row::put(const char* name, std::string_view text) {
    const bool is_plain = output_ == Output::kText && is_word(text) && is_printable(text);
    put_plain(name, is_plain ? std::string{text} : quoted(text));
}

void Row::put_bytes(const std::string& name, const std::optional<bytes::Span>& value) {
    if (!value) return put_plain(name, "null");
    const std::string_view text{reinterpret_cast<const char*>(value->data()), value->size()};
    if (is_utf8(text)) return put(name.c_str(), text);
    put_plain(name + "Base64", output_ == Output::kJson ? quoted(base64_encode(*value)) : base64_encode(*value));
}

std::string Row::take() { return output_ == Output::kJson ? line_ + '}' : line_; }

void Row::print() { cli::print(take() + '\n'); }

}  // namespace moldau::cli
