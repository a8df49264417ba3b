// Splits key=value words.

#include "arguments.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace moldau::bench {

namespace {

[[noreturn]] void refuse(const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::exit(2);
}

}  // namespace

Arguments::Arguments(int argc, char** argv, int first) {
    for (int index = first; index < argc; ++index) {
        const std::string_view word = argv[index];
        const auto sign = word.find('=');
        if (sign == std::string_view::npos) refuse("not key=value: " + std::string{word});
        values_[std::string{word.substr(0, sign)}] = word.substr(sign + 1);
    }
}

std::string Arguments::text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) refuse("missing: " + name + "=");
    return found->second;
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
    return values_.contains(name) ? text(name) : otherwise;
}

long Arguments::number(const std::string& name) const {
    const auto value = text(name);
    long parsed = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc{} || end != value.data() + value.size() || parsed <= 0) {
        refuse(name + " is no number above zero: " + value);
    }
    return parsed;
}

long Arguments::number(const std::string& name, long otherwise) const {
    return values_.contains(name) ? number(name) : otherwise;
}

bytes::Codec Arguments::codec(const std::string& name) const {
    const auto value = text(name, "none");
    const auto codec = bytes::codec_from_name(value);
    if (!codec) refuse(name + " is no codec: " + value);
    return *codec;
}

}  // namespace moldau::bench
