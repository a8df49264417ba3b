// Events against the fake API server.

#include "operator/controller/event_recorder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "operator/kube_fake/fake_api_server.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"

namespace moldau::controller {
namespace {

using kube_fake::Fault;
using kube_fake::run_task;
using namespace std::chrono_literals;

const kube::Resource kEvents = kube::resources::events();

Event event(const std::string& topic, const std::string& reason = "Created", const std::string& note = "made") {
    return {
        .regarding = {.api_version = "moldau.dev/v1beta1", .kind = "Topic", .key = {"shop", topic}, .uid = "uid-" + topic},
        .reason = reason,
        .note = note};
}

class EventRecorderTest : public testing::Test {
protected:
    EventRecorderTest() : client_(loop_, server_), recorder_(client_, options(), metrics_) { recorder_.start(); }
    ~EventRecorderTest() override {
        run_task(loop_, recorder_.stop());
        run_task(loop_, client_.stop());
    }
    static EventRecorderOptions options() {
        return {.instance = "pod-1", .pending_max = 20, .per_second = 1, .burst = 10, .object_burst = 3};
    }
    double counted(const char* result) { return metrics_.value(metrics::Metric::kEvents, {result}); }

    loop::ManualLoop loop_;
    kube_fake::FakeApiServer server_{loop_};
    metrics::Registry metrics_;
    kube::Client client_;
    EventRecorder recorder_;
};

TEST_F(EventRecorderTest, WritesAnEventBesideItsObject) {
    recorder_.record(event("orders"));
    loop_.run_ready();
    const auto events = server_.all(kEvents);

    ASSERT_EQ(events.size(), 1u);
    const auto& written = events[0];
    EXPECT_EQ(written.ns(), "shop");
    EXPECT_EQ(written.string_at("/reason"), "Created");
    EXPECT_EQ(written.string_at("/note"), "made");
    EXPECT_EQ(written.string_at("/type"), "Normal");
    EXPECT_EQ(written.string_at("/action"), "Reconcile");
    EXPECT_EQ(written.string_at("/regarding/uid"), "uid-orders");
    EXPECT_EQ(written.string_at("/reportingController"), "moldau.dev/operator");
    EXPECT_EQ(written.string_at("/eventTime"), "2026-01-01T00:00:00.000000Z");
}

TEST_F(EventRecorderTest, CountsRepetitionsInOneSeries) {
    for (int time = 0; time < 9; ++time) {
        recorder_.record(event("orders"));
        loop_.advance(1s);
    }
    const auto events = server_.all(kEvents);

    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].int_at("/series/count"), 8);
    EXPECT_EQ(server_.mutations().size(), 4u);  // one, then at 2, 4 and 8
}

TEST_F(EventRecorderTest, StartsAnewWhenARepetitionComesLate) {
    recorder_.record(event("orders"));
    loop_.advance(7min);
    recorder_.record(event("orders"));
    loop_.advance(1s);

    EXPECT_EQ(server_.all(kEvents).size(), 2u);
}

TEST_F(EventRecorderTest, MakesTheEventAnewWhenTheServerHasForgottenIt) {
    recorder_.record(event("orders"));
    loop_.run_ready();
    server_.erase(kEvents, server_.all(kEvents)[0].key());
    recorder_.record(event("orders"));
    loop_.advance(1s);

    EXPECT_EQ(server_.all(kEvents).size(), 1u);
}

TEST_F(EventRecorderTest, DropsWhatOneObjectTellsTooMuch) {
    for (int index = 0; index < 10; ++index) recorder_.record(event("orders", "Reason" + std::to_string(index)));
    loop_.advance(1min);

    EXPECT_EQ(server_.all(kEvents).size(), 3u);
    EXPECT_EQ(counted("dropped"), 7);
}

TEST_F(EventRecorderTest, WritesNoFasterThanItsRate) {
    for (int index = 0; index < 20; ++index) recorder_.record(event("t" + std::to_string(index)));
    loop_.run_ready();
    EXPECT_EQ(server_.all(kEvents).size(), 10u);
    loop_.advance(5100ms);

    EXPECT_EQ(server_.all(kEvents).size(), 15u);
}

TEST_F(EventRecorderTest, DropsWhatItsQueueCannotHold) {
    server_.go_away();
    for (int index = 0; index < 50; ++index) recorder_.record(event("t" + std::to_string(index)));

    EXPECT_LE(recorder_.pending(), 20u);
    EXPECT_EQ(counted("dropped"), 30);
}

TEST_F(EventRecorderTest, CarriesOnWhenAnEventIsRefused) {
    server_.fail_next(1, "events", Fault::answer(403));
    recorder_.record(event("a"));
    recorder_.record(event("b"));
    loop_.advance(1s);

    EXPECT_EQ(server_.all(kEvents).size(), 1u);
    EXPECT_EQ(counted("failed"), 1);
}

TEST_F(EventRecorderTest, CutsNotesBetweenCharacters) {
    std::string note(1023, 'x');
    recorder_.record(event("a", "Created", note + "\u00e9\u00e9"));
    loop_.run_ready();

    EXPECT_EQ(server_.all(kEvents)[0].string_at("/note"), note);
}

}  // namespace
}  // namespace moldau::controller
