// All that the operator API can do, without gRPC: one method per call.
//
// The problem: what an operator asks for is what Kafka's admin requests do, plus batches, beliefs and a feed; it must be
// testable on a simulated disk. The idea: requests and answers are the protobuf messages, the work is that of the metadata
// service and of `administration`, and everything runs on the home core (the metadata's). Place: made by `app` once the
// broker serves; `Server` brings the calls.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "handlers/shard.h"
#include "metadata/image.h"
#include "operator_api/answers.h"
#include "operator_api/call.h"
#include "operator_api/stop_preparation.h"
#include "operator_api/topic_feed.h"
#include "operator_api/topic_history.h"

namespace moldau::operator_api {

// Lifetime: the home shard outlives it; stop() before destroying. Thread: the home core.
class Operations {
public:
    Operations(handlers::Shard& home, std::string version);

    Task<Result<pb::DescribeClusterResponse>> describe_cluster(Call& call, const pb::DescribeClusterRequest& request);
    Task<Result<pb::DescribeTopicsResponse>> describe_topics(Call& call, const pb::DescribeTopicsRequest& request);
    Task<Result<pb::TopicResults>> create_topics(Call& call, const pb::CreateTopicsRequest& request);
    Task<Result<pb::TopicResults>> alter_topics(Call& call, const pb::AlterTopicsRequest& request);
    Task<Result<pb::TopicResults>> delete_topics(Call& call, const pb::DeleteTopicsRequest& request);
    Task<Result<pb::DescribeSettingsResponse>> describe_settings(Call& call, const pb::DescribeSettingsRequest& request);
    Task<Result<pb::AlterSettingsResponse>> alter_settings(Call& call, const pb::AlterSettingsRequest& request);
    Task<Result<pb::MayStopResponse>> may_stop(Call& call, const pb::MayStopRequest& request);
    Task<Result<pb::StopProgress>> prepare_to_stop(Call& call, const pb::PrepareToStopRequest& request);
    Task<Result<pb::StopProgress>> stop_progress(Call& call, const pb::GetStopProgressRequest& request);

    // A listener's place. Errors: kClusterAuthorizationFailed, kInconsistentClusterId.
    Result<std::unique_ptr<TopicFeed>> watch(const Call& call, const pb::WatchTopicsRequest& request) const;
    // The next message for it; nullopt: nothing is new.
    Task<std::optional<pb::TopicChanges>> next(TopicFeed& feed);
    pb::TopicChanges heartbeat(const TopicFeed& feed) const;

    // An image was published; the shard has it already.
    void follow(const metadata::Image& from, const metadata::Image& to);
    // `callback` runs after each change that a feed may have to tell.
    void on_change(std::function<void()> callback) { on_change_ = std::move(callback); }

    // Ends what goes on in the background.
    Task<void> stop() { return preparation_.stop(); }

private:
    void describe_self(pb::DescribeClusterResponse& response) const;
    Result<void> check_self(std::int32_t broker) const;
    void stamp(pb::TopicChanges& message, const FeedStep& step) const;

    handlers::Shard& home_;
    const std::string version_;
    TopicHistory history_;
    StopPreparation preparation_;
    std::int64_t settings_epoch_;
    std::function<void()> on_change_ = [] {};
};

}  // namespace moldau::operator_api
