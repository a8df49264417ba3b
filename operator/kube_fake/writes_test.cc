// The rules of the API that the fake keeps, one test a rule.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "operator/kube/client.h"
#include "operator/kube_fake/fake_api_server.h"
#include "operator/kube_fake/field_ownership.h"
#include "operator/kube_fake/selector.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"

namespace moldau::kube_fake {
namespace {

using kube::Object;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

const kube::Resource kSets = kube::resources::stateful_sets();
const kube::Resource kMaps = kube::resources::config_maps();

json object(const std::string& kind, const std::string& api_version, const std::string& name) {
    return {{"apiVersion", api_version}, {"kind", kind}, {"metadata", {{"name", name}, {"namespace", "a"}}}};
}

json stateful_set(std::initializer_list<std::pair<std::string, std::string>> containers) {
    auto made = object("StatefulSet", "apps/v1", "s");
    made["spec"]["template"]["spec"]["containers"] = json::array();
    for (const auto& [name, image] : containers) {
        made["spec"]["template"]["spec"]["containers"].push_back({{"name", name}, {"image", image}});
    }
    return made;
}

json owned(const Object& owner, const std::string& name) {
    auto made = object("ConfigMap", "v1", name);
    made["metadata"]["ownerReferences"] = json::array(
        {{{"apiVersion", owner.api_version()}, {"kind", owner.kind()}, {"name", owner.name()}, {"uid", owner.uid()}}});
    return made;
}

class WritesTest : public testing::Test {
protected:
    ~WritesTest() override { run_task(loop_, client_.stop()); }

    kube::KubeResult<Object> apply(const json& wanted, const std::string& manager) {
        return run_task(loop_, client_.apply(kSets, Object(wanted), {.field_manager = manager}));
    }
    std::vector<std::string> names(const kube::Resource& resource) const {
        std::vector<std::string> found;
        for (const auto& one : server_.all(resource)) found.push_back(one.name());
        return found;
    }

    loop::ManualLoop loop_;
    FakeApiServer server_{loop_};
    kube::Client client_{loop_, server_};
};

TEST_F(WritesTest, ApplyMergesListsByTheirKeys) {
    ASSERT_TRUE(apply(stateful_set({{"broker", "b:1"}}), "moldau-operator"));
    ASSERT_TRUE(apply(stateful_set({{"sidecar", "s:1"}}), "injector"));

    const auto both = apply(stateful_set({{"broker", "b:2"}}), "moldau-operator");

    ASSERT_TRUE(both);
    EXPECT_EQ(both->string_at("/spec/template/spec/containers/0/image"), "b:2");
    EXPECT_EQ(both->string_at("/spec/template/spec/containers/1/image"), "s:1");
}

TEST_F(WritesTest, ApplyRemovesWhatIsNoLongerWanted) {
    ASSERT_TRUE(apply(stateful_set({{"broker", "b:1"}, {"old", "o:1"}}), "moldau-operator"));

    const auto without = apply(stateful_set({{"broker", "b:1"}}), "moldau-operator");

    ASSERT_TRUE(without);
    EXPECT_FALSE(without->has("/spec/template/spec/containers/1"));
    EXPECT_EQ(without->generation(), 2);
}

TEST_F(WritesTest, ApplyLeavesFieldsOfOthersAlone) {
    ASSERT_TRUE(apply(stateful_set({{"broker", "b:1"}}), "moldau-operator"));
    server_.set(kSets, {"a", "s"}, "/metadata/annotations", {{"theirs", "x"}});

    const auto again = apply(stateful_set({{"broker", "b:1"}}), "moldau-operator");

    ASSERT_TRUE(again);
    EXPECT_EQ(again->annotation("theirs"), "x");
}

TEST_F(WritesTest, ApplyTakesBackWhatAnUpdateChanged) {
    ASSERT_TRUE(apply(stateful_set({{"broker", "b:1"}}), "moldau-operator"));
    server_.set(kSets, {"a", "s"}, "/spec/template/spec/containers/0/image", "evil:1");
    EXPECT_THAT(server_.owners_of(kSets, {"a", "s"}, "/spec/template/spec/containers/{name=\"broker\"}/image"),
                ElementsAre("test"));

    const auto back = apply(stateful_set({{"broker", "b:1"}}), "moldau-operator");

    ASSERT_TRUE(back);
    EXPECT_EQ(back->string_at("/spec/template/spec/containers/0/image"), "b:1");
}

TEST_F(WritesTest, ShowsManagersAndTellsNoWatcherOfANoOp) {
    const auto first = apply(stateful_set({{"broker", "b:1"}}), "moldau-operator");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->string_at("/metadata/managedFields/0/manager"), "moldau-operator");
    const auto version = server_.store().version();

