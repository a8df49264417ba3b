// The metadata service on a simulated disk: starts, commits, restarts, failures.

#include "metadata/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metadata/snapshot.h"
#include "metadata/test_process.h"
#include "wire/create_topics.h"

namespace moldau::metadata {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::Eq;
using ::testing::HasSubstr;

// Starts many creations at once; `answers` gets each one's error code as it comes.
void create_all(TestProcess& process, const std::vector<wire::CreateTopicsRequest>& requests, std::vector<Errc>& answers) {
    for (const auto& request : requests) {
        spawn(process.service->create_topics(request), [&answers](const wire::CreateTopicsResponse& response) {
            for (const auto& topic : response.topics) answers.push_back(Errc{topic.error_code});
        });
    }
}

std::vector<wire::CreateTopicsRequest> numbered(std::size_t count) {
    std::vector<wire::CreateTopicsRequest> requests;
    for (std::size_t number = 0; number < count; ++number) {
        requests.push_back(create_request({topic_of("t" + std::to_string(number))}));
    }
    return requests;
}

std::vector<std::string> snapshots_on(const sim::Disk& disk) {
    std::vector<std::string> names;
    for (const auto& name : disk.names(kTestLogDir)) {
        if (SnapshotId::parse(name)) names.push_back(name);
    }
    return names;
}

TEST(MetadataService, AFirstStartMakesACluster) {
    sim::Disk disk;
    TestProcess process{disk};

    ASSERT_TRUE(process.open());

    const auto image = process.service->image();
    EXPECT_TRUE(Uuid::parse(image->cluster_id()));
    EXPECT_EQ(image->controller(), BrokerId{1});
    EXPECT_EQ(image->epoch(), LeaderEpoch{1});
    EXPECT_EQ(image->features().at("moldau.metadata"), 1);
    EXPECT_TRUE(disk.exists(std::string{kTestLogDir} + "/quorum-state"));
}

TEST(MetadataService, ARestartBringsEverythingBack) {
    sim::Disk disk;
    std::string cluster;
    TopicId topic;
    {
        TestProcess process{disk};
        process.start();
        ASSERT_EQ(process.create("orders", 3), Errc::kNone);
        cluster = process.service->image()->cluster_id();
        topic = process.service->image()->find_topic("orders")->id;
        ASSERT_TRUE(process.close());
    }
    TestProcess process{disk, 2};

    ASSERT_TRUE(process.open());

    const auto image = process.service->image();
    EXPECT_EQ(image->cluster_id(), cluster);
    EXPECT_EQ(image->find_topic(topic)->partitions.size(), 3u);
    EXPECT_EQ(image->epoch(), LeaderEpoch{2});
    EXPECT_EQ(image->find_broker(BrokerId{1})->find_endpoint("PLAINTEXT")->port, 9092);
}

TEST(MetadataService, ANewProcessRaisesLeaderEpochs) {
    sim::Disk disk;
    {
        TestProcess process{disk};
        process.start();
        ASSERT_EQ(process.create("orders"), Errc::kNone);
    }
    TestProcess process{disk, 2};
    ASSERT_TRUE(process.open());

    const auto epoch = sim::run(process.loop, process.service->register_broker(test_registration(101)));

    ASSERT_TRUE(epoch);
    EXPECT_EQ(*epoch, process.service->image()->find_broker(BrokerId{1})->epoch);
    EXPECT_EQ(process.service->image()->find_partition("orders", PartitionIndex{0})->leader_epoch, LeaderEpoch{1});
}

TEST(MetadataService, PipelinedCreationsSeeEachOther) {
    sim::Disk disk{{.sync_latency = {std::chrono::milliseconds{5}, std::chrono::milliseconds{5}}}};
    TestProcess process{disk};
    process.start();
    const std::vector requests{create_request({topic_of("a.b")}), create_request({topic_of("a.b")}),
                               create_request({topic_of("a_b")})};
    std::vector<Errc> answers;

    create_all(process, requests, answers);
    EXPECT_TRUE(answers.empty());
    process.loop.advance(std::chrono::seconds{1});

    EXPECT_THAT(answers,
                ::testing::UnorderedElementsAre(Errc::kNone, Errc::kTopicAlreadyExists, Errc::kInvalidTopicException));
}

TEST(MetadataService, AnErrorThatRestsOnStagedStateWaitsForItsCommit) {
    sim::Disk disk{{.sync_latency = {std::chrono::milliseconds{5}, std::chrono::milliseconds{5}}}};
    TestProcess process{disk};
    process.start();
    const std::vector requests{create_request({topic_of("a")}), create_request({topic_of("a")})};
    std::vector<Errc> answers;
    disk.fail_all(sim::OpKind::kSync, sim::Fault::kIo);

    create_all(process, requests, answers);
    process.loop.advance(std::chrono::seconds{1});

    EXPECT_THAT(answers, ::testing::ElementsAre(Errc::kKafkaStorageError, Errc::kKafkaStorageError));
    EXPECT_EQ(process.service->image()->find_topic("a"), nullptr);
}

TEST(MetadataService, ManyChangesShareACommit) {
    sim::Disk disk{{.sync_latency = {std::chrono::milliseconds{5}, std::chrono::milliseconds{5}}}};
    TestProcess process{disk};
    process.start();
    const auto before = process.service->counters();
    const auto requests = numbered(500);
    std::vector<Errc> answers;

    create_all(process, requests, answers);
    process.loop.advance(std::chrono::seconds{2});

    ASSERT_EQ(answers.size(), 500u);
    EXPECT_THAT(answers, Each(Eq(Errc::kNone)));
    EXPECT_EQ(process.service->counters().proposals - before.proposals, 500u);
    EXPECT_LE(process.service->counters().commits - before.commits, 5u);
}

TEST(MetadataService, FiveThousandTopicsComeBack) {
    sim::Disk disk;
    {
        TestProcess process{disk};
        process.start();
        const auto requests = numbered(5000);
        std::vector<Errc> answers;
        create_all(process, requests, answers);
        process.loop.run_until_idle();
        ASSERT_EQ(answers.size(), 5000u);
        EXPECT_EQ(process.service->image()->partition_count(), 5000u);
    }
    TestProcess process{disk, 2};

    ASSERT_TRUE(process.open());

    EXPECT_EQ(process.service->image()->topic_count(), 5000u);
}

TEST(MetadataService, TooManyChangesAtOnceAreToldToComeAgain) {
    sim::Disk disk{{.sync_latency = {std::chrono::milliseconds{5}, std::chrono::milliseconds{5}}}};
    TestProcess process{disk};
    auto options = test_options();
    options.proposals_max = 10;
    process.start(options);
    const auto requests = numbered(12);
    std::vector<Errc> answers;

    create_all(process, requests, answers);

    EXPECT_THAT(answers, ::testing::ElementsAre(Errc::kThrottlingQuotaExceeded, Errc::kThrottlingQuotaExceeded));
    process.loop.advance(std::chrono::seconds{1});
    EXPECT_EQ(answers.size(), 12u);
}

TEST(MetadataService, AnswersAfterTheImageWasTaken) {
    sim::Disk disk;
    TestProcess process{disk};
    process.start();
    std::vector<std::string> events;
    process.service->on_image([&](ImageRef from, ImageRef to) -> Task<void> {
        events.push_back("taking " + std::to_string(to->topic_count() - from->topic_count()));
        co_await io::sleep_until(process.loop, process.loop.now().mono + std::chrono::milliseconds{10});
        events.push_back(process.service->image() == from ? "taken" : "published too early");
    });
    const auto request = create_request({topic_of("a"), topic_of("b")});

    spawn(process.service->create_topics(request), [&](const auto&) { events.push_back("answer"); });
    process.loop.advance(std::chrono::seconds{1});

    EXPECT_THAT(events, ::testing::ElementsAre("taking 2", "taken", "answer"));
}

TEST(MetadataService, AnAnswerDoesNotWaitForEver) {
    sim::Disk disk;
    TestProcess process{disk};
    process.start();
    process.service->on_image([&](ImageRef, ImageRef) -> Task<void> {
        co_await io::sleep_until(process.loop, process.loop.now().mono + std::chrono::seconds{20});
    });
    auto request = create_request({topic_of("a")});
    request.timeout_ms = 3000;
    std::vector<Errc> answers;

    create_all(process, {request}, answers);
    process.loop.advance(std::chrono::milliseconds{2999});
    EXPECT_TRUE(answers.empty());
    process.loop.advance(std::chrono::milliseconds{2});

    EXPECT_THAT(answers, ::testing::ElementsAre(Errc::kRequestTimedOut));
    process.loop.advance(std::chrono::seconds{20});
    EXPECT_NE(process.service->image()->find_topic("a"), nullptr);
}

TEST(MetadataService, AFailedDiskRollsBackAndRefusesFurtherChanges) {
    sim::Disk disk;
    TestProcess process{disk};
    process.start();
    ASSERT_EQ(process.create("kept"), Errc::kNone);
    disk.fail_nth(sim::OpKind::kSync, 1, sim::Fault::kIo);

    EXPECT_EQ(process.create("lost"), Errc::kKafkaStorageError);
    EXPECT_EQ(process.create("later"), Errc::kKafkaStorageError);
    EXPECT_EQ(process.remove("kept"), Errc::kKafkaStorageError);

    EXPECT_TRUE(process.service->failure());
    EXPECT_EQ(process.service->counters().rolled_back, 1u);
    EXPECT_NE(process.service->image()->find_topic("kept"), nullptr);
    EXPECT_EQ(process.service->image()->find_topic("lost"), nullptr);
    EXPECT_FALSE(process.close());
}

TEST(MetadataService, RefusesRequestsOnceItCloses) {
    sim::Disk disk;
    TestProcess process{disk};
    process.start();
    auto& service = *process.service;
    ASSERT_TRUE(sim::run(process.loop, service.close()));

    const auto request = create_request({topic_of("a")});
    EXPECT_NE(sim::run(process.loop, service.create_topics(request)).topics.at(0).error_code, 0);
    process.service.reset();
}

TEST(MetadataService, SettingsAreRecorded) {
    sim::Disk disk;
    {
        TestProcess process{disk};
        process.start();
        ASSERT_EQ(process.create("a"), Errc::kNone);
        ASSERT_TRUE(sim::run(process.loop,
                             process.service->alter_configs({ConfigResourceType::kTopic, "a"}, edit_of({{"x", "1"}}))));
    }
    TestProcess process{disk, 2};
    ASSERT_TRUE(process.open());

    EXPECT_EQ(process.service->image()->find_topic("a")->configs.at("x"), "1");
}

TEST(MetadataService, ChangesNothingWhenItOnlyValidates) {
    sim::Disk disk;
    TestProcess process{disk};
    process.start();
    const ConfigResource everybody{ConfigResourceType::kBroker, ""};
    const auto refuse = [](const ConfigMap&) -> Result<ConfigMap> { return fail(Errc::kInvalidConfig, "no"); };
    const auto alter = [&](ConfigEdit edit) {
        return sim::run(process.loop, process.service->alter_configs(everybody, std::move(edit), Execution::kValidateOnly));
    };

    EXPECT_TRUE(alter(edit_of({{"x", "1"}})));
    EXPECT_EQ(alter(refuse).error().code, Errc::kInvalidConfig);
    EXPECT_THAT(process.service->image()->cluster_configs(), testing::IsEmpty());
}

TEST(MetadataService, RefusesTheLogOfAnotherCluster) {
    sim::Disk disk;
    auto options = test_options();
    options.cluster_id = "MNopN3qtRsu1-6YLEzP0Vg";
    {
        TestProcess process{disk};
        ASSERT_TRUE(process.open(options));
        EXPECT_EQ(process.service->image()->cluster_id(), *options.cluster_id);
    }
    TestProcess process{disk, 2};
    options.cluster_id = "other";

    EXPECT_EQ(process.open(options).error().code, Errc::kInconsistentClusterId);
}

TEST(MetadataService, ADamagedVoteIsReadFromTheLogAgain) {
    sim::Disk disk;
    {
        TestProcess process{disk};
        process.start();
    }
    disk.put(std::string{kTestLogDir} + "/quorum-state", R"({"leaderId":1,"lead)");
    TestProcess process{disk, 2};

    const auto opened = process.open();

    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ(process.service->image()->epoch(), LeaderEpoch{2});
    EXPECT_TRUE(disk.exists(std::string{kTestLogDir} + "/quorum-state.damaged"));
}

TEST(MetadataService, ANewerVoteFileIsRefusedUntouched) {
    sim::Disk disk;
    const std::string path = std::string{kTestLogDir} + "/quorum-state";
    disk.put(path, R"({"data_version":9})");
    TestProcess process{disk};

    EXPECT_EQ(process.open().error().code, Errc::kNewerFormat);
    EXPECT_EQ(disk.content(path), R"({"data_version":9})");
}

TEST(MetadataSnapshots, AreWrittenByBytesAndFreeTheLog) {
    sim::Disk disk;
    auto options = test_options();
    options.snapshot_bytes = 20'000;
    options.segment_bytes = 8'000;
    {
        TestProcess process{disk};
        process.start(options);
        for (int number = 0; number < 400; ++number) ASSERT_EQ(process.create("t" + std::to_string(number)), Errc::kNone);
        process.loop.run_until_idle();
        EXPECT_GT(process.service->counters().snapshots, 2u);
        EXPECT_GT(process.service->counters().snapshot_bytes, 1000u);
    }
    EXPECT_EQ(snapshots_on(disk).size(), 2u);
    EXPECT_FALSE(disk.exists(std::string{kTestLogDir} + "/00000000000000000000.log"));
    TestProcess process{disk, 2};

    ASSERT_TRUE(process.open(options));

    EXPECT_EQ(process.service->image()->topic_count(), 400u);
}

TEST(MetadataSnapshots, AreWrittenByRecordsToo) {
    sim::Disk disk;
    auto options = test_options();
    options.snapshot_records = 10;
    TestProcess process{disk};
    process.start(options);

    ASSERT_EQ(process.create("t", 20), Errc::kNone);
    process.loop.run_until_idle();

    EXPECT_EQ(process.service->counters().snapshots, 1u);
}

// A disk with two snapshots and log after them.
void lay_down_snapshots(sim::Disk& disk, int count = 2) {
    TestProcess process{disk};
    auto options = test_options();
    options.segment_bytes = 1'000;
    process.start(options);
    for (int number = 0; number < count; ++number) {
        for (int topic = 0; topic < 10; ++topic) {
            ASSERT_EQ(process.create("s" + std::to_string(number) + "-" + std::to_string(topic)), Errc::kNone);
        }
        ASSERT_TRUE(sim::run(process.loop, process.service->snapshot()));
    }
    ASSERT_EQ(process.create("after"), Errc::kNone);
    ASSERT_TRUE(process.close());
}

TEST(MetadataSnapshots, ADamagedOneFallsBackToTheOneBefore) {
    sim::Disk disk;
    lay_down_snapshots(disk, 4);
    const auto names = snapshots_on(disk);
    ASSERT_EQ(names.size(), 2u);
    disk.flip_bit(std::string{kTestLogDir} + "/" + names.back(), 200);
    TestProcess process{disk, 2};

    const auto opened = process.open();

    ASSERT_TRUE(opened) << opened.error().to_string();
    EXPECT_EQ(process.service->image()->topic_count(), 41u);
    EXPECT_NE(process.service->image()->find_topic("after"), nullptr);
}

TEST(MetadataSnapshots, WithoutAWholeOneThatReachesTheLogTheStartIsRefused) {
    sim::Disk disk;
    lay_down_snapshots(disk, 4);
    for (const auto& name : snapshots_on(disk)) disk.flip_bit(std::string{kTestLogDir} + "/" + name, 200);
    TestProcess process{disk, 2};

    const auto opened = process.open();

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
    EXPECT_THAT(opened.error().context, HasSubstr(".checkpoint"));
}

TEST(MetadataSnapshots, AFailedOneLeavesTheLogAsItWas) {
    sim::Disk disk;
    TestProcess process{disk};
    process.start();
    ASSERT_EQ(process.create("a"), Errc::kNone);
    disk.fail_nth(sim::OpKind::kSync, 1, sim::Fault::kDiskFull, ".checkpoint");

    EXPECT_FALSE(sim::run(process.loop, process.service->snapshot()));

    EXPECT_TRUE(snapshots_on(disk).empty());
    EXPECT_EQ(process.create("b"), Errc::kNone);
    EXPECT_TRUE(sim::run(process.loop, process.service->snapshot()));
}

TEST(MetadataSnapshots, WhatIsMissingBehindTheLogDoesNotStopTheSnapshot) {
    sim::Disk disk;
    lay_down_snapshots(disk, 1);
    for (const auto& name : disk.names(kTestLogDir)) {
        if (name.ends_with(".checkpoint.part")) ADD_FAILURE() << name;
    }
    disk.put(std::string{kTestLogDir} + "/00000000000000000099-0000000001.checkpoint.part", "unfinished");
    TestProcess process{disk, 2};

    ASSERT_TRUE(process.open());

    EXPECT_FALSE(disk.exists(std::string{kTestLogDir} + "/00000000000000000099-0000000001.checkpoint.part"));
}

TEST(MetadataService, DamageInTheMiddleOfTheLogIsRefusedAgainAndAgain) {
    sim::Disk disk;
    {
        TestProcess process{disk};
        process.start();
        for (int number = 0; number < 20; ++number) ASSERT_EQ(process.create("t" + std::to_string(number)), Errc::kNone);
    }
    disk.flip_bit(std::string{kTestLogDir} + "/00000000000000000000.log", 700);
    auto options = test_options();
    options.shutdown = log::Shutdown::kProcessDied;
    for (int attempt = 0; attempt < 3; ++attempt) {
        TestProcess process{disk};

        const auto opened = process.open(options);

        ASSERT_FALSE(opened) << attempt;
        EXPECT_EQ(opened.error().code, Errc::kCorrupt);
    }
}

TEST(ProducerIds, AreNeverTheSame) {
    sim::Disk disk;
    TestProcess process{disk};
    process.start();
    ProducerIds ids{*process.service};
    std::vector<std::int64_t> got;

    for (int number = 0; number < 2500; ++number) {
        spawn(ids.next(), [&](Result<ProducerId> id) { got.push_back(id.value().value); });
    }
    process.loop.run_until_idle();

    ASSERT_EQ(got.size(), 2500u);
    std::ranges::sort(got);
    EXPECT_EQ(std::ranges::adjacent_find(got), got.end());
    EXPECT_EQ(process.service->image()->next_producer_id(), 3000);
}

TEST(ProducerIds, TellEveryoneThatTheDiskFailed) {
    sim::Disk disk;
    TestProcess process{disk};
    process.start();
    ProducerIds ids{*process.service};
    disk.fail_nth(sim::OpKind::kSync, 1, sim::Fault::kIo);
    int failed = 0;

    for (int number = 0; number < 3; ++number) {
        spawn(ids.next(), [&](Result<ProducerId> id) { failed += id ? 0 : 1; });
    }
    process.loop.run_until_idle();

    EXPECT_EQ(failed, 3);
}

TEST(MetadataService, KeepsAdoptedTopicsOverARestart) {
    Adoption adoption{.broker = BrokerId{1}, .topics = {{.name = "orders", .id = TopicId{test_uuid(50)}}}};
    adoption.topics.front().partitions.push_back({LeaderEpoch{7}, test_uuid(1)});
    sim::Disk disk;
    {
        TestProcess process{disk};
        process.start();
        const auto adopted = sim::run(process.loop, process.service->adopt_topics(adoption));
        ASSERT_TRUE(adopted) << adopted.error().to_string();
    }
    TestProcess process{disk};
    process.start();
    EXPECT_NE(process.service->image()->find_topic(TopicId{test_uuid(50)}), nullptr);
}

}  // namespace
}  // namespace moldau::metadata
