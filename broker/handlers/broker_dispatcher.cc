// Reads the request header, finds the handler, frames its answer.

#include "handlers/broker_dispatcher.h"

#include <fmt/format.h>

#include <utility>

#include "bytes/endian.h"
#include "handlers/api_versions.h"
#include "handlers/shard.h"
#include "wire/frame.h"

namespace moldau::handlers {
namespace {

Result<server::Answer> refuse_version(const HandlerTable& table, wire::RequestHead head) {
    if (head.api->key != wire::ApiKey::kApiVersions) {
        return fail(Errc::kInvalidRequest, fmt::format("{} has no version {}", head.api->name, head.version));
    }
    head.version = 0;
    auto frame = wire::encode_response(head, refuse_api_versions(table));
    if (!frame) return fail(std::move(frame).error());
    return server::Answer{*std::move(frame), {}};
}

server::RequestContext context_of(Shard& shard, const server::Peer& peer, server::AbortSignal& aborted,
                                  wire::RequestHead& head) {
    return {.executor = shard.executor,
            .authorizer = *shard.node.authorizer,
            .aborted = aborted,
            .principal = peer.principal,
            .listener = peer.listener,
            .client_host = '/' + peer.host,
            .client_id = std::move(head.client_id),
            .connection_id = peer.connection_id,
            .api_key = wire::to_int16(head.api->key),
            .api_version = head.version,
            .sends_files = peer.sends_files};
}

}  // namespace

server::Overlap BrokerDispatcher::overlap(bytes::View frame) const {
    if (frame.size() < 2) return server::Overlap::kAlone;
    const auto* handler = table_.find(bytes::load_be<std::int16_t>(frame.data()));
    return handler ? handler->overlap : server::Overlap::kAlone;
}

Task<Result<server::Answer>> BrokerDispatcher::handle(bytes::View frame, const server::Peer& peer,
                                                      server::AbortSignal& aborted) {
    wire::Decoder in{std::move(frame)};
    auto head = wire::read_request_head(in);
    if (!head) co_return fail(std::move(head).error());
    const auto* handler = table_.find(wire::to_int16(head->api->key));
    if (handler == nullptr) {
        ++shard_.counters.requests_unsupported;
        co_return fail(Errc::kInvalidRequest, fmt::format("{} is not served by this version", head->api->name));
    }
    if (!head->is_known_version() || head->version < handler->version_min || head->version > handler->version_max) {
        ++shard_.counters.requests_unsupported;
        co_return refuse_version(table_, *std::move(head));
    }
    auto out = wire::begin_response(*head);
    auto context = context_of(shard_, peer, aborted, *head);
    co_return co_await run(*handler, context, std::move(out), in.rest());
}

Task<Result<server::Answer>> BrokerDispatcher::run(const Handler& handler, server::RequestContext& context,
                                                   wire::Encoder out, bytes::View body) {
    auto& stats = stats_[static_cast<std::size_t>(context.api_key)];
    const auto start = shard_.executor.now().mono;
    ++stats.requests;
    auto reply = co_await handler.run(shard_, context, std::move(body), out);
    stats.latency.add(shard_.executor.now().mono - start);
    if (!reply) {
        ++stats.errors;
        co_return fail(std::move(reply).error());
    }
    if (*reply == Reply::kNone) co_return server::Answer{};
    auto frame = out.finish();
    if (!frame) co_return fail(std::move(frame).error());
    co_return server::Answer{*std::move(frame), std::move(context.answer_memory)};
}

}  // namespace moldau::handlers
