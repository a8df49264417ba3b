// The feed of topics: everything first, then what changed, and everything again for who fell behind.

#include "operator_api/topic_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "operator_api/operator_testing.h"

namespace moldau::operator_api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::OperatorBroker;

std::vector<std::string> names_of(const pb::TopicChanges& message) {
    std::vector<std::string> names;
    for (const auto& topic : message.topics()) names.push_back(topic.name());
    return names;
}

// Reads a snapshot to its end; the last message is the result.
pb::TopicChanges read_snapshot(OperatorBroker& broker, TopicFeed& feed, std::set<std::string>& names) {
    auto message = broker.next(feed).value();
    EXPECT_EQ(message.kind(), pb::TopicChanges::SNAPSHOT_START);
    while (message.kind() != pb::TopicChanges::SNAPSHOT_END) {
        EXPECT_EQ(message.resume(), "");
        message = broker.next(feed).value();
        for (const auto& name : names_of(message)) names.insert(name);
    }
    return message;
}

TEST(TopicFeed, TellsEverythingAndThenWhatChanges) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders");
    const auto feed = broker.watch();
    std::set<std::string> names;
    EXPECT_NE(read_snapshot(broker, *feed, names).resume(), "");
    EXPECT_THAT(names, ElementsAre("orders"));
    EXPECT_EQ(broker.next(*feed), std::nullopt);

    broker.make("bills", 2);
    auto changes = broker.next(*feed).value();
    EXPECT_EQ(changes.kind(), pb::TopicChanges::CHANGES);
    EXPECT_THAT(names_of(changes), ElementsAre("bills"));
    EXPECT_EQ(changes.topics(0).partitions(), 2);

    broker.erase("orders");
    changes = broker.next(*feed).value();
    EXPECT_THAT(names_of(changes), IsEmpty());
    EXPECT_EQ(changes.deleted(0).name(), "orders");
    EXPECT_EQ(broker.next(*feed), std::nullopt);
}

TEST(TopicFeed, EndsTheSnapshotOfNoTopicsToo) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    std::set<std::string> names;
    const auto feed = broker.watch();
    EXPECT_EQ(read_snapshot(broker, *feed, names).kind(), pb::TopicChanges::SNAPSHOT_END);
    EXPECT_THAT(names, IsEmpty());
}

TEST(TopicFeed, SplitsALargeSnapshotAndMissesNothingMeanwhile) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    std::set<std::string> made;
    pb::CreateTopicsRequest request;
    for (int index = 0; index < 900; ++index) {
        made.insert("topic-" + std::to_string(index));
        request.add_topics()->set_name("topic-" + std::to_string(index));
    }
    broker.create(request);
    const auto feed = broker.watch();
    ASSERT_EQ(broker.next(*feed)->kind(), pb::TopicChanges::SNAPSHOT_START);
    const auto part = broker.next(*feed).value();
    EXPECT_EQ(part.topics_size(), static_cast<int>(kTopicsPerMessage));
    broker.make("late");
    broker.erase("topic-0");

    const auto end = broker.next(*feed).value();
    std::set<std::string> names;
    for (const auto& message : {part, end}) {
        for (const auto& name : names_of(message)) names.insert(name);
    }
    EXPECT_EQ(end.kind(), pb::TopicChanges::SNAPSHOT_END);
    EXPECT_EQ(names, made);
    const auto changes = broker.next(*feed).value();
    EXPECT_THAT(names_of(changes), ElementsAre("late"));
    EXPECT_EQ(changes.deleted(0).name(), "topic-0");
}

TEST(TopicFeed, GoesOnWhereAnotherOneEnded) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    broker.make("orders");
    std::set<std::string> names;
    const auto resume = read_snapshot(broker, *broker.watch(), names).resume();
    broker.make("bills");

    const auto feed = broker.watch(resume);

    EXPECT_THAT(names_of(broker.next(*feed).value()), ElementsAre("bills"));
}

TEST(TopicFeed, BeginsAnewForATokenOfAnotherProcess) {
    sim::Disk disk;
    std::string resume;
    {
        OperatorBroker broker{disk};
        broker.make("orders");
        std::set<std::string> names;
        resume = read_snapshot(broker, *broker.watch(), names).resume();
    }
    OperatorBroker broker{disk};
    for (const auto& token : {resume, std::string("nonsense"), std::string(":")}) {
        EXPECT_EQ(broker.next(*broker.watch(token))->kind(), pb::TopicChanges::SNAPSHOT_START) << token;
    }
}

TEST(TopicFeed, TellsManyChangesOfOneTopicOnce) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    std::set<std::string> names;
    const auto feed = broker.watch();
    read_snapshot(broker, *feed, names);
    broker.make("orders");
    pb::AlterTopicsRequest request;
    request.add_topics()->set_name("orders");
    for (const int count : {2, 3, 4}) {
        request.mutable_topics(0)->set_partitions(count);
        broker.alter(request);
    }

    const auto changes = broker.next(*feed).value();

    ASSERT_EQ(changes.topics_size(), 1);
    EXPECT_EQ(changes.topics(0).partitions(), 4);
    EXPECT_EQ(broker.next(*feed), std::nullopt);
}

TEST(TopicFeed, ShowsWhenSettingsChange) {
    sim::Disk disk;
    OperatorBroker broker{disk};
    const auto feed = broker.watch();
    std::set<std::string> names;
    const auto before = read_snapshot(broker, *feed, names).settings_epoch();
    pb::AlterSettingsRequest request;
    request.add_changes()->set_name("max.connections");
    request.mutable_changes(0)->set_value("60");
    ASSERT_TRUE(broker.ask(&Operations::alter_settings, request).has_value());

    EXPECT_GT(broker.operations->heartbeat(*feed).settings_epoch(), before);
}

TEST(TopicHistory, ForgetsTheOldestAndKnowsHowFarItReaches) {
    const auto brokers = metadata::image_with_brokers(1);
    TopicHistory history{metadata::test_uuid(5), 2};
    auto before = brokers;
    for (std::uint8_t number = 1; number <= 3; ++number) {
        metadata::TopicRecord topic;
        topic.name = "topic-" + std::to_string(number);
        topic.topic_id = metadata::test_uuid(number);
        auto after = metadata::replayed(before, {topic});
        history.add(*before, *after);
        before = after;
    }

    EXPECT_FALSE(history.reaches(0));
    EXPECT_TRUE(history.reaches(1));
    EXPECT_TRUE(history.reaches(3));
    EXPECT_FALSE(history.reaches(4));
    EXPECT_EQ(history.after(1, 10).topics.size(), 2U);
    EXPECT_EQ(history.after(1, 1).last, 2U);
}

TEST(TopicHistory, ReadsItsOwnTokensOnly) {
    const TopicHistory history{metadata::test_uuid(5)};
    const auto token = history.token(42);
    EXPECT_EQ(history.parse(token), 42U);
    EXPECT_EQ(history.parse(token + "x"), std::nullopt);
    EXPECT_EQ(history.parse(TopicHistory{metadata::test_uuid(6)}.token(42)), std::nullopt);
    EXPECT_EQ(history.parse(""), std::nullopt);
}

}  // namespace
}  // namespace moldau::operator_api
