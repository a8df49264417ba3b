// The client's verbs, and its patience, against the fake API server.

#include "operator/kube/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "operator/kube_fake/fake_api_server.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"

namespace moldau::kube_fake {
namespace {

using kube::Client;
using kube::KubeResult;
using kube::Object;
using kube::Reason;
using nlohmann::json;
using testing::ElementsAre;

const kube::Resource kTopics = kube::resources::topics();
const kube::ObjectKey kKey{.ns = "a", .name = "orders"};

json topic(int partitions) {
    return {{"apiVersion", "moldau.dev/v1beta1"},
            {"kind", "Topic"},
            {"metadata", {{"name", "orders"}, {"namespace", "a"}}},
            {"spec", {{"partitions", partitions}}}};
}

class ClientTest : public testing::Test {
protected:
    explicit ClientTest(kube::ClientOptions options = {}) : client_(loop_, server_, std::move(options)) {}
    ~ClientTest() override { run_task(loop_, client_.stop()); }

    template <class T>
    T run(Task<T> task) {
        return run_task(loop_, std::move(task));
    }
    Millis elapsed() const { return std::chrono::floor<Millis>(loop_.mono_now() - start_); }

    loop::ManualLoop loop_;
    MonoTime start_ = loop_.mono_now();
    FakeApiServer server_{loop_};
    Client client_;
};

TEST_F(ClientTest, CreatesGetsReplacesAndDeletes) {
    const auto created = run(client_.create(kTopics, Object(topic(3))));
    ASSERT_TRUE(created);
    EXPECT_EQ(created->generation(), 1);
    const auto again = run(client_.create(kTopics, Object(topic(3))));
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().is_already_exists());

    const auto replaced = run(client_.replace(kTopics, created->with("/spec/partitions", 4)));
    ASSERT_TRUE(replaced);
    EXPECT_EQ(replaced->generation(), 2);
    const auto stale = run(client_.replace(kTopics, created->with("/spec/partitions", 5)));
    ASSERT_FALSE(stale);
    EXPECT_TRUE(stale.error().is_conflict());

    EXPECT_TRUE(run(client_.remove(kTopics, kKey)));
    const auto missing = run(client_.get(kTopics, kKey));
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().is_not_found());
    EXPECT_EQ(missing.error().code, Errc::kNotFound);
}

TEST_F(ClientTest, ListsByPagesWithKindsFilledIn) {
    for (int index = 0; index < 5; ++index) {
        auto object = topic(1);
        object["metadata"]["name"] = "t" + std::to_string(index);
        server_.put(kTopics, object);
    }
    std::vector<std::string> names;
    kube::ListOptions options{.limit = 2};
    int pages = 0;
    do {
        auto page = run(client_.list(kTopics, "a", options));
        ASSERT_TRUE(page);
        for (const auto& item : page->items) {
            names.push_back(item.name());
            EXPECT_EQ(item.kind(), "Topic");
        }
        options.continue_token = page->continue_token;
        ++pages;
    } while (!options.continue_token.empty());

    EXPECT_EQ(pages, 3);
    EXPECT_THAT(names, ElementsAre("t0", "t1", "t2", "t3", "t4"));
}

TEST_F(ClientTest, AppliesWithoutANewVersionWhenNothingChanges) {
    const auto first = run(client_.apply(kTopics, Object(topic(3))));
    ASSERT_TRUE(first);
    const auto second = run(client_.apply(kTopics, Object(topic(3))));
    ASSERT_TRUE(second);
    EXPECT_EQ(first->resource_version(), second->resource_version());

    const auto third = run(client_.apply(kTopics, Object(topic(4))));
    ASSERT_TRUE(third);
    EXPECT_NE(first->resource_version(), third->resource_version());
    EXPECT_EQ(third->generation(), 2);
}

TEST_F(ClientTest, MeetsAConflictUnlessItForces) {
    server_.put(kTopics, topic(3));

    const auto polite = run(client_.apply(kTopics, Object(topic(4)), {.conflicts = kube::Conflicts::kFail}));
    ASSERT_FALSE(polite);
    EXPECT_TRUE(polite.error().is_conflict());
    ASSERT_EQ(polite.error().causes.size(), 1U);
    EXPECT_EQ(polite.error().causes[0].field, "/spec/partitions");

    const auto forced = run(client_.apply(kTopics, Object(topic(4))));
    ASSERT_TRUE(forced);
    EXPECT_THAT(server_.owners_of(kTopics, kKey, "/spec/partitions"), ElementsAre("moldau-operator"));
}

