// Short fingerprints of texts, for annotations: 64 bits of FNV-1a in hexadecimal digits. Against accidents, not against
// malice: whoever may write the text may write the annotation too.

#pragma once

#include <string>
#include <string_view>

namespace moldau::specs {

std::string hash_of(std::string_view text);

}  // namespace moldau::specs
