// gRPC's callback API: every reaction posts to the home core, every answer comes from there.

#include "operator_api/server.h"

#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <future>
#include <utility>

#include "base/check.h"
#include "base/logger.h"
#include "operator_api/desk.h"
#include "proto/operator_api.grpc.pb.h"

namespace moldau::operator_api {
namespace {

using Context = grpc::CallbackServerContext;

constexpr int kMessageBytesMax = 4 << 20;
constexpr int kStreamsPerConnectionMax = 100;
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kClientPingsMinMs = 5'000;
constexpr Millis kShutdown{1'000};
constexpr Millis kDeadlineMax{60'000};

constexpr std::array<std::pair<std::string_view, grpc::StatusCode>, 10> kCodes{{
    {"OK", grpc::StatusCode::OK},
    {"INVALID_ARGUMENT", grpc::StatusCode::INVALID_ARGUMENT},
    {"FAILED_PRECONDITION", grpc::StatusCode::FAILED_PRECONDITION},
    {"NOT_FOUND", grpc::StatusCode::NOT_FOUND},
    {"PERMISSION_DENIED", grpc::StatusCode::PERMISSION_DENIED},
    {"UNAVAILABLE", grpc::StatusCode::UNAVAILABLE},
    {"RESOURCE_EXHAUSTED", grpc::StatusCode::RESOURCE_EXHAUSTED},
    {"DEADLINE_EXCEEDED", grpc::StatusCode::DEADLINE_EXCEEDED},
    {"CANCELLED", grpc::StatusCode::CANCELLED},
    {"INTERNAL", grpc::StatusCode::INTERNAL},
}};

grpc::Status status_of(Context& context, const Error& error) {
    if (error.code == Errc::kNone) return {grpc::StatusCode::CANCELLED, "the caller went away"};
    context.AddTrailingMetadata("moldau-error", std::string(errc_name(error.code)));
    const auto* found = std::ranges::find(kCodes, status_name(error.code), [](const auto& row) { return row.first; });
    CHECK(found != kCodes.end());
    return {found->second, error.context.empty() ? std::string(errc_text(error.code)) : error.context};
}

// "ipv4:10.0.0.7:51234" as "/10.0.0.7".
std::string host_of(const std::string& peer) {
    const auto first = peer.find(':');
    const auto last = peer.rfind(':');
    if (first == std::string::npos || last <= first) return "/" + peer;
    return "/" + peer.substr(first + 1, last - first - 1);
}

Arrival arrival_of(const Context& context, std::string_view method) {
    const auto left = std::chrono::duration_cast<Millis>(context.deadline() - std::chrono::system_clock::now());
    return {method, std::chrono::steady_clock::now() + std::min(left, kDeadlineMax), host_of(context.peer())};
}

// A feed's gRPC side. Lifetime: gRPC's, until OnDone; the desk lets go of it with finish(). Thread: what overrides Listener
// is called on the home core, the reactions on gRPC's threads, which only post.
class Stream final : public grpc::ServerWriteReactor<pb::TopicChanges>, public Listener {
public:
    Stream(io::Executor& home, Desk& desk, Context& context) : home_(home), desk_(desk), context_(context) {}

    void open(Arrival arrival, const pb::WatchTopicsRequest& request) {
        home_.post([this, seat = seat_, arrival = std::move(arrival), &request]() mutable {
            // Once refused, this object is gone: nothing of it is used after the call.
            seat->watch = desk_.watch(std::move(arrival), request, *this);
        });
    }

    void write(pb::TopicChanges message, std::move_only_function<void(bool)> done) override {
        message_ = std::move(message);
        done_ = std::move(done);
        StartWrite(&message_);
    }
    void cancel() override { context_.TryCancel(); }
    void finish(Error error) override {
        auto status = status_of(context_, error);
        Finish(std::move(status));
    }

    void OnWriteDone(bool ok) override {
        home_.post([this, ok] { std::exchange(done_, {})(ok); });
    }
    void OnCancel() override {
        home_.post([&desk = desk_, seat = seat_] {
            if (seat->watch) desk.end(seat->watch);
        });
    }
    void OnDone() override { delete this; }

private:
    struct Seat {
        std::shared_ptr<Desk::Watch> watch;
    };
    io::Executor& home_;
    Desk& desk_;
    Context& context_;
    const std::shared_ptr<Seat> seat_ = std::make_shared<Seat>();
    pb::TopicChanges message_;
    std::move_only_function<void(bool)> done_;
};

// Lifetime: the server's. Thread: gRPC's.
class Service final : public pb::OperatorApi::CallbackService {
public:
    Service(io::Executor& home, Desk& desk) : home_(home), desk_(desk) {}

    grpc::ServerUnaryReactor* DescribeCluster(Context* context, const pb::DescribeClusterRequest* request,
                                              pb::DescribeClusterResponse* response) override {
        auto* reactor = context->DefaultReactor();
        home_.post([=, this, arrival = arrival_of(*context, "DescribeCluster")]() mutable {
            desk_.take_describe_cluster(std::move(arrival), *request,
                                        AnswerTo<pb::DescribeClusterResponse>{context, reactor, response});
        });
        return reactor;
    }
    grpc::ServerUnaryReactor* DescribeTopics(Context* context, const pb::DescribeTopicsRequest* request,
                                             pb::DescribeTopicsResponse* response) override {
        return take("DescribeTopics", &Operations::describe_topics, context, request, response);
    }
    grpc::ServerUnaryReactor* CreateTopics(Context* context, const pb::CreateTopicsRequest* request,
                                           pb::TopicResults* response) override {
        return take("CreateTopics", &Operations::create_topics, context, request, response);
    }
    grpc::ServerUnaryReactor* AlterTopics(Context* context, const pb::AlterTopicsRequest* request,
                                          pb::TopicResults* response) override {
        return take("AlterTopics", &Operations::alter_topics, context, request, response);
    }
    grpc::ServerUnaryReactor* DeleteTopics(Context* context, const pb::DeleteTopicsRequest* request,
                                           pb::TopicResults* response) override {
        return take("DeleteTopics", &Operations::delete_topics, context, request, response);
    }
    grpc::ServerUnaryReactor* DescribeSettings(Context* context, const pb::DescribeSettingsRequest* request,
                                               pb::DescribeSettingsResponse* response) override {
        return take("DescribeSettings", &Operations::describe_settings, context, request, response);
    }
    grpc::ServerUnaryReactor* AlterSettings(Context* context, const pb::AlterSettingsRequest* request,
                                            pb::AlterSettingsResponse* response) override {
        return take("AlterSettings", &Operations::alter_settings, context, request, response);
    }
    grpc::ServerUnaryReactor* MayStop(Context* context, const pb::MayStopRequest* request,
                                      pb::MayStopResponse* response) override {
        return take("MayStop", &Operations::may_stop, context, request, response);
    }
    grpc::ServerUnaryReactor* PrepareToStop(Context* context, const pb::PrepareToStopRequest* request,
                                            pb::StopProgress* response) override {
        return take("PrepareToStop", &Operations::prepare_to_stop, context, request, response);
    }
    grpc::ServerUnaryReactor* GetStopProgress(Context* context, const pb::GetStopProgressRequest* request,
                                              pb::StopProgress* response) override {
        return take("GetStopProgress", &Operations::stop_progress, context, request, response);
    }
    grpc::ServerWriteReactor<pb::TopicChanges>* WatchTopics(Context* context,
                                                            const pb::WatchTopicsRequest* request) override {
        auto* stream = new Stream(home_, desk_, *context);
        auto arrival = arrival_of(*context, "WatchTopics");
        stream->open(std::move(arrival), *request);
        return stream;
    }

private:
    // How a call is answered. All three stay until the reactor is finished.
    template <class Response>
    struct AnswerTo {
        Context* context;
        grpc::ServerUnaryReactor* reactor;
        Response* response;

        void operator()(Result<Response> result) const {
            if (!result) return reactor->Finish(status_of(*context, result.error()));
            *response = *std::move(result);
            reactor->Finish(grpc::Status::OK);
        }
    };
    template <class Request, class Response>
    grpc::ServerUnaryReactor* take(std::string_view name,
                                   Task<Result<Response>> (Operations::*method)(Call&, const Request&), Context* context,
                                   const Request* request, Response* response) {
        auto* reactor = context->DefaultReactor();
        home_.post([=, this, arrival = arrival_of(*context, name)]() mutable {
            desk_.take(std::move(arrival), method, *request, AnswerTo<Response>{context, reactor, response});
        });
        return reactor;
    }

    io::Executor& home_;
    Desk& desk_;
};

Result<void> check_address(const std::string& address) {
    const auto colon = address.rfind(':');
    int port = -1;
    if (colon != std::string::npos && colon > 0) {
        const auto* end = address.data() + address.size();
        const auto [last, error] = std::from_chars(address.data() + colon + 1, end, port);
        if (error != std::errc{} || last != end) port = -1;
    }
    if (port >= 0 && port <= 0xffff) return {};
    return fail(Errc::kUsage, fmt::format("moldau.internal.listen={}: must be host:port", address));
}

void log_of_grpc(gpr_log_func_args* line) {
    if (line->severity == GPR_LOG_SEVERITY_ERROR)
        LOG_WARNING("operator_api", "gRPC says message=\"{}\"", line->message);
    else
        LOG_DEBUG("operator_api", "gRPC says message=\"{}\"", line->message);
}

}  // namespace

// Lifetime: the server's.
class Server::Impl {
public:
    Impl(io::Executor& home, const security::Authorizer& authorizer, const ServerOptions& options)
        : home_(home), desk_(home, authorizer, options), service_(home, desk_) {}

    Result<void> start(const ServerOptions& options) {
        gpr_set_log_function(log_of_grpc);
        grpc::ServerBuilder builder;
        grpc::ResourceQuota quota{"operator_api"};
        quota.Resize(options.memory_bytes_max);
        builder.SetResourceQuota(quota);
        builder.SetMaxReceiveMessageSize(kMessageBytesMax);
        builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsPerConnectionMax);
        // A second broker on this port must fail, not share it.
        builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
        builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kClientPingsMinMs);
        builder.AddListeningPort(options.address, grpc::InsecureServerCredentials(), &port);
        builder.RegisterService(&service_);
        server_ = builder.BuildAndStart();
        if (server_ == nullptr || port == 0) {
            return fail(Errc::kIo, fmt::format("moldau.internal.listen={}: cannot be listened on", options.address));
        }
        return {};
    }

