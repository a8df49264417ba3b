// Verbs against the fake API server: each guards its order, and none does more than it says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "operator/api/metadata.h"
#include "operator/apply/carry_out.h"
#include "operator/kube_fake/fake_api_server.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"
#include "operator/specs/names.h"

namespace moldau::apply {
namespace {

using kube_fake::run_task;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

json object(const kube::Resource& resource, const std::string& name) {
    return {
        {"apiVersion", resource.api_version()},
        {"kind", resource.kind},
        {"metadata", {{"namespace", "shop"}, {"name", name}, {"labels", {{std::string(specs::kClusterLabel), "events"}}}}}};
}

class ApplyTest : public testing::Test {
protected:
    ApplyTest()
        : client_(loop_, server_), informers_(client_, metrics_), kinds_(informers_, ""), events_(client_, {}, metrics_) {
        informers_.start();
        loop_.run_ready();
    }
    ~ApplyTest() override {
        run_task(loop_, informers_.stop());
        run_task(loop_, client_.stop());
    }
    Carried carry_out(decide::Action action) {
        Hands hands{.client = client_, .kinds = kinds_, .events = events_, .metrics = metrics_, .may_write = [this] {
                        return has_lease_;
                    }};
        return run_task(loop_, apply::carry_out(hands, nullptr, std::move(action)));
    }
    // As the API server and our stores have it.
    kube::Object put(const kube::Resource& resource, json what) {
        auto stored = server_.put(resource, std::move(what));
        loop_.run_ready();
        server_.clear_audit();
        return stored;
    }
    static decide::Target target(const kube::Resource& resource, const kube::Object& stored) {
        return {resource, stored.key(), stored.uid(), stored.resource_version()};
    }

