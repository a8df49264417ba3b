// What can go wrong with a request, on a test's command.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"

namespace moldau::kube_fake {

struct Fault {
    enum class Kind : std::uint8_t {
        kAnswer,      // this status and body, not carried out
        kDropBefore,  // connection reset, not carried out
        kDropAfter,   // carried out, the answer is lost
        kHang,        // never answered: the caller's timeout ends it
        kDelay,       // carried out after `delay`
        kCutBody,     // carried out; the answer breaks off after `bytes`
    };
    Kind kind = Kind::kAnswer;
    int status = 500;
    std::string body;
    std::optional<int> retry_after_seconds;
    Millis delay{0};
    std::size_t bytes = 0;

    // With an empty `body`, a Status that fits.
    static Fault answer(int status, std::string body = {}) {
        return {.kind = Kind::kAnswer, .status = status, .body = std::move(body)};
    }
    static Fault overloaded(int status, int retry_after_seconds) {
        return {.kind = Kind::kAnswer, .status = status, .retry_after_seconds = retry_after_seconds};
    }
    static Fault drop_before() { return {.kind = Kind::kDropBefore}; }
    static Fault drop_after() { return {.kind = Kind::kDropAfter}; }
    static Fault hang() { return {.kind = Kind::kHang}; }
    static Fault slow(Millis delay) { return {.kind = Kind::kDelay, .delay = delay}; }
    static Fault cut_after(std::size_t bytes) { return {.kind = Kind::kCutBody, .bytes = bytes}; }
};

}  // namespace moldau::kube_fake
