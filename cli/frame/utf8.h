// Is a text UTF-8, so that it can stand in JSON as it is?

#pragma once

#include <string_view>

namespace moldau::cli {

// By RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace moldau::cli
