// Produce requests as bytes: made once, sent again and again. What a light client sends where librdkafka would be the limit.
//
// Place: `load` sends them over bare sockets; the floor (bench/floor) answers them as a broker does.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bytes/buffer.h"

namespace moldau::bench {

struct FrameOptions {
    std::string topic;
    std::size_t record_bytes = 100;
    std::size_t records = 1;
    std::int16_t acks = -1;
};

// A whole frame, length in front: Produce v7 with one batch for partition 0.
std::vector<std::uint8_t> produce_frame(const FrameOptions& options);

// The answer that a broker gives to it, for the floor.
std::vector<std::uint8_t> produce_answer(const std::string& topic);

// The error code in an answer (without its length), nullopt when it is none.
std::optional<std::int16_t> answered_error(bytes::Span answer);

}  // namespace moldau::bench
