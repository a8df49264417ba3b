// Statuses as errors; the end of all calls.

#include "operator/broker_api/grpc_calls.h"

#include <string>

#include "operator/broker_api/messages.h"

namespace moldau::broker_api {
namespace {

Errc errc_of(grpc::StatusCode code) {
    switch (code) {
        case grpc::StatusCode::UNAVAILABLE:
            return Errc::kBrokerNotAvailable;
        case grpc::StatusCode::DEADLINE_EXCEEDED:
            return Errc::kRequestTimedOut;
        case grpc::StatusCode::CANCELLED:
            return Errc::kClosed;
        case grpc::StatusCode::RESOURCE_EXHAUSTED:
            return Errc::kBusy;
        case grpc::StatusCode::INVALID_ARGUMENT:
            return Errc::kInvalidRequest;
        case grpc::StatusCode::UNIMPLEMENTED:
            return Errc::kUnsupportedVersion;
        default:
            return Errc::kUnknownServerError;
    }
}

}  // namespace

Error error_of(const grpc::Status& status, const grpc::ClientContext& context) {
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto found = trailers.find("moldau-error");
    auto code = errc_of(status.error_code());
    if (found != trailers.end()) code = errc_named({found->second.data(), found->second.size()});
    // A broker that is going away is to its callers one that is not there.
    if (found != trailers.end() && code == Errc::kClosed) code = Errc::kBrokerNotAvailable;
    return {code, status.error_message()};
}

void GrpcCalls::ended(grpc::ClientContext& context) {
    under_way_.erase(&context);
    if (!under_way_.empty()) return;
    for (auto& done : std::exchange(waiting_for_end_, {})) done(true);
}

Task<void> GrpcCalls::close() {
    closed_ = true;
    for (auto* context : under_way_) context->TryCancel();
    if (under_way_.empty()) co_return;
    co_await completion<bool>([this](auto done) { waiting_for_end_.push_back(std::move(done)); });
}

}  // namespace moldau::broker_api
