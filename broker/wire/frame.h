// Frames on a connection: a length (int32), then a request header and body, or a response header and body.
//
//   frame           := length:int32 body-of-that-many-bytes
//   request v1, v2  := api_key:int16 api_version:int16 correlation_id:int32 client_id:string? [tagged fields, v2] body
//   response v0, v1 := correlation_id:int32 [tagged fields, v1] body
//
// The header's version follows from the API and its version (api_table.h). Reading the length, and refusing one that is too
// large, is the connection's work.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "wire/api_table.h"
#include "wire/decoder.h"
#include "wire/encoder.h"

namespace moldau::wire {

struct RequestHead {
    const Api* api = nullptr;  // never null in a result
    std::int16_t version = 0;
    std::int32_t correlation_id = 0;
    std::optional<std::string> client_id;

    // Does the protocol have this version? If not, the body cannot be read. ApiVersions is answered all the same, in version
    // 0 with UNSUPPORTED_VERSION; for any other API the connection ends.
    bool is_known_version() const { return api->has_version(version); }
};

// Leaves the decoder at the body, or, when the version is not known, somewhere after the client id. Errors: kInvalidRequest
// for a key that the protocol does not have or has retired, kMalformed; after either the connection ends.
Result<RequestHead> read_request_head(Decoder& in);

// The correlation id; leaves the decoder at the body.
Result<std::int32_t> read_response_head(Decoder& in, const Api& api, std::int16_t version);

// Encoders that hold a frame's length and header already; the body follows.
Encoder begin_request(const RequestHead& head);
Encoder begin_response(const RequestHead& head);

// A whole frame. The body is encoded in the version that `head` says. Errors as Encoder's.
template <class Response>
Result<bytes::ChunkList> encode_response(const RequestHead& head, const Response& body) {
    Encoder out = begin_response(head);
    body.encode(out, head.version);
    return out.finish();
}
template <class Request>
Result<bytes::ChunkList> encode_request(const RequestHead& head, const Request& body) {
    Encoder out = begin_request(head);
    body.encode(out, head.version);
    return out.finish();
}

// A message that must end where the input ends.
template <class Message>
Result<Message> decode_whole(Decoder& in, std::int16_t version) {
    auto message = Message::decode(in, version);
    if (message) MOLDAU_TRY(in.expect_end());
    return message;
}

}  // namespace moldau::wire
