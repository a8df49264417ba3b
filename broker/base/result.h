// A value or the reason why there is none.
//
// Everything that a peer, a client, a disk or a configuration can cause comes back as an `Error`; our own mistakes end the
// process (base/check.h). Exceptions never cross a module.

#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/errc.h"

namespace moldau {

struct Error {
    Errc code = Errc::kUnknownServerError;
    std::string context;  // what was being done to what: "read orders-3/00000000000000000000.log at 4096: EIO"

    // "kIo: a file operation failed: <context>"
    std::string to_string() const;
    bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string context = {}) {
    return std::unexpected(Error{code, std::move(context)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace moldau

// Returns the error of `expression`, a Result<void>, to the caller.
#define MOLDAU_TRY(expression)                                       \
    do {                                                             \
        if (auto moldau_result = (expression); !moldau_result) {     \
            return ::moldau::fail(std::move(moldau_result).error()); \
        }                                                            \
    } while (false)

// Declares `name` as the value of `expression`, a Result<T>, or returns its error.
#define MOLDAU_TRY_ASSIGN(name, expression)                                      \
    auto name##_result = (expression);                                           \
    if (!name##_result) return ::moldau::fail(std::move(name##_result).error()); \
    auto name = *std::move(name##_result)

// The same inside a coroutine.
#define MOLDAU_CO_TRY(expression)                                       \
    do {                                                                \
        if (auto moldau_result = (expression); !moldau_result) {        \
            co_return ::moldau::fail(std::move(moldau_result).error()); \
        }                                                               \
    } while (false)

#define MOLDAU_CO_TRY_ASSIGN(name, expression)                                      \
    auto name##_result = (expression);                                              \
    if (!name##_result) co_return ::moldau::fail(std::move(name##_result).error()); \
    auto name = *std::move(name##_result)
