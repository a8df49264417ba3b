// Imports of small directories, and everything that is refused.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "cli/offline/commands.h"
#include "cli/offline/import_journal.h"
#include "cli/offline/offline_testing.h"
#include "io/core.h"
#include "io/posix_calls.h"
#include "metadata/service.h"
#include "store/data_dir.h"

namespace moldau::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ImportTest : public FolderTest {
protected:
    void SetUp() override {
        FolderTest::SetUp();
        kafka_ = kafka();
        options_.sources = {kafka_};
        options_.data_dirs = {path("data")};
        options_.metadata = Import::KafkaMetadata::kIgnore;
    }
    Result<void> import() { return run(Global{}, options_); }
    // What the refusal says, after a check that it has changed nothing.
    std::string refusal() {
        const auto before = tree_of(kafka_);
        const auto done = import();
        EXPECT_FALSE(done);
        if (done) return {};
        EXPECT_EQ(done.error().code, Errc::kUsage);
        EXPECT_EQ(tree_of(kafka_), before);
        EXPECT_FALSE(std::filesystem::exists(path("data/.moldau-import")));
        return done.error().context;
    }
    // The topics as a broker would find them.
    metadata::ImageRef image() {
        io::IoThreads threads{{1, 1}};
        io::Core core{0, threads};
        metadata::MetadataOptions options;
        options.dir = path("data");
        options.node_id = BrokerId{7};
        auto service =
            io::run(core, metadata::MetadataService::open({core.executor(), core.files(), core.random()}, options));
        if (!service) return nullptr;
        auto found = (*service)->image();
        EXPECT_TRUE(io::run(core, (*service)->close()));
        return found;
    }

    std::string kafka_;
    Import options_;
};

TEST_F(ImportTest, TakesOverLogsTopicsSettingsAndCheckpoints) {
    const auto before = tree_of(kafka_);
    options_.topic_configs = {"orders:retention.ms=1000"};

    const auto done = import();

    ASSERT_TRUE(done) << done.error().context;
    EXPECT_EQ(tree_of(kafka_), before);
    EXPECT_EQ(content_of(segment(path("data/orders-0"), Offset{0})), content_of(segment(kafka_ + "/orders-0", Offset{0})));
    EXPECT_EQ(content_of(path("data/recovery-point-offset-checkpoint")), "0\n1\norders 0 5\n");
    EXPECT_TRUE(std::filesystem::exists(path("data/.kafka_cleanshutdown")));
    EXPECT_FALSE(std::filesystem::exists(path("data/.moldau-import")));
    const auto meta = store::parse_meta_properties(content_of(path("data/meta.properties")), {});
    EXPECT_EQ(meta->cluster_id, "abc");
    EXPECT_EQ(meta->node_id, BrokerId{7});
    EXPECT_NE(meta->directory_id, test_id(1));
    const auto found = image();
    ASSERT_NE(found, nullptr);
    const auto* topic = found->find_topic("orders");
    ASSERT_NE(topic, nullptr);
    EXPECT_EQ(topic->id.value, test_id(9));
    EXPECT_EQ(topic->configs.at("retention.ms"), "1000");
    EXPECT_EQ(topic->partitions.at(0).leader_epoch, LeaderEpoch{4});
    EXPECT_EQ(topic->partitions.at(0).directories.at(0), meta->directory_id);
}

TEST_F(ImportTest, GivesNewProducersIdsThatKafkaDidNotGive) {
    wire::BatchOptions producer;
    producer.producer_id = ProducerId{4711};
    producer.producer_epoch = ProducerEpoch{0};
    producer.base_sequence = 0;
    write_file(segment(kafka_ + "/orders-0", Offset{0}), batch_bytes(Offset{0}, 5, producer));
    ASSERT_TRUE(import());
    EXPECT_EQ(image()->next_producer_id(), 4712);
}

