// A connection to a broker's operator API: blocking calls with the command's deadline, errors as sentences.

#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "cli/frame/global.h"
#include "proto/operator_api.grpc.pb.h"

namespace moldau::cli {

namespace pb = ::moldau::operator_api::v1;

// Lifetime: one command.
class OperatorClient {
public:
    OperatorClient(const Global& global, const std::string& api);

    template <class Request, class Response>
    using Method = grpc::Status (pb::OperatorApi::Stub::*)(grpc::ClientContext*, const Request&, Response*);

    // `what` begins the sentence of an error: "cannot ask for the state".
    template <class Request, class Response>
    Result<Response> call(Method<Request, Response> method, const Request& request, const std::string& what) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + timeout_);
        Response response;
        const auto status = ((*stub_).*method)(&context, request, &response);
        if (!status.ok()) return fail(error_of(status, context, what));
        return response;
    }
    // For `DescribeCluster`, which every command needs to know who answers.
    Result<pb::DescribeClusterResponse> state();
    // The number that was given, or that of the broker that answers.
    Result<std::int32_t> broker_or_self(std::optional<std::int32_t> given);

    pb::OperatorApi::Stub& stub() { return *stub_; }
    Error error_of(const grpc::Status& status, const grpc::ClientContext& context, const std::string& what) const;

private:
    const std::string api_;
    const std::chrono::milliseconds timeout_;
    std::unique_ptr<pb::OperatorApi::Stub> stub_;
};

}  // namespace moldau::cli
