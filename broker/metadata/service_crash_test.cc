// A crash after every single operation: what was answered is there afterwards, and nothing is there in halves.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/task_group.h"
#include "metadata/test_process.h"
#include "wire/create_topics.h"
#include "wire/delete_topics.h"

namespace moldau::metadata {
namespace {

enum class Crash { kProcessDies, kPowerFails };

// What clients of the crashed process know.
struct Known {
    std::map<std::string, TopicId> created;  // answered
    std::set<std::string> created_maybe;     // asked for
    std::set<std::string> deleted;           // answered
    std::set<std::string> deleted_maybe;     // asked for
    std::set<std::int64_t> producer_ids;
    std::string cluster;
    enum class State { kListening, kGone } state = State::kListening;  // after the crash nobody hears an answer
};

Task<void> create(MetadataService& service, Known& known, std::string name) {
    known.created_maybe.insert(name);
    const auto request = create_request({topic_of(name, 3)});
    const auto response = co_await service.create_topics(request);
    if (known.state == Known::State::kListening && response.topics.at(0).error_code == 0) {
        known.created[name] = TopicId{response.topics.at(0).topic_id};
    }
}

Task<void> remove(MetadataService& service, Known& known, std::string name) {
    known.deleted_maybe.insert(name);
    wire::DeleteTopicsRequest request;
    request.topic_names = {name};
    const auto response = co_await service.delete_topics(request, 5);
    if (known.state == Known::State::kListening && response.responses.at(0).error_code == 0) known.deleted.insert(name);
}

Task<void> take_ids(ProducerIds& ids, Known& known, int count) {
    for (int number = 0; number < count; ++number) {
        const auto id = co_await ids.next();
        if (!id) co_return;
        if (known.state == Known::State::kListening) EXPECT_TRUE(known.producer_ids.insert(id->value).second) << id->value;
    }
}

// Creations overlapping each other, deletions, producer ids, snapshots in between.
Task<bool> work(TestProcess& process, Known& known, MetadataOptions options, std::string prefix) {
    auto opened = co_await MetadataService::open(process.environment(), std::move(options));
    if (!opened) co_return false;
    process.service = *std::move(opened);
    MetadataService& service = *process.service;
    if (known.state == Known::State::kListening) known.cluster = service.image()->cluster_id();
    if (!co_await service.register_broker(test_registration())) co_return false;
    ProducerIds ids{service};
    TaskGroup together;
    for (int number = 0; number < 4; ++number) {
        together.start(create(service, known, prefix + "a" + std::to_string(number)));
        together.start(create(service, known, prefix + "b" + std::to_string(number)));
        if (number == 2) together.start(remove(service, known, prefix + "a0"));
        co_await take_ids(ids, known, 600);
        if (number % 2 == 1) static_cast<void>(co_await service.snapshot());
    }
    co_await together.stop();
    co_await remove(service, known, prefix + "b1");
    auto closed = co_await service.close();
    process.service.reset();
    co_return closed.has_value();
}

void expect_known(const Image& image, const Known& known) {
    if (!known.cluster.empty()) {
        EXPECT_EQ(image.cluster_id(), known.cluster);
    }
    for (const auto& [name, id] : known.created) {
        const Topic* topic = image.find_topic(name);
        if (!topic) {
            EXPECT_TRUE(known.deleted_maybe.contains(name)) << name << " is lost";
        } else {
            EXPECT_EQ(topic->id, id);
        }
    }
    for (const auto& name : known.deleted) EXPECT_EQ(image.find_topic(name), nullptr) << name << " is back";
    for (const Topic* topic : image.topics()) {
        EXPECT_TRUE(known.created_maybe.contains(topic->name)) << topic->name;
        EXPECT_EQ(topic->partitions.size(), 3u) << topic->name << " is there in part";
    }
    if (!known.producer_ids.empty()) {
        EXPECT_GT(image.next_producer_id(), *known.producer_ids.rbegin());
    }
}

MetadataOptions options_after(Crash crash) {
    auto options = test_options();
    options.segment_bytes = 2'000;
    options.shutdown = crash == Crash::kPowerFails ? log::Shutdown::kPowerLost : log::Shutdown::kProcessDied;
    return options;
}

// One run with a crash after operation `at`; says whether it came to that.
bool crashes(sim::Disk& disk, Known& known, std::uint64_t at, Crash crash, const std::string& prefix) {
    TestProcess process{disk, at};
    const std::uint64_t before = disk.operations();
    disk.crash_after_operation(before + at);
    const auto finished =
        sim::try_run(process.loop, work(process, known, options_after(crash), prefix), std::chrono::minutes{5});
    const bool crashed = disk.is_crashed();
    EXPECT_TRUE(crashed || finished == true);
    known.state = Known::State::kGone;
    if (crash == Crash::kPowerFails) {
        disk.power_fails();
    } else {
        disk.process_dies();
    }
    disk.unwind_the_dead();
    process.loop.run_until_idle();
    while (process.loop.advance_to_next_timer()) {
    }
    if (process.service) static_cast<void>(process.close());
    return crashed;
}

void check_every_crash(Crash crash) {
    std::uint64_t at = 1;
    for (;; ++at) {
        SCOPED_TRACE("crash after operation " + std::to_string(at));
        sim::Disk disk{{.seed = at}};
        Known known;
        const bool crashed = crashes(disk, known, at, crash, "x");
        known.state = Known::State::kListening;
        {
            TestProcess process{disk, at + 1000};
            const auto opened = process.open(options_after(crash));
            ASSERT_TRUE(opened) << opened.error().to_string();
            expect_known(*process.service->image(), known);
            known.cluster = process.service->image()->cluster_id();
            ProducerIds ids{*process.service};
            sim::run(process.loop, take_ids(ids, known, 5));
            ASSERT_TRUE(process.close());
        }
        if (!crashed || ::testing::Test::HasFailure()) break;
    }
    EXPECT_GT(at, 60u);  // the run has many operations to crash after
}

TEST(MetadataCrash, AfterEveryOperationThePowerFails) { check_every_crash(Crash::kPowerFails); }

TEST(MetadataCrash, AfterEveryOperationTheProcessDies) { check_every_crash(Crash::kProcessDies); }

TEST(MetadataCrash, ManyTimesInARow) {
    sim::Disk disk{{.seed = 5}};
    Known known;
    for (std::uint64_t round = 1; round <= 60; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        known.state = Known::State::kListening;
        const Crash crash = round % 2 == 0 ? Crash::kPowerFails : Crash::kProcessDies;
        crashes(disk, known, 1 + (round * 37) % 90, crash, "r" + std::to_string(round));
        TestProcess process{disk, round + 1000};
        const auto opened = process.open(options_after(crash));
        ASSERT_TRUE(opened) << opened.error().to_string();
        expect_known(*process.service->image(), known);
        ASSERT_FALSE(HasFailure());
    }
}

}  // namespace
}  // namespace moldau::metadata