    loop::ManualLoop loop_;
    kube_fake::FakeApiServer server_{loop_};
    metrics::Registry metrics_;
    kube::Client client_;
    informer::SharedInformers informers_;
    observe::Kinds kinds_;
    controller::EventRecorder events_;
    bool has_lease_ = true;
};

const kube::Resource kTopics = kube::resources::topics();
const kube::Resource kPods = kube::resources::pods();
const kube::Resource kMaps = kube::resources::config_maps();

TEST_F(ApplyTest, AddsAndRemovesItsFinalizerBesideOthers) {
    auto wanted = object(kTopics, "orders");
    wanted["metadata"]["finalizers"] = {"theirs"};
    const auto topic = put(kTopics, wanted);
    EXPECT_TRUE(carry_out(decide::AddFinalizer{target(kTopics, topic)}).ok());
    EXPECT_THAT(server_.find(kTopics, topic.key())->finalizers(), ElementsAre("theirs", api::kFinalizer));
    EXPECT_TRUE(carry_out(decide::AddFinalizer{target(kTopics, topic)}).ok());
    EXPECT_EQ(server_.mutations().size(), 1u);
    EXPECT_TRUE(carry_out(decide::RemoveFinalizer{target(kTopics, topic)}).ok());

    EXPECT_THAT(server_.find(kTopics, topic.key())->finalizers(), ElementsAre("theirs"));
}

TEST_F(ApplyTest, OverwritesNoFinalizersThatItHasNotSeen) {
    const auto topic = put(kTopics, object(kTopics, "orders"));
    server_.set(kTopics, topic.key(), "/metadata/finalizers", {"new"});
    const auto carried = carry_out(decide::AddFinalizer{target(kTopics, topic)});

    ASSERT_TRUE(carried.error);
    EXPECT_TRUE(carried.error->is_conflict());
    EXPECT_THAT(server_.find(kTopics, topic.key())->finalizers(), ElementsAre("new"));
}

TEST_F(ApplyTest, DeletesThatVeryPodAlone) {
    const auto old = put(kPods, object(kPods, "events-brokers-0"));
    server_.erase(kPods, old.key());
    const auto fresh = put(kPods, object(kPods, "events-brokers-0"));
    const auto carried = carry_out(decide::DeletePod{target(kPods, old)});

    ASSERT_TRUE(carried.error);
    EXPECT_TRUE(carried.error->is_conflict());
    EXPECT_EQ(server_.find(kPods, old.key())->uid(), fresh.uid());
}

TEST_F(ApplyTest, TakesWhatIsGoneForRemoved) {
    const auto pod = put(kPods, object(kPods, "events-brokers-0"));
    server_.erase(kPods, pod.key());

    EXPECT_TRUE(carry_out(decide::DeletePod{target(kPods, pod)}).ok());
    EXPECT_TRUE(carry_out(decide::ForceDeletePod{target(kPods, pod)}).ok());
    EXPECT_TRUE(carry_out(decide::RemoveFinalizer{target(kPods, pod)}).ok());
}

TEST_F(ApplyTest, MakesAnObjectAndShowsItAtOnce) {
    server_.silence_watches();
    EXPECT_TRUE(carry_out(decide::ApplyObject{kMaps, kube::Object{object(kMaps, "events-config")}}).ok());

    EXPECT_TRUE(kinds_.find(kMaps)->store().contains({"shop", "events-config"}));
}

TEST_F(ApplyTest, BringsBackAStrangerInsteadOfWritingOverIt) {
    auto foreign = object(kMaps, "events-config");
    foreign["metadata"].erase("labels");
    foreign["data"] = {{"theirs", "1"}};
    put(kMaps, foreign);
    const auto carried = carry_out(decide::ApplyObject{kMaps, kube::Object{object(kMaps, "events-config")}});

    ASSERT_TRUE(carried.stranger);
    EXPECT_EQ(carried.stranger->object.string_at("/data/theirs"), "1");
    EXPECT_THAT(server_.mutations(), IsEmpty());
}

TEST_F(ApplyTest, WritesNothingWithoutTheLease) {
    has_lease_ = false;
    const auto carried = carry_out(decide::ApplyObject{kMaps, kube::Object{object(kMaps, "events-config")}});

    ASSERT_TRUE(carried.error);
    EXPECT_EQ(carried.error->code, Errc::kCancelled);
    EXPECT_THAT(server_.audit(), IsEmpty());
}

TEST_F(ApplyTest, LeavesPodsRunningWhenTheirSetIsMadeAnew) {
    const auto sets = kube::resources::stateful_sets();
    const auto set = put(sets, object(sets, "events-brokers"));
    auto pod = object(kPods, "events-brokers-0");
    pod["metadata"]["ownerReferences"] = {{{"apiVersion", "apps/v1"},
                                           {"kind", "StatefulSet"},
                                           {"name", "events-brokers"},
                                           {"uid", set.uid()},
                                           {"controller", true}}};
    put(kPods, pod);
    EXPECT_TRUE(carry_out(decide::OrphanStatefulSet{target(sets, set)}).ok());
    server_.collect_all_garbage();
    loop_.advance(1min);

    EXPECT_FALSE(server_.find(sets, set.key()));
    EXPECT_TRUE(server_.find(kPods, {"shop", "events-brokers-0"}));
}

TEST_F(ApplyTest, AsksForALargerVolume) {
    const auto claims = kube::resources::persistent_volume_claims();
    auto wanted = object(claims, "data-events-brokers-0");
    wanted["spec"]["resources"]["requests"]["storage"] = "10Gi";
    const auto claim = put(claims, wanted);
    EXPECT_TRUE(carry_out(decide::ResizeClaim{target(claims, claim), "20Gi"}).ok());

    EXPECT_EQ(server_.find(claims, claim.key())->string_at("/spec/resources/requests/storage"), "20Gi");
}

TEST_F(ApplyTest, HasNoBrokerToOrderFrom) {
    const auto carried = carry_out(decide::CreateTopics{});

    ASSERT_TRUE(carried.error);
    EXPECT_EQ(carried.error->code, Errc::kBrokerNotAvailable);
}

}  // namespace
}  // namespace moldau::apply
