// What clients see of a disk that is full and of one that failed.

#include "handlers/partition_table.h"

#include <gtest/gtest.h>

#include "handlers/broker_testing.h"
#include "wire/fetch.h"
#include "wire/produce.h"

namespace moldau::handlers {
namespace {

using testing::batch_of;
using testing::TestBroker;
using testing::values_of;
using namespace std::chrono_literals;

constexpr std::int16_t kStorageError = 56;

wire::ProduceResponse::PartitionProduceResponse produce(TestBroker& broker, const std::string& topic,
                                                        const std::string& value) {
    wire::ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 60'000;
    auto& data = request.topic_data.emplace_back();
    data.name = topic;
    data.partition_data.emplace_back().records = bytes::ChunkList{batch_of({value})};
    return broker.ask<wire::ProduceResponse>(request, 12).responses.at(0).partition_responses.at(0);
}

wire::FetchResponse::PartitionData fetch(TestBroker& broker, TopicId topic) {
    wire::FetchRequest request;
    request.max_bytes = 1 << 20;
    auto& wanted = request.topics.emplace_back();
    wanted.topic_id = topic.value;
    auto& partition = wanted.partitions.emplace_back();
    partition.partition_max_bytes = 1 << 20;
    partition.current_leader_epoch = -1;
    return broker.ask<wire::FetchResponse>(request, 16).responses.at(0).partitions.at(0);
}

std::vector<std::string> fetched(TestBroker& broker, TopicId topic) {
    const auto partition = fetch(broker, topic);
    EXPECT_EQ(partition.error_code, 0);
    return partition.records ? values_of(*partition.records) : std::vector<std::string>{};
}

TEST(PartitionTable, RefusesProducersOnlyWhileTheDiskIsNearlyFull) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    ASSERT_EQ(produce(broker, "orders", "before").error_code, 0);
    broker.node.dir_health[0]->refuse();

    const auto refused = produce(broker, "orders", "refused");
    EXPECT_EQ(refused.error_code, kStorageError);
    EXPECT_NE(refused.error_message.value_or("").find("full"), std::string::npos);
    EXPECT_EQ(fetched(broker, topic), std::vector<std::string>{"before"});

    broker.node.dir_health[0]->accept();
    EXPECT_EQ(produce(broker, "orders", "after").base_offset, 1);
}

TEST(PartitionTable, AnswersAtOnceWhenTheLogMeetsTheFullDisk) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders", 1, {{"moldau.durability", "replicated"}});
    disk.fail_all(sim::OpKind::kWrite, sim::Fault::kShortDiskFull);
    const auto began = broker.loop.now().mono;

    EXPECT_EQ(produce(broker, "orders", "may count later").error_code, kStorageError);
    EXPECT_LT(broker.loop.now().mono - began, 2s);
    EXPECT_EQ(produce(broker, "orders", "never").error_code, kStorageError) << "until somebody finds space";

    disk.heal();
    broker.loop.advance(2s);
    EXPECT_EQ(fetched(broker, topic), std::vector<std::string>{"may count later"});
}

TEST(PartitionTable, OpensLaterWhatFoundNoSpace) {
    sim::Disk disk;
    TestBroker broker{disk};
    disk.fail_nth(sim::OpKind::kMakeDirs, 1, sim::Fault::kDiskFull, "/late-0");
    const auto topic = broker.create_topic("late");
    EXPECT_EQ(produce(broker, "late", "no").error_code, kStorageError);

    broker.loop.advance(3s);
    broker.shard->partitions->tick(broker.loop.now());
    broker.loop.run_until_idle();

    EXPECT_EQ(produce(broker, "late", "yes").error_code, 0);
    EXPECT_EQ(fetched(broker, topic), std::vector<std::string>{"yes"});
}

TEST(PartitionTable, ServesNothingOfADirectoryThatFailed) {
    sim::Disk disk;
    TestBroker broker{disk};
    const auto topic = broker.create_topic("orders");
    ASSERT_EQ(produce(broker, "orders", "before").error_code, 0);
    broker.node.dir_health[0]->fail({Errc::kIo, "sync"});

    EXPECT_EQ(produce(broker, "orders", "during").error_code, kStorageError);
    EXPECT_EQ(fetch(broker, topic).error_code, kStorageError);
    EXPECT_TRUE(broker.node.dir_states().at(0).failure);
}

}  // namespace
}  // namespace moldau::handlers
