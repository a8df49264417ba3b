// First contact, versions, frames.

#include "cli/frame/wire_client.h"

#include <algorithm>

namespace moldau::cli {
namespace {

constexpr std::string_view kClientId = "moldau";
constexpr std::int16_t kApiVersionsVersion = 3;  // the first with features; every broker since Kafka 2.4 has it

// Properties of the client library that this connection could not honour.
Result<void> refuse_security(const std::vector<KeyValue>& properties) {
    for (const auto& [key, value] : properties) {
        const bool is_plain = key == "security.protocol" && (value == "plaintext" || value == "PLAINTEXT");
        if (is_plain || (!key.starts_with("security.") && !key.starts_with("sasl.") && !key.starts_with("ssl."))) continue;
        return fail(Errc::kUsage, "-X " + key +
                                      " cannot be used with this command: it connects without encryption and "
                                      "authentication, give a listener that has neither");
    }
    return {};
}

}  // namespace

Error refused(const std::string& what, std::int16_t code, const std::optional<std::string>& message) {
    const auto errc = static_cast<Errc>(code);
    if (message && !message->empty()) return {errc, what + ": " + *message};
    return {errc, what + ": " + std::string(errc_text(errc)) + " (" + std::string(errc_name(errc)) + ")"};
}

Result<BrokerLink> BrokerLink::open(const Endpoint& endpoint, std::chrono::milliseconds timeout) {
    MOLDAU_TRY_ASSIGN(connection, Connection::open(endpoint, timeout));
    BrokerLink link{std::move(connection)};
    wire::ApiVersionsRequest request;
    request.client_software_name = kClientId;
    request.client_software_version = MOLDAU_VERSION;
    wire::RequestHead head{wire::find_api(wire::ApiVersionsRequest::kApiKey), kApiVersionsVersion, 0,
                           std::string(kClientId)};
    MOLDAU_TRY_ASSIGN(frame, wire::encode_request(head, request));
    MOLDAU_TRY_ASSIGN(in, link.exchange(head, frame));
    MOLDAU_TRY_ASSIGN(versions, wire::decode_whole<wire::ApiVersionsResponse>(in, head.version));
    if (versions.error_code != 0) return fail(refused(endpoint.text(), versions.error_code));
    link.versions_ = std::move(versions);
    return link;
}

Result<wire::RequestHead> BrokerLink::head_for(wire::ApiKey key) const {
    const auto* api = wire::find_api(wire::to_int16(key));
    const auto served =
        std::ranges::find(versions_.api_keys, wire::to_int16(key), &wire::ApiVersionsResponse::ApiVersion::api_key);
    const std::string what = "the broker does not have the request " + std::string(api->name);
    if (served == versions_.api_keys.end()) return fail(Errc::kUnsupportedVersion, what);
    const auto version = std::min(api->version_stable_max, served->max_version);
    if (version < std::max(api->version_min, served->min_version)) {
        return fail(Errc::kUnsupportedVersion, what + " in a version that this tool knows");
    }
    return wire::RequestHead{api, version, 0, std::string(kClientId)};
}

Result<wire::Decoder> BrokerLink::exchange(const wire::RequestHead& head, const bytes::ChunkList& frame) {
    MOLDAU_TRY(connection_.send(frame));
    MOLDAU_TRY_ASSIGN(answer, connection_.receive_frame());
    wire::Decoder in{std::move(answer)};
    MOLDAU_TRY_ASSIGN(correlation, wire::read_response_head(in, *head.api, head.version));
    if (correlation != head.correlation_id) return fail(Errc::kMalformed, "the answer belongs to another request");
    return in;
}

Result<WireClient> WireClient::connect(const Global& global) {
    MOLDAU_TRY(refuse_security(global.properties));
    MOLDAU_TRY_ASSIGN(endpoints, parse_endpoints(global.brokers));
    std::string reasons;
    for (const auto& endpoint : endpoints) {
        auto link = BrokerLink::open(endpoint, global.timeout);
        if (!link) {
            reasons = link.error().context;
            continue;
        }
        WireClient client{global, std::move(*link)};
        wire::MetadataRequest request;
        request.topics.emplace();  // none
        MOLDAU_TRY_ASSIGN(metadata, client.any_.call<wire::MetadataResponse>(request));
        client.metadata_ = std::move(metadata);
        return client;
    }
    return fail(Errc::kNetworkException,
                "cannot reach " + global.brokers + ": is the broker running? try --brokers HOST:PORT (" + reasons + ")");
}

Result<BrokerLink*> WireClient::broker(std::int32_t id) {
    if (const auto known = links_.find(id); known != links_.end()) return &known->second;
    const auto& brokers = metadata_.brokers;
    const auto found = std::ranges::find(brokers, id, &wire::MetadataResponse::MetadataResponseBroker::node_id);
    if (found == brokers.end()) {
        std::string ids;
        for (const auto& one : brokers) ids += (ids.empty() ? "" : ", ") + std::to_string(one.node_id);
        return fail(Errc::kUsage, "there is no broker " + std::to_string(id) + ": there are " + ids);
    }
    MOLDAU_TRY_ASSIGN(link, BrokerLink::open({found->host, static_cast<std::uint16_t>(found->port)}, global_.timeout));
    return &links_.emplace(id, std::move(link)).first->second;
}

Result<wire::MetadataResponse> WireClient::all_topics() {
    wire::MetadataRequest request;
    request.topics.reset();
    request.allow_auto_topic_creation = false;
    return any_.call<wire::MetadataResponse>(request);
}

}  // namespace moldau::cli
