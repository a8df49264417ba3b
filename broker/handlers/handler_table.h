// Which APIs are served, in which versions, by which function.
//
// The idea: a handler is a function from a decoded request to a response; `served_by` wraps it with decoding and encoding,
// so that no handler knows of bytes. What has no row is neither served nor advertised. Place: filled once by `app` from the
// lists of `handlers` and `coordinator`, then shared by all cores.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/task.h"
#include "bytes/buffer.h"
#include "server/dispatcher.h"
#include "server/request_context.h"
#include "wire/api_table.h"
#include "wire/decoder.h"
#include "wire/encoder.h"

namespace moldau::handlers {

class Shard;
using server::RequestContext;

enum class Reply : std::uint8_t { kAnswer, kNone };

// Decodes `body`, does the work, writes the response to `out`. An error closes the connection.
using HandlerFunction = Task<Result<Reply>> (*)(Shard&, RequestContext&, bytes::View body, wire::Encoder& out);

struct Handler {
    wire::ApiKey key;
    std::int16_t version_min = 0;
    std::int16_t version_max = 0;
    server::Overlap overlap = server::Overlap::kAlone;
    HandlerFunction run = nullptr;
};

// Lifetime: the broker's. Thread: any, once filled.
class HandlerTable {
public:
    void add(Handler handler);
    void add(std::span<const Handler> handlers) {
        for (const auto& handler : handlers) add(handler);
    }
    // Null when the API is not served.
    const Handler* find(std::int16_t key) const;
    // By key.
    std::span<const std::optional<Handler>> rows() const { return rows_; }

private:
    std::array<std::optional<Handler>, 128> rows_;
};

namespace detail {
template <class T>
struct AnswerOf {
    static constexpr bool kMayBeNone = false;
};
template <class T>
struct AnswerOf<Result<std::optional<T>>> {
    static constexpr bool kMayBeNone = true;
};
}  // namespace detail

// `handle` is Task<Response>(Shard&, RequestContext&, Request), or of Result<std::optional<Response>> where the protocol may
// want no answer or an error must close the connection.
template <class Request, auto handle>
Task<Result<Reply>> served_by(Shard& shard, RequestContext& context, bytes::View body, wire::Encoder& out) {
    wire::Decoder in{std::move(body)};
    auto request = Request::decode(in, context.api_version);
    if (!request) co_return fail(std::move(request).error());
    auto response = co_await handle(shard, context, *std::move(request));
    if constexpr (detail::AnswerOf<decltype(response)>::kMayBeNone) {
        if (!response) co_return fail(std::move(response).error());
        if (!*response) co_return Reply::kNone;
        (*response)->encode(out, context.api_version);
    } else {
        response.encode(out, context.api_version);
    }
    co_return Reply::kAnswer;
}

// A row for all versions that the message has.
template <class Request, auto handle>
constexpr Handler handler_for(server::Overlap overlap = server::Overlap::kAlone) {
    return {static_cast<wire::ApiKey>(Request::kApiKey), Request::kVersionMin, Request::kVersionMax, overlap,
            &served_by<Request, handle>};
}

// All of this module.
std::span<const Handler> broker_handlers();

}  // namespace moldau::handlers
