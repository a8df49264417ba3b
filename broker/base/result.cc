// Text of an error for logs and answers.

#include "base/result.h"

namespace moldau {

std::string Error::to_string() const {
    std::string text{errc_name(code)};
    text += ": ";
    text += errc_text(code);
    if (!context.empty()) {
        text += ": ";
        text += context;
    }
    return text;
}

}  // namespace moldau
