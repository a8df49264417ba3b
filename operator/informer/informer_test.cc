// Informers against the fake API server: what handlers are told, and what the store holds when watches break.

#include "operator/informer/informer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "operator/informer/shared_informers.h"
#include "operator/kube_fake/fake_api_server.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"

namespace moldau::informer {
namespace {

using kube_fake::Fault;
using kube_fake::run_task;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

const kube::Resource kTopics = kube::resources::topics();

json topic(const std::string& name, int partitions = 1) {
    return {{"apiVersion", "moldau.dev/v1beta1"},
            {"kind", "Topic"},
            {"metadata", {{"name", name}, {"namespace", "shop"}, {"labels", {{"moldau.dev/cluster", "events"}}}}},
            {"spec", {{"partitions", partitions}}}};
}

kube::ObjectKey key(const std::string& name) { return {"shop", name}; }

std::string text_of(const Change& change) {
    static constexpr const char* kKinds[] = {"+", "~", "-", "="};
    static constexpr const char* kSources[] = {"", " listed", " own"};
    return kKinds[static_cast<int>(change.kind)] + change.key.name + kSources[static_cast<int>(change.source)];
}

class InformerTest : public testing::Test {
protected:
    InformerTest() : client_(loop_, server_), informers_(client_, metrics_) {}
    ~InformerTest() override {
        run_task(loop_, informers_.stop());
        run_task(loop_, client_.stop());
    }
    Informer& add(InformerOptions options = {}) {
        if (options.watch.resource.plural.empty()) options.watch.resource = kTopics;
        auto& informer = informers_.add(std::move(options));
        informer.on_change([this](const Change& change) { seen_.push_back(text_of(change)); });
        return informer;
    }
    Informer& start(InformerOptions options = {}) {
        auto& informer = add(std::move(options));
        informers_.start();
        loop_.run_ready();
        return informer;
    }
    std::vector<std::string> take() { return std::exchange(seen_, {}); }
    double metric(metrics::Metric metric, metrics::LabelValues labels) { return metrics_.value(metric, std::move(labels)); }