    void shutdown() {
        if (server_ == nullptr) return;
        server_->Shutdown(std::chrono::system_clock::now() + kShutdown);
        server_.reset();
        // What gRPC's threads have posted refers to the desk.
        std::promise<void> done;
        home_.post([&done] { done.set_value(); });
        done.get_future().wait();
    }

    Desk& desk() { return desk_; }
    int port = 0;

private:
    io::Executor& home_;
    Desk desk_;
    Service service_;
    std::unique_ptr<grpc::Server> server_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { impl_->shutdown(); }

Result<std::unique_ptr<Server>> Server::listen(io::Executor& home, const security::Authorizer& authorizer,
                                               ServerOptions options) {
    MOLDAU_TRY(check_address(options.address));
    auto impl = std::make_unique<Impl>(home, authorizer, options);
    MOLDAU_TRY(impl->start(options));
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const { return impl_->port; }
void Server::serve(Operations& operations) { impl_->desk().serve(operations); }
Task<void> Server::stop_serving() { return impl_->desk().stop(); }
std::vector<CallCount> Server::counts() const { return impl_->desk().counts(); }
std::size_t Server::feeds() const { return impl_->desk().feeds(); }
void Server::shutdown() { impl_->shutdown(); }

}  // namespace moldau::operator_api
