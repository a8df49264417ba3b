// Headers in the versions that the API table asks for.

#include "wire/frame.h"

#include "wire/headers.h"

namespace moldau::wire {

Result<RequestHead> read_request_head(Decoder& in) {
    Decoder peek{in.rest()};
    const auto key = peek.read_int16("requestApiKey");
    const auto version = peek.read_int16("requestApiVersion");
    if (!peek.ok()) return fail(peek.error());
    const Api* api = find_api(key);
    if (api == nullptr || api->is_retired()) {
        return fail(Errc::kInvalidRequest, "there is no API with the key " + std::to_string(key));
    }
    const std::int16_t header_version = api->has_version(version) ? request_header_version(*api, version) : std::int16_t{1};
    MOLDAU_TRY_ASSIGN(header, RequestHeader::decode(in, header_version));
    return RequestHead{api, version, header.correlation_id, std::move(header.client_id)};
}

Result<std::int32_t> read_response_head(Decoder& in, const Api& api, std::int16_t version) {
    MOLDAU_TRY_ASSIGN(header, ResponseHeader::decode(in, response_header_version(api, version)));
    return header.correlation_id;
}

Encoder begin_request(const RequestHead& head) {
    Encoder out{Encoder::Framing::kLengthInFront};
    RequestHeader header;
    header.request_api_key = to_int16(head.api->key);
    header.request_api_version = head.version;
    header.correlation_id = head.correlation_id;
    header.client_id = head.client_id;
    header.encode(out, request_header_version(*head.api, head.version));
    return out;
}

Encoder begin_response(const RequestHead& head) {
    Encoder out{Encoder::Framing::kLengthInFront};
    ResponseHeader header;
    header.correlation_id = head.correlation_id;
    header.encode(out, response_header_version(*head.api, head.version));
    return out;
}

}  // namespace moldau::wire
