// Requests in our own protocol code, to the brokers of a cluster.
//
// The problem: the client library lacks what a person who operates a cluster asks for (incremental changes of settings, log
// directories, features). The idea: `wire` has every message of the protocol, so a connection and the highest version that
// both sides have are enough. Place: `client.h` is for records, groups and what needs retries; this for questions and
// changes that either work now or are reported. No encryption or authentication: settings that ask for them are refused.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/frame/connection.h"
#include "cli/frame/global.h"
#include "wire/api_versions.h"
#include "wire/frame.h"
#include "wire/metadata.h"

namespace moldau::cli {

// "cannot <what>: <the broker's text, or ours for the code>". `code` is Kafka's.
Error refused(const std::string& what, std::int16_t code, const std::optional<std::string>& message = std::nullopt);

// One broker, and what it can do.
class BrokerLink {
public:
    // Connects and asks for the versions. Errors: those of Connection.
    static Result<BrokerLink> open(const Endpoint& endpoint, std::chrono::milliseconds timeout);

    // The answer's own error codes are the caller's to look at. Errors: kUnsupportedVersion when the broker is too old or
    // too new for it, those of Connection, kMalformed.
    template <class Response, class Request>
    Result<Response> call(const Request& request) {
        MOLDAU_TRY_ASSIGN(head, head_for(static_cast<wire::ApiKey>(Request::kApiKey)));
        MOLDAU_TRY_ASSIGN(frame, wire::encode_request(head, request));
        MOLDAU_TRY_ASSIGN(in, exchange(head, frame));
        return wire::decode_whole<Response>(in, head.version);
    }
    // Does it have the API?
    bool serves(wire::ApiKey key) const { return head_for(key).has_value(); }
    const wire::ApiVersionsResponse& versions() const { return versions_; }

private:
    explicit BrokerLink(Connection connection) : connection_(std::move(connection)) {}
    Result<wire::RequestHead> head_for(wire::ApiKey key) const;
    Result<wire::Decoder> exchange(const wire::RequestHead& head, const bytes::ChunkList& frame);

    Connection connection_;
    wire::ApiVersionsResponse versions_;
};

// Lifetime: one command.
class WireClient {
public:
    // When it resolves, a broker has answered. Errors: kUsage for settings that want a secured connection;
    // kNetworkException with advice when no broker answers.
    static Result<WireClient> connect(const Global& global);

    // The broker that answered first: any one does for most questions.
    BrokerLink& any() { return any_; }
    // A connection to one broker of the cluster, kept. Errors: kUsage for an id that the cluster does not have.
    Result<BrokerLink*> broker(std::int32_t id);
    const wire::MetadataResponse& metadata() const { return metadata_; }

    // All topics. Errors: those of the request.
    Result<wire::MetadataResponse> all_topics();

private:
    WireClient(const Global& global, BrokerLink any) : global_(global), any_(std::move(any)) {}

    Global global_;
    BrokerLink any_;
    wire::MetadataResponse metadata_;  // of the brokers, no topics
    std::map<std::int32_t, BrokerLink> links_;
};

}  // namespace moldau::cli