TEST_F(ImportTest, LeavesOutWhatIsNoPartOfALog) {
    write_file(segment(kafka_ + "/orders-0", Offset{0}) + ".deleted", "old");
    write_file(kafka_ + "/gone-0.0123456789abcdef0123456789abcdef-delete/x", "");
    write_file(kafka_ + "/stray-0-stray/x", "");
    ASSERT_TRUE(import());
    EXPECT_FALSE(std::filesystem::exists(segment(path("data/orders-0"), Offset{0}) + ".deleted"));
    EXPECT_FALSE(std::filesystem::exists(path("data/stray-0-stray")));
}

TEST_F(ImportTest, MovesInsteadOfCopying) {
    options_.transfer = Import::Transfer::kMove;
    ASSERT_TRUE(import());
    EXPECT_FALSE(std::filesystem::exists(kafka_ + "/orders-0"));
    EXPECT_TRUE(std::filesystem::exists(segment(path("data/orders-0"), Offset{0})));
}

TEST_F(ImportTest, DryRunChangesNothing) {
    const auto before = tree_of(kafka_);
    options_.dry_run = Import::DryRun::kYes;
    ASSERT_TRUE(import());
    EXPECT_EQ(tree_of(kafka_), before);
    EXPECT_FALSE(std::filesystem::exists(path("data")));
}

TEST_F(ImportTest, RecoveryIsLeftToTheBrokerAfterAnUncleanEnd) {
    std::filesystem::remove(kafka_ + "/.kafka_cleanshutdown");
    EXPECT_THAT(refusal(), AllOf(HasSubstr(".kafka_cleanshutdown: is missing"), HasSubstr("--recover")));
    options_.recovery = Import::Recovery::kAllowed;
    write_file(segment(kafka_ + "/orders-0", Offset{0}), batch_bytes(Offset{0}, 3) + "torn");
    ASSERT_TRUE(import());
    EXPECT_FALSE(std::filesystem::exists(path("data/.kafka_cleanshutdown")));
    EXPECT_EQ(content_of(path("data/.moldau-boot")), "imported\n");
}

TEST_F(ImportTest, RefusesWhatIsNoKafkaDirectory) {
    options_.sources = {path("nowhere")};
    EXPECT_THAT(refusal(), AllOf(HasSubstr("nowhere"), HasSubstr("log.dirs")));
    std::filesystem::create_directories(path("empty"));
    options_.sources = {path("empty")};
    EXPECT_THAT(refusal(), AllOf(HasSubstr("empty/meta.properties: is missing"), HasSubstr("log.dirs")));
}

TEST_F(ImportTest, RefusesOtherVersionsOfMetaProperties) {
    write_file(kafka_ + "/meta.properties", "#comment\nversion=0\nbroker.id=7\ncluster.id=abc\n");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("meta.properties:2: version 0"), HasSubstr("ZooKeeper")));
    write_file(kafka_ + "/meta.properties", "version=2\nnode.id=7\ncluster.id=abc\n");
    EXPECT_THAT(refusal(), HasSubstr("meta.properties:1: meta.properties has version 2"));
}

TEST_F(ImportTest, RefusesDirectoriesOfTwoBrokers) {
    const auto other = kafka("other");
    write_file(other + "/meta.properties", "version=1\nnode.id=8\ncluster.id=abc\n");
    options_.sources.push_back(other);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("other/meta.properties: belongs to node 8"), HasSubstr("node 7")));
    write_file(other + "/meta.properties", "version=1\nnode.id=7\ncluster.id=xyz\n");
    EXPECT_THAT(refusal(), HasSubstr("belongs to cluster xyz"));
}

TEST_F(ImportTest, RefusesAPartitionThatIsThereTwice) {
    options_.sources.push_back(kafka("other"));
    EXPECT_THAT(refusal(), AllOf(HasSubstr("other/orders-0: is there a second time"), HasSubstr("kafka/orders-0")));
}

