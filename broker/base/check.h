// Assertions about our own code, always on: a broken one ends the process with file, line and condition.
//
// Never used on bytes from outside: what a peer, client, disk or configuration can cause is an `Error` (base/result.h).

#pragma once

namespace moldau {

[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace moldau

#define CHECK(condition)                                            \
    do {                                                            \
        if (!(condition)) [[unlikely]] {                            \
            ::moldau::check_failed(__FILE__, __LINE__, #condition); \
        }                                                           \
    } while (false)
