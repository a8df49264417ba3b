// The operator API over a real connection: a broker on a simulated disk, its loop turned by a thread of its own.

#include "operator_api/server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "io/core.h"
#include "operator_api/operator_testing.h"
#include "proto/operator_api.grpc.pb.h"

namespace moldau::operator_api {
namespace {

using ::testing::HasSubstr;

// A core that belongs to nobody but the server: the calls that get through it never reach a broker.
class ServerTest : public ::testing::Test {
protected:
    ServerTest() : thread_([this] { core_.run(); }) {}
    ~ServerTest() override {
        server_.reset();
        core_.stop();
        thread_.join();
    }
    std::string open() {
        auto server = Server::listen(core_.executor(), authorizer_,
                                     {.address = "127.0.0.1:0", .node = BrokerId{7}, .version = "1.2.3"});
        server_ = std::move(server).value();
        return "127.0.0.1:" + std::to_string(server_->port());
    }
    void stop_serving() {
        std::promise<void> done;
        core_.executor().post([&] { spawn(server_->stop_serving(), [&] { done.set_value(); }); });
        done.get_future().wait();
    }
    static std::unique_ptr<pb::OperatorApi::Stub> connect(const std::string& target) {
        return pb::OperatorApi::NewStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
    }
    static std::string error_name(const grpc::ClientContext& context) {
        const auto found = context.GetServerTrailingMetadata().find("moldau-error");
        if (found == context.GetServerTrailingMetadata().end()) return "";
        return {found->second.data(), found->second.size()};
    }

    io::IoThreads threads_{{.writers = 1, .readers = 1}};
    io::Core core_{0, threads_};
    security::AllowAll authorizer_;
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

TEST_F(ServerTest, AnswersBeforeTheBrokerServes) {
    const auto stub = connect(open());
    grpc::ClientContext context;
    pb::DescribeClusterResponse response;

    const auto status = stub->DescribeCluster(&context, {}, &response);

    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.node_id(), 7);
    EXPECT_EQ(response.reasons(0).code(), "RECOVERING");
}

TEST_F(ServerTest, SendsTheNameOfAnError) {
    const auto stub = connect(open());
    grpc::ClientContext context;
    pb::TopicResults response;

    const auto status = stub->CreateTopics(&context, {}, &response);

    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_message(), HasSubstr("recovering"));
    EXPECT_EQ(error_name(context), "COORDINATOR_LOAD_IN_PROGRESS");
}

TEST_F(ServerTest, RefusesAFeedAndGoesOn) {
    const auto stub = connect(open());
    for (int round = 0; round < 3; ++round) {
        grpc::ClientContext context;
        const auto reader = stub->WatchTopics(&context, {});
        pb::TopicChanges message;
        EXPECT_FALSE(reader->Read(&message));
        EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
    }
}

TEST_F(ServerTest, RefusesAMessageThatIsTooLarge) {
    const auto stub = connect(open());
    grpc::ClientContext context;
    pb::CreateTopicsRequest request;
    request.add_topics()->set_name(std::string(5 << 20, 'x'));
    pb::TopicResults response;

    EXPECT_EQ(stub->CreateTopics(&context, request, &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, SaysStoppingOnceItStops) {
    const auto stub = connect(open());
    stop_serving();
    grpc::ClientContext context;
    pb::DescribeClusterResponse response;
    ASSERT_TRUE(stub->DescribeCluster(&context, {}, &response).ok());
    EXPECT_EQ(response.reasons(0).code(), "STOPPING");
}

TEST_F(ServerTest, DoesNotShareAPort) {
    const auto target = open();
    const auto second = Server::listen(core_.executor(), authorizer_, {.address = target});
    EXPECT_EQ(second.error().code, Errc::kIo);
}

TEST_F(ServerTest, WantsAnAddress) {
    for (const auto* address : {"localhost", ":9190", "host:", "host:port", "host:70000"}) {
        const auto refused = Server::listen(core_.executor(), authorizer_, {.address = address});
        EXPECT_EQ(refused.error().code, Errc::kUsage) << address;
    }
}

}  // namespace
}  // namespace moldau::operator_api