TEST_F(ImportTest, RefusesPartitionsWithoutIdOrSegments) {
    std::filesystem::remove(kafka_ + "/orders-0/partition.metadata");
    EXPECT_THAT(refusal(), HasSubstr("orders-0/partition.metadata: is missing"));
    write_file(kafka_ + "/orders-0/partition.metadata", "version: 0\ntopic_id: nonsense\n");
    EXPECT_THAT(refusal(), HasSubstr("orders-0/partition.metadata:2: no topic id"));
    partition(kafka_ + "/orders-0", test_id(9));
    std::filesystem::remove(segment(kafka_ + "/orders-0", Offset{0}));
    EXPECT_THAT(refusal(), HasSubstr("orders-0: has no segment"));
}

TEST_F(ImportTest, RefusesMissingPartitionsUnlessToldToMakeThem) {
    partition(kafka_ + "/orders-2", test_id(9));
    write_file(segment(kafka_ + "/orders-2", Offset{0}), "");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("orders-1: is missing"), HasSubstr("--create-missing")));
    options_.missing = Import::Missing::kCreate;
    ASSERT_TRUE(import());
    EXPECT_EQ(image()->find_topic("orders")->partitions.size(), 3u);
}

TEST_F(ImportTest, RefusesOldRecordFormatsWithFileAndOffset) {
    auto old = batch_bytes(Offset{5}, 1);
    old[16] = 1;
    write_file(segment(kafka_ + "/orders-0", Offset{5}), old);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("00000000000000000005.log at 0"), HasSubstr("magic 1"), HasSubstr("offset 5")));
}

TEST_F(ImportTest, RefusesTornAndOverlappingSegments) {
    const auto file = segment(kafka_ + "/orders-0", Offset{0});
    const auto first = batch_bytes(Offset{0}, 3);
    write_file(file, first + batch_bytes(Offset{3}, 2).substr(0, 70));
    EXPECT_THAT(refusal(),
                AllOf(HasSubstr(".log at " + std::to_string(first.size())), HasSubstr("torn"), HasSubstr("offset 3")));
    write_file(file, first + first);
    EXPECT_THAT(refusal(), HasSubstr("offset 0 after 3"));
    write_file(file, first + batch_bytes(Offset{3}, 2));
    write_file(segment(kafka_ + "/orders-0", Offset{4}), "");
    EXPECT_THAT(refusal(), HasSubstr("the next segment begins before"));
}

TEST_F(ImportTest, FindsWrongChecksumsWhenAskedTo) {
    auto bytes = batch_bytes(Offset{0}, 3);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    write_file(segment(kafka_ + "/orders-0", Offset{0}), bytes);
    options_.checksums = Import::Checksums::kVerify;
    EXPECT_THAT(refusal(), AllOf(HasSubstr(".log at 0"), HasSubstr("offset 0 fails its checksum")));
}

TEST_F(ImportTest, RefusesTopicsInTieredStorage) {
    std::filesystem::rename(segment(kafka_ + "/orders-0", Offset{0}), path("aside"));
    write_file(segment(kafka_ + "/orders-0", Offset{3}), batch_bytes(Offset{3}, 2));
    write_file(kafka_ + "/log-start-offset-checkpoint", "0\n1\norders 0 1\n");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("begins at offset 3"), HasSubstr("tiered"), HasSubstr("--skip orders")));
}

TEST_F(ImportTest, RefusesDamagedCheckpointsWithTheirLine) {
    write_file(kafka_ + "/replication-offset-checkpoint", "0\n2\norders 0 5\norders x 5\n");
    EXPECT_THAT(refusal(), HasSubstr("replication-offset-checkpoint:4: no checkpoint"));
}

TEST_F(ImportTest, RefusesSegmentsThatAreBeingExchanged) {
    write_file(segment(kafka_ + "/orders-0", Offset{0}) + ".swap", "");
    EXPECT_THAT(refusal(), HasSubstr("exchanging segments"));
}

TEST_F(ImportTest, RefusesARunningBroker) {
    write_file(kafka_ + "/.lock", "");
    const auto held = io::posix::lock(kafka_ + "/.lock");
    ASSERT_TRUE(held);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("kafka/.lock: a broker is running"), HasSubstr("stop it")));
}