    ASSERT_TRUE(apply(stateful_set({{"broker", "b:1"}}), "moldau-operator"));

    EXPECT_EQ(server_.store().version(), version);
    ASSERT_EQ(server_.audit().size(), 2U);
    EXPECT_TRUE(server_.audit()[0].changed);
    EXPECT_FALSE(server_.audit()[1].changed);
    EXPECT_EQ(server_.audit()[1].summary(), "PATCH statefulsets.apps a/s");
}

TEST_F(WritesTest, FinalizersHoldAnObjectUntilTheLastIsGone) {
    auto made = object("ConfigMap", "v1", "m");
    made["metadata"]["finalizers"] = {"one", "two"};
    server_.put(kMaps, made);
    ASSERT_TRUE(run_task(loop_, client_.remove(kMaps, {"a", "m"})));
    ASSERT_TRUE(server_.find(kMaps, {"a", "m"}));
    EXPECT_TRUE(server_.find(kMaps, {"a", "m"})->is_deleting());

    const auto drop = [&](json finalizers) {
        return run_task(loop_, client_.patch(kMaps, {"a", "m"}, {{"metadata", {{"finalizers", std::move(finalizers)}}}}));
    };
    ASSERT_TRUE(drop({"two"}));
    EXPECT_TRUE(server_.find(kMaps, {"a", "m"}));
    ASSERT_TRUE(drop(nullptr));

    EXPECT_FALSE(server_.find(kMaps, {"a", "m"}));
}

TEST_F(WritesTest, GarbageCollectionFollowsOwners) {
    const auto owner = server_.put(kMaps, object("ConfigMap", "v1", "owner"));
    const auto child = server_.put(kMaps, owned(owner, "child"));
    server_.put(kMaps, owned(child, "grandchild"));

    server_.remove(kMaps, {"a", "owner"});
    loop_.run_ready();

    EXPECT_THAT(names(kMaps), IsEmpty());
}

TEST_F(WritesTest, GarbageCollectionCanBeOff) {
    server_.options().garbage_collection = GarbageCollection::kOff;
    const auto owner = server_.put(kMaps, object("ConfigMap", "v1", "owner"));
    server_.put(kMaps, owned(owner, "child"));

    server_.remove(kMaps, {"a", "owner"});
    loop_.run_ready();

    EXPECT_THAT(names(kMaps), ElementsAre("child"));
}

TEST_F(WritesTest, OrphansStayWithoutTheirOwner) {
    const auto owner = server_.put(kMaps, object("ConfigMap", "v1", "owner"));
    server_.put(kMaps, owned(owner, "child"));

    ASSERT_TRUE(run_task(loop_, client_.remove(kMaps, {"a", "owner"}, {.propagation = kube::Propagation::kOrphan})));
    loop_.run_ready();

    EXPECT_THAT(names(kMaps), ElementsAre("child"));
    EXPECT_THAT(server_.find(kMaps, {"a", "child"})->owner_references(), IsEmpty());
}

TEST_F(WritesTest, ForegroundDeletionWaitsForDependents) {
    const auto owner = server_.put(kMaps, object("ConfigMap", "v1", "owner"));
    auto child = owned(owner, "child");
    child["metadata"]["finalizers"] = {"hold"};
    server_.put(kMaps, child);

    ASSERT_TRUE(run_task(loop_, client_.remove(kMaps, {"a", "owner"}, {.propagation = kube::Propagation::kForeground})));
    loop_.run_ready();
    EXPECT_THAT(names(kMaps), ElementsAre("child", "owner"));
    server_.set(kMaps, {"a", "child"}, "/metadata/finalizers", nullptr);
    loop_.run_ready();

    EXPECT_THAT(names(kMaps), IsEmpty());
}

TEST_F(WritesTest, ANamespaceEndsWhenItIsEmptyAndTakesNothingNew) {
    server_.put(kube::resources::namespaces(), {{"metadata", {{"name", "a"}}}});
    auto held = object("ConfigMap", "v1", "held");
    held["metadata"]["finalizers"] = {"hold"};
    server_.put(kMaps, held);
    server_.put(kMaps, object("ConfigMap", "v1", "free"));

    server_.remove(kube::resources::namespaces(), {.ns = {}, .name = "a"});
    loop_.run_ready();
    EXPECT_THAT(names(kMaps), ElementsAre("held"));
    const auto late = run_task(loop_, client_.create(kMaps, Object(object("ConfigMap", "v1", "late"))));
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is_forbidden());

