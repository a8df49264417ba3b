// Look-ups in the table of errors.

#include "base/errc.h"

namespace moldau {

Errc kafka_errc(Errc code) {
    switch (code) {
#define X(name, kafka, meaning) \
    case Errc::name:            \
        return Errc::kafka;
        MOLDAU_INTERNAL_ERRORS(X)
#undef X
        default:
            return code;
    }
}

std::string_view errc_name(Errc code) {
    switch (code) {
#define X(name, number, text, retriable, meaning) \
    case Errc::name:                              \
        return text;
        MOLDAU_KAFKA_ERRORS(X)
#undef X
#define X(name, kafka, meaning) \
    case Errc::name:            \
        return #name;
        MOLDAU_INTERNAL_ERRORS(X)
#undef X
        default:
            return "UNKNOWN_CODE";
    }
}

std::string_view errc_text(Errc code) {
    switch (code) {
#define X(name, number, text, retriable, meaning) \
    case Errc::name:                              \
        return meaning;
        MOLDAU_KAFKA_ERRORS(X)
#undef X
#define X(name, kafka, meaning) \
    case Errc::name:            \
        return meaning;
        MOLDAU_INTERNAL_ERRORS(X)
#undef X
        default:
            return "no such error code";
    }
}

bool is_retriable(Errc code) {
    switch (kafka_errc(code)) {
#define X(name, number, text, retriable, meaning) \
    case Errc::name:                              \
        return retriable;
        MOLDAU_KAFKA_ERRORS(X)
#undef X
        default:
            return false;
    }
}

}  // namespace moldau
