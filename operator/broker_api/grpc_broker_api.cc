// Unary calls by gRPC's callback API, results posted to the loop.

#include "operator/broker_api/grpc_broker_api.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <utility>

#include "operator/broker_api/grpc_calls.h"
#include "operator/broker_api/grpc_feed.h"
#include "operator/broker_api/messages.h"
#include "proto/operator_api.grpc.pb.h"

namespace moldau::broker_api {
namespace {

constexpr int kMessageBytesMax = 16 << 20;
constexpr std::size_t kMemoryBytesMax = 24 << 20;
constexpr int kKeepaliveMs = 15'000;
constexpr int kKeepaliveTimeoutMs = 5'000;
constexpr int kBackoffMinMs = 100;
constexpr int kBackoffMaxMs = 2'000;
constexpr int kResolutionsMinMs = 500;

std::shared_ptr<grpc::Channel> make_channel(const std::string& target) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kBackoffMinMs);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kBackoffMaxMs);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kBackoffMaxMs);
    arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kResolutionsMinMs);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    grpc::ResourceQuota quota{"broker_api"};
    quota.Resize(kMemoryBytesMax);
    arguments.SetResourceQuota(quota);
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

class GrpcBrokerApi final : public BrokerApi {
public:
    GrpcBrokerApi(loop::Loop& loop, const std::string& target, const GrpcOptions& options)
        : options_(options), calls_(loop), stub_(pb::OperatorApi::NewStub(make_channel(target))) {}

    Task<Result<ClusterState>> cluster() override {
        return call<ClusterState>(&Async::DescribeCluster, pb::DescribeClusterRequest{});
    }
    Task<Result<TopicPage>> describe_topics(DescribeTopics asked) override {
        return call<TopicPage>(&Async::DescribeTopics, to_message(asked));
    }
    Task<Result<TopicResults>> create_topics(CreateTopics order) override {
        return call<TopicResults>(&Async::CreateTopics, to_message(order));
    }
    Task<Result<TopicResults>> alter_topics(AlterTopics order) override {
        return call<TopicResults>(&Async::AlterTopics, to_message(order));
    }
    Task<Result<TopicResults>> delete_topics(DeleteTopics order) override {
        return call<TopicResults>(&Async::DeleteTopics, to_message(order));
    }
    Task<Result<Settings>> settings() override {
        return call<Settings>(&Async::DescribeSettings, pb::DescribeSettingsRequest{});
    }
    Task<Result<SettingResults>> alter_settings(AlterSettings order) override {
        return call<SettingResults>(&Async::AlterSettings, to_message(order));
    }
    Task<Result<StopVerdict>> may_stop(BrokerId broker) override {
        pb::MayStopRequest request;
        request.set_broker_id(broker.value);
        return call<StopVerdict>(&Async::MayStop, std::move(request));
    }
    Task<Result<StopProgress>> prepare_to_stop(PrepareToStop order) override {
        return call<StopProgress>(&Async::PrepareToStop, to_message(order));
    }
    Task<Result<StopProgress>> stop_progress(BrokerId broker) override {
        pb::GetStopProgressRequest request;
        request.set_broker_id(broker.value);
        return call<StopProgress>(&Async::GetStopProgress, std::move(request));
    }
    std::unique_ptr<TopicFeed> watch_topics(std::string resume) override {
        return open_feed(calls_, *stub_, {std::move(resume), options_.feed_silence});
    }
    Task<void> close() override { return calls_.close(); }

private:
    using Async = pb::OperatorApi::StubInterface::async_interface;
    template <class Request, class Response>
    using Method = void (Async::*)(grpc::ClientContext*, const Request*, Response*, std::function<void(grpc::Status)>);

    template <class Answer, class Request, class Response>
    Task<Result<Answer>> call(Method<Request, Response> method, Request request) {
        if (calls_.is_closed()) co_return fail(Errc::kClosed, "the connection is closed");
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + options_.timeout);
        Response response;
        calls_.began(context);
        const auto status = co_await completion<grpc::Status>([&](auto done) {
            // std::function wants what can be copied.
            const auto shared = std::make_shared<decltype(done)>(std::move(done));
            (stub_->async()->*method)(&context, &request, &response, [this, shared](grpc::Status ended) {
                calls_.event_loop.post([shared, ended = std::move(ended)]() mutable { (*shared)(std::move(ended)); });
            });
        });
        Result<Answer> answer = fail(Errc::kUnknownServerError);
        if (status.ok())
            answer = from_message(response);
        else
            answer = fail(error_of(status, context));
        calls_.ended(context);
        co_return answer;
    }

    const GrpcOptions options_;
    GrpcCalls calls_;
    std::unique_ptr<pb::OperatorApi::Stub> stub_;
};

}  // namespace

std::unique_ptr<BrokerApi> GrpcBrokerApiFactory::connect(std::string target) {
    return std::make_unique<GrpcBrokerApi>(loop_, target, options_);
}

}  // namespace moldau::broker_api