    server_.set(kMaps, {"a", "held"}, "/metadata/finalizers", nullptr);
    loop_.run_ready();
    EXPECT_THAT(names(kube::resources::namespaces()), IsEmpty());
}

TEST_F(WritesTest, AnswersLostOnTheWayAreInTheAuditLog) {
    server_.fail_next(1, "POST", Fault::drop_after());
    EXPECT_FALSE(run_task(loop_, client_.create(kMaps, Object(object("ConfigMap", "v1", "m")))));
    EXPECT_EQ(server_.mutations().size(), 1U);

    server_.fail_next(1, "POST", Fault::answer(403));
    EXPECT_FALSE(run_task(loop_, client_.create(kMaps, Object(object("ConfigMap", "v1", "n")))));
    EXPECT_EQ(server_.mutations().size(), 1U);
}

TEST_F(WritesTest, RefusesUnknownBodiesAndPaths) {
    const auto status_of = [&](kube::Request request) {
        std::optional<int> status;
        server_.send(std::move(request), [&](const Result<kube::Response>& response) { status = response->status; });
        loop_.run_ready();
        return status;
    };
    using kube::Method;
    EXPECT_EQ(status_of({.path = "/api/v1/namespaces/a/teapots"}), 404);
    EXPECT_EQ(status_of({.path = "/api/v1/namespaces/a/configmaps/m/status"}), 404);
    EXPECT_EQ(status_of({.method = Method::kPost, .path = "/api/v1/namespaces/a/configmaps", .body = "{"}), 400);
    EXPECT_EQ(status_of({.method = Method::kPost, .path = "/api/v1/namespaces/a/configmaps", .body = "{}"}), 422);
    EXPECT_EQ(
        status_of(
            {.method = Method::kPatch, .path = "/api/v1/namespaces/a/configmaps/m", .content_type = "x", .body = "{}"}),
        415);
}

TEST(Selector, MatchesAsKubernetesDoes) {
    const json labelled{{"metadata", {{"name", "n"}, {"labels", {{"a", "1"}, {"x.y/b", "2"}}}}}};
    for (const auto* yes :
         {"", "a=1", "a==1", "a", "!c", "a!=2", "c!=1", "x.y/b in (1, 2)", "a notin (2,3)", "a=1,x.y/b=2"}) {
        EXPECT_TRUE(Selector(yes, "").matches(labelled)) << yes;
    }
    for (const auto* no : {"a=2", "c", "!a", "a!=1", "a in (2,3)", "a notin (1)", "a=1,c"}) {
        EXPECT_FALSE(Selector(no, "").matches(labelled)) << no;
    }
    EXPECT_TRUE(Selector("", "metadata.name=n").matches(labelled));
    EXPECT_FALSE(Selector("", "metadata.name=m").matches(labelled));
}

}  // namespace
}  // namespace moldau::kube_fake