TEST_F(ImportTest, RefusesToGuessTheSettings) {
    options_.metadata = Import::KafkaMetadata::kRead;
    EXPECT_THAT(refusal(), AllOf(HasSubstr("__cluster_metadata-0: is missing"), HasSubstr("--without-metadata")));
}

TEST_F(ImportTest, RefusesSettingsThatCannotBeWithTheirLine) {
    write_file(path("settings"),
               "# ok\norders:retention.ms=1000\norders:retention.ms=soon\nother:retention.ms=1\nnonsense\n");
    options_.config_file = path("settings");
    EXPECT_THAT(refusal(), AllOf(HasSubstr("settings:3: "), HasSubstr("settings:4: there is no topic 'other'"),
                                 HasSubstr("settings:5: 'nonsense' is no TOPIC:SETTING=VALUE")));
}

TEST_F(ImportTest, RefusesTargetsThatAreNoneOrInUse) {
    write_file(path("data/file"), "somebody's");
    EXPECT_THAT(refusal(), HasSubstr("neither empty nor a data directory"));
    options_.data_dirs = {kafka_ + "/inside"};
    EXPECT_THAT(refusal(), HasSubstr("lies in"));
    options_.data_dirs = {kafka("another")};
    EXPECT_THAT(refusal(), HasSubstr("was never used by Moldau"));
}

TEST_F(ImportTest, RefusesASecondImportOfTheSameTopics) {
    ASSERT_TRUE(import());
    EXPECT_THAT(refusal(), AllOf(HasSubstr("has a topic 'orders' already"), HasSubstr("--skip")));
}

TEST_F(ImportTest, AddsToADataDirectoryThatIsThere) {
    ASSERT_TRUE(import());
    const auto more = kafka("more");
    std::filesystem::rename(more + "/orders-0", more + "/bills-0");
    partition(more + "/bills-0", test_id(10));
    options_.sources = {more};
    const auto done = import();
    ASSERT_TRUE(done) << done.error().context;
    const auto found = image();
    EXPECT_NE(found->find_topic("orders"), nullptr);
    EXPECT_NE(found->find_topic("bills"), nullptr);
    EXPECT_FALSE(std::filesystem::exists(path("data/.moldau-import")));
}

TEST_F(ImportTest, AFailureOnTheWayLeavesNothing) {
    // The folder of the metadata stands where its copy cannot come.
    ASSERT_TRUE(import());
    write_file(path("data/__cluster_metadata-0/damaged"), "is damaged.");
    const auto more = kafka("more");
    std::filesystem::rename(more + "/orders-0", more + "/bills-0");
    partition(more + "/bills-0", test_id(10));
    options_.sources = {more};
    const auto before = tree_of(path("data"));
    const auto done = import();
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().context, HasSubstr("nothing was imported"));
    EXPECT_EQ(tree_of(path("data")), before);
}

TEST_F(ImportTest, TakesBackWhatWasInterruptedBeforeItCounted) {
    write_file(path("data/.moldau-import/orders-0/x"), "half");
    EXPECT_THAT(run(Global{}, options_).error().context, HasSubstr("was not finished"));
    options_.sources.clear();
    ASSERT_TRUE(import());
    EXPECT_FALSE(std::filesystem::exists(path("data/.moldau-import")));
    EXPECT_FALSE(import());
}

TEST_F(ImportTest, FinishesWhatWasInterruptedLater) {
    write_file(path("data/.moldau-import/orders-0/x"), "whole");
    ASSERT_TRUE(write_journal(path("data/.moldau-import"), {{path("data/.moldau-import/orders-0"), path("data/orders-0")}}));
    options_.sources.clear();
    ASSERT_TRUE(import());
    EXPECT_EQ(content_of(path("data/orders-0/x")), "whole");
    EXPECT_FALSE(std::filesystem::exists(path("data/.moldau-import")));
}

}  // namespace
}  // namespace moldau::cli