    loop::ManualLoop loop_;
    kube_fake::FakeApiServer server_{loop_};
    metrics::Registry metrics_;
    kube::Client client_;
    SharedInformers informers_;
    loop::Cancel cancel_;
    std::vector<std::string> seen_;
};

TEST_F(InformerTest, TellsWhatExistsAndThenWhatChanges) {
    server_.put(kTopics, topic("a"));
    auto& informer = start();
    EXPECT_TRUE(informer.has_synced());
    EXPECT_THAT(take(), ElementsAre("+a listed"));
    server_.put(kTopics, topic("b"));
    server_.put(kTopics, topic("a", 3));
    server_.erase(kTopics, key("b"));
    loop_.run_ready();

    EXPECT_THAT(take(), ElementsAre("+b", "~a", "-b"));
    EXPECT_EQ(informer.store().get(key("a"))->int_at("/spec/partitions"), 3);
    EXPECT_EQ(informer.store().size(), 1u);
}

TEST_F(InformerTest, MakesUpTheDeletionsThatNobodyReported) {
    for (const auto* name : {"a", "b", "c"}) server_.put(kTopics, topic(name));
    auto& informer = start();
    take();
    server_.silence_watches();
    server_.erase(kTopics, key("b"));
    server_.put(kTopics, topic("c", 2));
    server_.expire_watches();
    ASSERT_TRUE(loop_.run_until([&] { return informer.listings() == 2 && !informer.store().contains(key("b")); }, 5min));

    EXPECT_THAT(take(), ElementsAre("~c listed", "-b listed", "=a listed", "=c listed"));
    EXPECT_EQ(metric(metrics::Metric::kInformerRelists, {"topics.moldau.dev", "start"}), 1);
    EXPECT_EQ(metric(metrics::Metric::kInformerRelists, {"topics.moldau.dev", "expired"}), 1);
}

TEST_F(InformerTest, GoesOnAfterACutWithoutListingAgain) {
    auto& informer = start();
    server_.cut_watches(kube_fake::CutAt::kMidLine);
    server_.put(kTopics, topic("a"));
    ASSERT_TRUE(loop_.run_until([&] { return informer.store().size() == 1; }, 1min));

    EXPECT_EQ(informer.listings(), 1u);
    EXPECT_THAT(take(), ElementsAre("+a"));
}

TEST_F(InformerTest, SurvivesAnApiServerThatIsAway) {
    server_.put(kTopics, topic("a"));
    auto& informer = start();
    server_.go_away();
    loop_.advance(2min);
    EXPECT_FALSE(informer.last_error().empty());
    server_.put(kTopics, topic("b"));
    server_.come_back();
    ASSERT_TRUE(loop_.run_until([&] { return informer.store().size() == 2; }, 1min));
}

TEST_F(InformerTest, HearsAgainAfterAWatchThatWentSilent) {
    auto& informer = start();
    server_.silence_watches();
    server_.put(kTopics, topic("a"));
    ASSERT_TRUE(loop_.run_until([&] { return informer.store().size() == 1; }, 10min));
}

TEST_F(InformerTest, StartsTheWatchAnewWhenItIsDeafForTooLong) {
    InformerOptions options;
    options.watch.silence_max = 10h;  // as if the limit below us failed
    options.watch.watch_timeout = 20h;
    options.deaf_after = 5min;
    auto& informer = start(options);
    server_.silence_watches();
    server_.put(kTopics, topic("a"));
    loop_.advance(4min);
    EXPECT_EQ(informer.store().size(), 0u);
    loop_.advance(2min);

    EXPECT_EQ(informer.store().size(), 1u);
    EXPECT_EQ(metric(metrics::Metric::kInformerRelists, {"topics.moldau.dev", "silence"}), 1);
}

TEST_F(InformerTest, WaitsForNoOptionalKindThatIsNotThere) {
    InformerOptions options;
    options.watch.resource = kube::resources::pod_monitors();
    options.need = Need::kOptional;
    server_.stop_serving(options.watch.resource);
    auto& monitors = add(options);
    auto& topics = start();
    const auto synced = run_task(loop_, informers_.wait_synced(loop_.mono_now() + 1min, cancel_));

    EXPECT_TRUE(synced.has_value());
    EXPECT_TRUE(topics.has_synced());
    EXPECT_TRUE(monitors.is_unavailable());
    EXPECT_FALSE(monitors.has_synced());
}

TEST_F(InformerTest, SaysWhichKindIsMissingAndWhy) {
    server_.fail_next(1'000, "topics", Fault::answer(403));
    start();
    const auto synced = run_task(loop_, informers_.wait_synced(loop_.mono_now() + 1min, cancel_));

    ASSERT_FALSE(synced);
    EXPECT_EQ(synced.error().code, Errc::kTimedOut);
    EXPECT_NE(synced.error().context.find("topics.moldau.dev"), std::string::npos) << synced.error().context;
    EXPECT_NE(synced.error().context.find("403"), std::string::npos) << synced.error().context;
}

TEST_F(InformerTest, ShowsOwnWritesBeforeTheWatchDoes) {
    server_.put(kTopics, topic("a"));
    auto& informer = start();
    take();
    server_.options().latency = 100ms;
    const auto written = server_.put(kTopics, topic("a", 9));
    informer.note(written);
    EXPECT_EQ(informer.store().get(key("a"))->int_at("/spec/partitions"), 9);
    EXPECT_THAT(take(), ElementsAre("~a own"));
    loop_.advance(1s);

    EXPECT_THAT(take(), IsEmpty());
}

TEST_F(InformerTest, PassesOverOlderStatesOfWhatItWrote) {
    server_.put(kTopics, topic("a"));
    auto& informer = start();
    take();
    server_.put(kTopics, topic("a", 5));                 // the watch will tell
    informer.note(server_.put(kTopics, topic("a", 9)));  // before this one
    loop_.run_ready();

    EXPECT_EQ(informer.store().get(key("a"))->int_at("/spec/partitions"), 9);
    EXPECT_THAT(take(), ElementsAre("~a own"));
    server_.put(kTopics, topic("a", 10));
    loop_.run_ready();
    EXPECT_EQ(informer.store().get(key("a"))->int_at("/spec/partitions"), 10);
}

TEST_F(InformerTest, BringsNothingBackThatTheWatchHasSeenGo) {
    auto& informer = start();
    const auto written = server_.put(kTopics, topic("a"));
    server_.erase(kTopics, key("a"));
    loop_.run_ready();
    informer.note(written);

    EXPECT_EQ(informer.store().size(), 0u);
}

TEST_F(InformerTest, KeepsIdentitiesAloneWhenToldSoButTellsAll) {
    InformerOptions options;
    options.store.keep = identity_of;
    auto& informer = add(options);
    std::optional<std::int64_t> partitions;
    informer.on_change([&](const Change& change) { partitions = change.after->int_at("/spec/partitions"); });
    server_.put(kTopics, topic("a", 4));
    informers_.start();
    loop_.run_ready();

    EXPECT_EQ(partitions, 4);
    EXPECT_FALSE(informer.store().get(key("a"))->has("/spec"));
    EXPECT_FALSE(informer.store().get(key("a"))->uid().empty());
}

TEST_F(InformerTest, FindsByLabelAndOwnerAndForgetsWhatChanged) {
    InformerOptions options;
    options.store.indexes = {{"cluster", by_label("moldau.dev/cluster")}, {"owner", owner_uids}};
    auto object = topic("a");
    object["metadata"]["ownerReferences"] = {
        {{"apiVersion", "v1"}, {"kind", "Pod"}, {"name", "p"}, {"uid", "u1"}, {"controller", true}}};
    server_.options().garbage_collection = kube_fake::GarbageCollection::kOff;
    server_.put(kTopics, object);
    server_.put(kTopics, topic("b"));
    auto& informer = start(options);
    EXPECT_THAT(informer.store().keys_by("cluster", "shop/events"), ElementsAre(key("a"), key("b")));
    EXPECT_THAT(informer.store().keys_by("owner", "u1"), ElementsAre(key("a")));
    server_.set(kTopics, key("a"), "/metadata/labels", json::object());
    loop_.run_ready();

    EXPECT_THAT(informer.store().keys_by("cluster", "shop/events"), ElementsAre(key("b")));
    EXPECT_EQ(informer.store().count_by("owner", "u1"), 1u);
    EXPECT_EQ(informer.store().count_by("owner", "nobody"), 0u);
}

TEST_F(InformerTest, DropsManagedFields) {
    auto& informer = start();
    kube::Object applied{topic("a")};
    ASSERT_TRUE(run_task(loop_, client_.apply(kTopics, applied)));
    loop_.run_ready();

    ASSERT_TRUE(informer.store().contains(key("a")));
    EXPECT_FALSE(informer.store().get(key("a"))->has("/metadata/managedFields"));
}

TEST_F(InformerTest, ListsOverloadedServersPatiently) {
    server_.put(kTopics, topic("a"));
    server_.fail_next(3, "topics", Fault::overloaded(429, 1));
    auto& informer = start();
    EXPECT_FALSE(informer.has_synced());
    ASSERT_TRUE(loop_.run_until([&] { return informer.has_synced(); }, 5min));
}

}  // namespace
}  // namespace moldau::informer