TEST_F(ClientTest, WritesStatusUnderItsOwnManagerAndTouchesNoSpec) {
    server_.put(kTopics, topic(3));
    auto wanted = topic(9);
    wanted["status"] = {{"topicId", "x"}};

    const auto applied = run(client_.apply_status(kTopics, Object(wanted)));

    ASSERT_TRUE(applied);
    EXPECT_EQ(applied->string_at("/status/topicId"), "x");
    EXPECT_EQ(applied->int_at("/spec/partitions"), 3);
    EXPECT_EQ(applied->generation(), 1);
    EXPECT_THAT(server_.owners_of(kTopics, kKey, "/status/topicId"), ElementsAre("moldau-operator-status"));
}

TEST_F(ClientTest, PatchesOnlyWhatItsPreconditionsName) {
    const auto object = server_.put(kTopics, topic(3));
    const json patch{{"metadata", {{"finalizers", {"moldau.dev/topic"}}}}};

    const auto stranger = run(client_.patch(kTopics, kKey, patch, {.preconditions = {.uid = "other"}}));
    ASSERT_FALSE(stranger);
    EXPECT_TRUE(stranger.error().is_conflict());
    const auto json_patch = run(client_.patch(kTopics, kKey, json::array({{{"op", "remove"}, {"path", "/spec/partitions"}}}),
                                              {.type = kube::PatchType::kJson, .preconditions = {.resource_version = "1"}}));
    ASSERT_FALSE(json_patch);
    EXPECT_TRUE(json_patch.error().is_invalid());

    const auto patched = run(client_.patch(kTopics, kKey, patch, {.preconditions = {.uid = object.uid()}}));
    ASSERT_TRUE(patched);
    EXPECT_TRUE(patched->has_finalizer("moldau.dev/topic"));
}

TEST_F(ClientTest, LeavesDryRunsWithoutTrace) {
    const auto tried = run(client_.apply(kTopics, Object(topic(3)), {.dry_run = kube::DryRun::kServer}));

    ASSERT_TRUE(tried);
    EXPECT_EQ(tried->int_at("/spec/partitions"), 3);
    EXPECT_FALSE(server_.find(kTopics, kKey));
    EXPECT_TRUE(server_.mutations().empty());
}

TEST_F(ClientTest, DeletesOnlyTheObjectThatItMeans) {
    const auto object = server_.put(kTopics, topic(3));

    const auto wrong = run(client_.remove(kTopics, kKey, {.preconditions = {.uid = "other"}}));
    ASSERT_FALSE(wrong);
    EXPECT_TRUE(wrong.error().is_conflict());
    EXPECT_TRUE(run(client_.remove(kTopics, kKey, {.preconditions = {.uid = object.uid()}})));
}

TEST_F(ClientTest, ReadsTheServersReasonsAndCauses) {
    server_.serve({.resource = kTopics,
                   .status = HasStatus::kSubresource,
                   .validate = [](const json&, const json&) -> std::optional<RefusalCause> {
                       return RefusalCause{"FieldValueInvalid", "spec.partitions", "partitions cannot shrink"};
                   }});

    const auto refused = run(client_.apply(kTopics, Object(topic(3))));

    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is_invalid());
    EXPECT_EQ(refused.error().causes,
              (std::vector<kube::Cause>{{"FieldValueInvalid", "spec.partitions", "partitions cannot shrink"}}));
    EXPECT_THAT(refused.error().context, testing::HasSubstr("apply topics.moldau.dev a/orders: 422 Invalid"));
}

TEST_F(ClientTest, RepeatsWhatMayBeRepeatedAfterALostConnection) {
    server_.fail_next(1, "PATCH", Fault::drop_after());
    const auto applied = run(client_.apply(kTopics, Object(topic(3))));
    ASSERT_TRUE(applied);
    EXPECT_EQ(server_.count_requests("PATCH"), 2U);
    EXPECT_EQ(elapsed(), Millis{0});

    server_.fail_next(2, "GET", Fault::drop_before());
    EXPECT_TRUE(run(client_.get(kTopics, kKey)));
    EXPECT_GT(elapsed(), Millis{0});
}

TEST_F(ClientTest, DoesNotRepeatACreationThatMayHaveHappened) {
    server_.fail_next(1, "POST", Fault::drop_after());

    const auto created = run(client_.create(kTopics, Object(topic(3))));

    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().reason, Reason::kNone);
    EXPECT_EQ(created.error().code, Errc::kClosed);
    EXPECT_EQ(server_.count_requests("POST"), 1U);
}

