// Connections to a FakeBroker, and their feeds. Only the fake's own sources include this.

#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/task_group.h"
#include "operator/broker_api/fake_broker.h"

namespace moldau::broker_api {

// Lifetime: ends before its broker. One next() at a time.
class FakeFeed final : public TopicFeed {
public:
    // `failure`: it fails at the first next().
    FakeFeed(loop::Loop& loop, FakeBroker& broker, std::optional<Error> failure, const std::string& resume);
    ~FakeFeed() override;

    Task<Result<TopicChanges>> next() override;
    void cancel() override { end({Errc::kClosed, "the feed was cancelled"}); }

    // By the broker.
    void tell_changed(const std::string& name);
    void tell_deleted(DeletedTopic topic);
    void reset();
    void end(Error error);

private:
    void add(TopicChanges message);
    void add_snapshot();
    TopicChanges stamped(TopicChanges::Kind kind) const;
    void wake();

    loop::Loop& loop_;
    FakeBroker& broker_;
    std::deque<TopicChanges> messages_;
    std::optional<Error> ended_;
    std::move_only_function<void(bool)> waiting_;  // false: nothing came for long
    loop::TimerId timer_ = loop::TimerId::kNone;
};

class FakeConnection final : public BrokerApi {
public:
    FakeConnection(loop::Loop& loop, FakeBroker& broker) : loop_(loop), broker_(broker) {}

    Task<Result<ClusterState>> cluster() override;
    Task<Result<TopicPage>> describe_topics(DescribeTopics asked) override;
    Task<Result<TopicResults>> create_topics(CreateTopics order) override;
    Task<Result<TopicResults>> alter_topics(AlterTopics order) override;
    Task<Result<TopicResults>> delete_topics(DeleteTopics order) override;
    Task<Result<Settings>> settings() override;
    Task<Result<SettingResults>> alter_settings(AlterSettings order) override;
    Task<Result<StopVerdict>> may_stop(BrokerId broker) override;
    Task<Result<StopProgress>> prepare_to_stop(PrepareToStop order) override;
    Task<Result<StopProgress>> stop_progress(BrokerId broker) override;
    std::unique_ptr<TopicFeed> watch_topics(std::string resume) override;
    Task<void> close() override;

private:
    // Goes to the broker and back: its delay, its failures, then `work()`, which returns a Result<T>.
    template <class T, class Work>
    Task<Result<T>> call(std::string name, Work work);
    Result<void> check_self(BrokerId broker) const;

    loop::Loop& loop_;
    FakeBroker& broker_;
    loop::Cancel closed_;
    std::size_t under_way_ = 0;
    std::vector<std::move_only_function<void(bool)>> waiting_for_end_;
};

}  // namespace moldau::broker_api
