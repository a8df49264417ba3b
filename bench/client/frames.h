// Requests as bytes, and what is read from their answers: a light client where librdkafka would be the limit.
//
// Place: `load` sends produce requests, made once, over bare sockets; the floor (bench/floor) answers them as a broker does.
// `fetches` reads a partition.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bytes/buffer.h"
#include "bytes/codec.h"

namespace moldau::bench {

struct FrameOptions {
    std::string topic;
    std::size_t record_bytes = 100;
    std::size_t records = 1;
    std::int16_t acks = -1;
    bytes::Codec codec = bytes::Codec::kNone;
};

// A whole frame, length in front: Produce v7 with one batch for partition 0.
std::vector<std::uint8_t> produce_frame(const FrameOptions& options);

// The answer that a broker gives to it, for the floor.
std::vector<std::uint8_t> produce_answer(const std::string& topic);

// The error code in an answer (without its length), nullopt when it is none.
std::optional<std::int16_t> answered_error(bytes::Span answer);

// A whole frame, length in front: Fetch v4 from partition 0, with a consumer's usual limits of 1 MiB a partition and 500 ms.
std::vector<std::uint8_t> fetch_frame(const std::string& topic, std::int64_t offset);

struct Fetched {
    std::int16_t error = 0;
    std::int64_t records = 0;  // in whole batches
    std::int64_t next_offset = 0;
};
// What an answer to it (without its length) holds from `offset` on. A batch cut short at the end is left, as consumers leave
// it. Errors: kMalformed and those of BatchHeader::parse.
Result<Fetched> read_fetched(const bytes::View& answer, std::int64_t offset);

}  // namespace moldau::bench
