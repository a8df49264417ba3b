// The gRPC client against a service of the test's own, over loopback: answers, errors, deadlines, feeds, the end.

#include "operator/broker_api/grpc_broker_api.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "operator/broker_api/messages.h"
#include "operator/loop/real_loop.h"
#include "proto/operator_api.grpc.pb.h"

namespace moldau::broker_api {
namespace {

using grpc::ServerContext;
using grpc::Status;
using ::testing::HasSubstr;

// Answers by rote; MayStop, and a feed after its first message, wait until the client gives up.
class Service final : public pb::OperatorApi::Service {
public:
    Status DescribeCluster(ServerContext*, const pb::DescribeClusterRequest*, pb::DescribeClusterResponse* to) override {
        to->set_cluster_id("c-1");
        to->set_ready(true);
        to->set_health(pb::DescribeClusterResponse::HEALTH_DEGRADED);
        auto& disk = *to->add_disks();
        disk.set_path("/data");
        disk.set_failure("EIO");
        disk.set_directory_id("short");
        auto& reason = *to->add_reasons();
        reason.set_code("DISK_FAILED");
        reason.set_severity(pb::SEVERITY_ERROR);
        return Status::OK;
    }
    Status CreateTopics(ServerContext*, const pb::CreateTopicsRequest* request, pb::TopicResults* to) override {
        for (const auto& topic : request->topics()) {
            auto& result = *to->add_results();
            result.set_name(topic.name());
            result.mutable_topic()->set_partitions(topic.partitions());
            result.mutable_topic()->set_topic_id(topic.topic_id());
            result.mutable_outcome()->set_code(36);
        }
        return Status::OK;
    }
    Status AlterSettings(ServerContext* context, const pb::AlterSettingsRequest*, pb::AlterSettingsResponse*) override {
        context->AddTrailingMetadata("moldau-error", "INVALID_UPDATE_VERSION");
        return {grpc::StatusCode::FAILED_PRECONDITION, "the epoch is 7"};
    }
    Status MayStop(ServerContext* context, const pb::MayStopRequest*, pb::MayStopResponse*) override {
        hanging.set_value();
        while (!context->IsCancelled()) std::this_thread::yield();
        return Status::CANCELLED;
    }
    Status WatchTopics(ServerContext* context, const pb::WatchTopicsRequest* request,
                       grpc::ServerWriter<pb::TopicChanges>* writer) override {
        while (request->resume() == "silent" && !context->IsCancelled()) std::this_thread::yield();
        pb::TopicChanges message;
        message.set_kind(pb::TopicChanges::SNAPSHOT_END);
        message.set_resume(request->resume() + "+");
        message.add_topics()->set_name("orders");
        writer->Write(message);
        if (request->resume() == "end") {
            context->AddTrailingMetadata("moldau-error", "kClosed");
            return {grpc::StatusCode::UNAVAILABLE, "the broker is stopping"};
        }
        while (!context->IsCancelled()) std::this_thread::yield();
        return Status::CANCELLED;
    }
    std::promise<void> hanging;
};

class GrpcBrokerApiTest : public ::testing::Test {
protected:
    GrpcBrokerApiTest() {
        grpc::ServerBuilder builder;
        int port = 0;
        builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
        builder.RegisterService(&service);
        server = builder.BuildAndStart();
        target = "127.0.0.1:" + std::to_string(port);
        api = connect(target, Millis{20'000});
    }
    ~GrpcBrokerApiTest() override {
        run(close(*api));
        server->Shutdown();
    }
    std::unique_ptr<BrokerApi> connect(const std::string& address, Millis timeout) {
        return GrpcBrokerApiFactory{loop, {.timeout = timeout}}.connect(address);
    }
    template <class T>
    T run(Task<T> task) {
        std::optional<T> result;
        loop.post([&] {
            spawn(std::move(task), [&](T value) {
                result.emplace(std::move(value));
                loop.stop();
            });
        });
        loop.run();
        return *std::move(result);
    }
    static Task<bool> close(BrokerApi& one) {
        co_await one.close();
        co_return true;
    }

    Service service;
    std::unique_ptr<grpc::Server> server;
    std::string target;
    loop::RealLoop loop;
    std::unique_ptr<BrokerApi> api;
};

TEST_F(GrpcBrokerApiTest, TurnsAnswersIntoStructs) {
    const auto state = run(api->cluster()).value();
    EXPECT_EQ(state.cluster_id, "c-1");
    EXPECT_EQ(state.readiness, Readiness::kReady);
    EXPECT_EQ(state.health, Health::kDegraded);
    EXPECT_EQ(state.disks.at(0).state, Disk::State::kFailed);
    EXPECT_TRUE(state.disks.at(0).id.is_zero());
    EXPECT_EQ(state.reasons.at(0).severity, Severity::kError);
}

TEST_F(GrpcBrokerApiTest, SendsOrdersWhole) {
    CreateTopics order;
    Uuid id;
    id.bytes.fill(3);
    order.topics.push_back({.name = "orders", .partitions = 6, .id = TopicId{id}});

    const auto results = run(api->create_topics(order)).value();

    EXPECT_EQ(results.at(0).outcome.error, Errc::kTopicAlreadyExists);
    EXPECT_EQ(results.at(0).topic->partitions, 6);
    EXPECT_EQ(results.at(0).topic->id.value, id);
}

TEST_F(GrpcBrokerApiTest, GivesErrorsTheNameThatTheBrokerGave) {
    const auto refused = run(api->alter_settings({}));
    EXPECT_EQ(refused.error().code, Errc::kInvalidUpdateVersion);
    EXPECT_THAT(refused.error().context, HasSubstr("the epoch is 7"));
    EXPECT_EQ(run(api->settings()).error().code, Errc::kUnsupportedVersion);
}

TEST_F(GrpcBrokerApiTest, SaysThatNobodyListens) {
    const auto nowhere = connect("127.0.0.1:1", Millis{20'000});
    EXPECT_EQ(run(nowhere->cluster()).error().code, Errc::kBrokerNotAvailable);
    run(close(*nowhere));
}

TEST_F(GrpcBrokerApiTest, GivesUpAtItsDeadline) {
    const auto hasty = connect(target, Millis{50});
    EXPECT_EQ(run(hasty->may_stop(BrokerId{1})).error().code, Errc::kRequestTimedOut);
    run(close(*hasty));
}

TEST_F(GrpcBrokerApiTest, EndsCallsUnderWayWhenItCloses) {
    std::optional<Errc> code;
    loop.post(
        [&] { spawn(api->may_stop(BrokerId{1}), [&](const Result<StopVerdict>& result) { code = result.error().code; }); });
    loop.post([&] { loop.stop(); });
    loop.run();
    service.hanging.get_future().wait();

    run(close(*api));

    EXPECT_EQ(code, Errc::kClosed);
    EXPECT_EQ(run(api->cluster()).error().code, Errc::kClosed);
}

TEST_F(GrpcBrokerApiTest, ReadsAFeedUntilTheBrokerEndsIt) {
    const auto feed = api->watch_topics("end");
    const auto message = run(feed->next()).value();
    EXPECT_EQ(message.kind, TopicChanges::Kind::kSnapshotEnd);
    EXPECT_EQ(message.resume, "end+");
    EXPECT_EQ(message.topics.at(0).name, "orders");

    EXPECT_EQ(run(feed->next()).error().code, Errc::kBrokerNotAvailable);
    EXPECT_EQ(run(feed->next()).error().code, Errc::kBrokerNotAvailable);
}

TEST_F(GrpcBrokerApiTest, EndsAFeedThatWaits) {
    const auto feed = api->watch_topics("");
    ASSERT_TRUE(run(feed->next()).has_value());
    loop.post([&] { feed->cancel(); });

    EXPECT_EQ(run(feed->next()).error().code, Errc::kClosed);
}

TEST_F(GrpcBrokerApiTest, GivesUpAFeedThatIsSilent) {
    const auto hasty = GrpcBrokerApiFactory{loop, {.feed_silence = Millis{1}}}.connect(target);
    const auto feed = hasty->watch_topics("silent");
    EXPECT_EQ(run(feed->next()).error().code, Errc::kRequestTimedOut);
    run(close(*hasty));
}

TEST_F(GrpcBrokerApiTest, DropsAFeedThatNobodyReads) {
    api->watch_topics("");
    auto read = api->watch_topics("");
    ASSERT_TRUE(run(read->next()).has_value());
    read.reset();
    run(close(*api));
    EXPECT_EQ(run(api->watch_topics("")->next()).error().code, Errc::kClosed);
}

TEST(ErrcNamed, KnowsKafkasNamesAndOurs) {
    EXPECT_EQ(errc_named("INVALID_CONFIG"), Errc::kInvalidConfig);
    EXPECT_EQ(errc_named("kBusy"), Errc::kBusy);
    EXPECT_EQ(errc_named("nonsense"), Errc::kUnknownServerError);
}

}  // namespace
}  // namespace moldau::broker_api
