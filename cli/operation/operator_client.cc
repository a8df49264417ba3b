// The channel, and gRPC's statuses as sentences that say what to do.

#include "cli/operation/operator_client.h"

#include <array>
#include <utility>

namespace moldau::cli {
namespace {

constexpr int kMessageBytesMax = 16 << 20;

std::shared_ptr<grpc::Channel> open(const std::string& api) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    return grpc::CreateCustomChannel(api, grpc::InsecureChannelCredentials(), arguments);
}

// The broker's own name of the error, else what stands for gRPC's.
Errc code_of(const grpc::Status& status, const grpc::ClientContext& context) {
    constexpr std::pair<std::string_view, Errc> kNamed[] = {
        {"STALE_BROKER_EPOCH", Errc::kStaleBrokerEpoch},
        {"BROKER_ID_NOT_REGISTERED", Errc::kBrokerIdNotRegistered},
        {"COORDINATOR_LOAD_IN_PROGRESS", Errc::kCoordinatorLoadInProgress},
        {"CLUSTER_AUTHORIZATION_FAILED", Errc::kClusterAuthorizationFailed},
    };
    const auto trailer = context.GetServerTrailingMetadata().find("moldau-error");
    if (trailer != context.GetServerTrailingMetadata().end()) {
        const std::string_view name{trailer->second.data(), trailer->second.size()};
        for (const auto& [known, code] : kNamed) {
            if (known == name) return code;
        }
    }
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) return Errc::kBrokerNotAvailable;
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) return Errc::kRequestTimedOut;
    return Errc::kUnknownServerError;
}

}  // namespace

OperatorClient::OperatorClient(const Global& global, const std::string& api)
    : api_(api), timeout_(global.timeout), stub_(pb::OperatorApi::NewStub(open(api))) {}

Error OperatorClient::error_of(const grpc::Status& status, const grpc::ClientContext& context,
                               const std::string& what) const {
    const auto code = code_of(status, context);
    if (code == Errc::kBrokerNotAvailable) {
        return {code, what + ": no operator API answers on " + api_ +
                          ": is the broker up, and is this its moldau.internal.listen? (" + status.error_message() + ")"};
    }
    return {code, what + ": " + status.error_message()};
}

Result<pb::DescribeClusterResponse> OperatorClient::state() {
    return call(&pb::OperatorApi::Stub::DescribeCluster, pb::DescribeClusterRequest{}, "cannot ask for the state");
}

Result<std::int32_t> OperatorClient::broker_or_self(std::optional<std::int32_t> given) {
    if (given) return *given;
    MOLDAU_TRY_ASSIGN(answer, state());
    return answer.node_id();
}

}  // namespace moldau::cli