TEST_F(ClientTest, WaitsAsLongAsAnOverloadedServerSays) {
    server_.fail_next(1, "POST", Fault::overloaded(429, 7));
    ASSERT_TRUE(run(client_.create(kTopics, Object(topic(3)))));
    EXPECT_GE(elapsed(), Millis{7'000});
    EXPECT_LT(elapsed(), Millis{8'000});

    server_.fail_next(1, "DELETE", Fault::overloaded(503, 5));
    ASSERT_TRUE(run(client_.remove(kTopics, kKey)));
    EXPECT_GE(elapsed(), Millis{12'000});
}

TEST_F(ClientTest, GivesUpOnAServerThatStaysOverloaded) {
    server_.fail_next(100, "GET", Fault::overloaded(429, 1));

    const auto object = run(client_.get(kTopics, kKey));

    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().reason, Reason::kTooManyRequests);
    EXPECT_EQ(object.error().retry_after, Millis{1'000});
    EXPECT_EQ(server_.count_requests("GET"), 6U);
    EXPECT_LT(elapsed(), Millis{90'000});
}

TEST_F(ClientTest, DoesNotWaitLongerThanItsDeadline) {
    server_.fail_next(1, "GET", Fault::overloaded(429, 600));

    const auto object = run(client_.get(kTopics, kKey));

    ASSERT_FALSE(object);
    EXPECT_EQ(elapsed(), Millis{0});
}

TEST_F(ClientTest, TimesOutAServerThatDoesNotAnswer) {
    server_.fail_next(100, "GET", Fault::hang());

    const auto object = run(client_.get(kTopics, kKey));

    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code, Errc::kTimedOut);
    EXPECT_LE(elapsed(), Millis{90'000});
}

TEST_F(ClientTest, TakesNonsenseForAnError) {
    server_.put(kTopics, topic(3));
    server_.fail_next(1, "GET", Fault::answer(200, "<html>login</html>"));
    const auto object = run(client_.get(kTopics, kKey));
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code, Errc::kMalformed);

    server_.fail_next(1, "GET", Fault::answer(200, R"({"kind":"TopicList","items":[{"a":1},7]})"));
    const auto page = run(client_.list(kTopics, "a"));
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, Errc::kMalformed);
}

class NarrowClientTest : public ClientTest {
protected:
    NarrowClientTest() : ClientTest({.in_flight_max = 2, .waiting_max = 3}) {}
};

TEST_F(NarrowClientTest, LetsOnlySoManyRequestsOutAtOnceAndRefusesTheRest) {
    server_.options().latency = Millis{100};
    server_.put(kTopics, topic(3));
    std::vector<Errc> ends;
    for (int index = 0; index < 6; ++index) {
        spawn(client_.get(kTopics, kKey),
              [&](const KubeResult<Object>& result) { ends.push_back(result ? Errc::kNone : result.error().code); });
    }
    EXPECT_EQ(client_.in_flight(), 2U);
    EXPECT_THAT(ends, ElementsAre(Errc::kBusy));

    loop_.advance(Millis{100});
    EXPECT_EQ(ends.size(), 3U);
    loop_.advance(Millis{200});

    EXPECT_THAT(ends, ElementsAre(Errc::kBusy, Errc::kNone, Errc::kNone, Errc::kNone, Errc::kNone, Errc::kNone));
    EXPECT_EQ(client_.in_flight(), 0U);
}

TEST_F(NarrowClientTest, EndsEverythingWhenItStops) {
    server_.fail_next(2, "GET", Fault::hang());
    int cancelled = 0;
    for (int index = 0; index < 4; ++index) {
        spawn(client_.get(kTopics, kKey), [&](const KubeResult<Object>& result) {
            if (!result && result.error().code == Errc::kCancelled) ++cancelled;
        });
    }
    loop_.run_ready();

    run(client_.stop());

    EXPECT_EQ(cancelled, 4);
    const auto late = run(client_.get(kTopics, kKey));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::kCancelled);
}

TEST_F(ClientTest, DiscoversWhatIsServed) {
    const auto groups = run(client_.discover_groups());
    ASSERT_TRUE(groups);
    EXPECT_THAT(*groups, testing::Contains(kube::ApiGroupVersion{"", "v1", true}));
    EXPECT_THAT(*groups, testing::Contains(kube::ApiGroupVersion{"moldau.dev", "v1beta1", true}));

    const auto resources = run(client_.discover_resources("moldau.dev", "v1beta1"));
    ASSERT_TRUE(resources);
    ASSERT_EQ(resources->size(), 2U);
    EXPECT_EQ((*resources)[1].resource, kTopics);

    server_.stop_serving(kube::resources::pod_monitors());
    server_.stop_serving(kube::resources::service_monitors());
    const auto missing = run(client_.discover_resources("monitoring.coreos.com", "v1"));
    ASSERT_FALSE(missing);
    EXPECT_TRUE(missing.error().is_not_found());
    const auto version = run(client_.server_version());
    ASSERT_TRUE(version);
    EXPECT_EQ(version->minor, 33);
}

}  // namespace
}  // namespace moldau::kube_fake
