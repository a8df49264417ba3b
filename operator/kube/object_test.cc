// Objects as values, errors as the server tells them, bytes taken apart.

#include "operator/kube/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/task.h"
#include "operator/kube/json.h"
#include "operator/kube/kube_error.h"
#include "operator/kube/resource.h"
#include "operator/kube/timestamp.h"

namespace moldau::kube {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::Pair;

constexpr std::string_view kText = R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"a","namespace":"n",
  "uid":"u-1","resourceVersion":"7","generation":3,"labels":{"moldau.dev/pool":"brokers","bad":1},
  "annotations":{"x/y~z":"v"},"finalizers":["f"],"deletionTimestamp":"2026-01-01T00:00:00Z",
  "ownerReferences":[{"apiVersion":"v1","kind":"K","name":"o1","uid":"1"},
                     {"apiVersion":"v1","kind":"K","name":"o2","uid":"2","controller":true,"blockOwnerDeletion":true}]},
  "spec":{"replicas":3,"paused":false,"list":[{"p":"first"}]}})";

TEST(Object, KnowsItsMetadataPackedOrNot) {
    const auto parsed = Object::parse(kText);
    ASSERT_TRUE(parsed);
    for (const auto& object : {*parsed, parsed->packed()}) {
        EXPECT_EQ(object.api_version(), "apps/v1");
        EXPECT_EQ(object.kind(), "StatefulSet");
        EXPECT_EQ(object.key(), (ObjectKey{"n", "a"}));
        EXPECT_EQ(object.uid(), "u-1");
        EXPECT_EQ(object.resource_version(), "7");
        EXPECT_EQ(object.generation(), 3);
        EXPECT_THAT(object.labels(), ElementsAre(Pair("moldau.dev/pool", "brokers")));
        EXPECT_EQ(object.label("moldau.dev/pool"), "brokers");
        EXPECT_EQ(object.annotation("x/y~z"), "v");
        EXPECT_TRUE(object.has_finalizer("f"));
        EXPECT_FALSE(object.has_finalizer("g"));
        EXPECT_TRUE(object.is_deleting());
        EXPECT_EQ(object.owner_references().size(), 2U);
        EXPECT_EQ(object.controller()->name, "o2");
    }
    EXPECT_EQ(*parsed, parsed->packed());
    EXPECT_EQ(parsed->text(), parsed->packed().text());
}

TEST(Object, GettersNeverFail) {
    const auto object = *Object::parse(kText);
    EXPECT_EQ(object.int_at("/spec/replicas"), 3);
    EXPECT_EQ(object.bool_at("/spec/paused"), false);
    EXPECT_EQ(object.string_at("/spec/list/0/p"), "first");
    for (const auto* pointer :
         {"/spec/replicas/x", "/spec/list/1", "/spec/list/-1", "/spec/list/x", "spec", "/", "/no", "/spec/list/00x"}) {
        EXPECT_FALSE(object.string_at(pointer)) << pointer;
        EXPECT_FALSE(object.int_at(pointer)) << pointer;
    }
    EXPECT_TRUE(object.json_at("/nothing").is_null());
    const Object wrong(json{{"metadata", json::array({1})}});
    EXPECT_EQ(wrong.name(), "");
    EXPECT_TRUE(wrong.owner_references().empty());
}

TEST(Object, ChangesOnlyACopy) {
    const auto object = *Object::parse(kText);

    const auto changed = object.with("/spec/replicas", 5).with("/status/conditions/x", "y").with("/spec/list/0/p", "other");

    EXPECT_EQ(object.int_at("/spec/replicas"), 3);
    EXPECT_EQ(changed.int_at("/spec/replicas"), 5);
    EXPECT_EQ(changed.string_at("/status/conditions/x"), "y");
    EXPECT_EQ(changed.string_at("/spec/list/0/p"), "other");
    EXPECT_EQ(object.with("/spec/replicas/x", 1), object);
    EXPECT_FALSE(changed.without("/spec").has("/spec"));
    EXPECT_FALSE(changed.without("/spec/list/0").has("/spec/list/0"));
    EXPECT_EQ(object.without("/none"), object);
}

TEST(Object, RefusesWhatIsNoObject) {
    for (const auto* text : {"", "7", "[]", "{", "{\"a\":\"\xff\"}"}) EXPECT_FALSE(Object::parse(text)) << text;
    EXPECT_FALSE(Object::parse(std::string(600, '[') + std::string(600, ']')));
    EXPECT_TRUE(Object::parse("{\"a\":\"" + std::string(600, '[') + "\"}"));
}

TEST(Object, WritesBytesThatAreNoText) { EXPECT_EQ(Object(json{{"a", "\xff"}}).text(), "{\"a\":\"\xef\xbf\xbd\"}"); }

TEST(Resource, MakesThePathsOfTheApi) {
    const auto pods = resources::pods();
    EXPECT_EQ(pods.collection_path("a b"), "/api/v1/namespaces/a%20b/pods");
    EXPECT_EQ(pods.collection_path(""), "/api/v1/pods");
    EXPECT_EQ(resources::stateful_sets().object_path({"n", "a"}, "status"),
              "/apis/apps/v1/namespaces/n/statefulsets/a/status");
    EXPECT_EQ(resources::nodes().object_path({.ns = {}, .name = "x"}), "/api/v1/nodes/x");
    EXPECT_EQ(resources::topics().name(), "topics.moldau.dev");
    EXPECT_EQ(resources::topics().api_version(), "moldau.dev/v1beta1");
}

TEST(KubeError, SaysWhatTheServerSaid) {
    const auto error =
        parse_status(409,
                     R"({"kind":"Status","reason":"AlreadyExists","message":"pods \"a\" already exists","code":409,
            "details":{"retryAfterSeconds":3,"causes":[{"reason":"r","field":"f","message":"m"},{}]}})",
                     "", "create pods n/a");
    EXPECT_TRUE(error.is_already_exists());
    EXPECT_EQ(error.code, Errc::kDuplicateResource);
    EXPECT_EQ(error.context, "create pods n/a: 409 AlreadyExists: pods \"a\" already exists");
    EXPECT_EQ(error.retry_after, Millis{3'000});
    EXPECT_EQ(error.causes[0], (Cause{"r", "f", "m"}));
}

TEST(KubeError, MakesSenseOfNonsense) {
    const auto error = parse_status(503, "<html>" + std::string(1'000, 'x'), "17", "get pods n/a");
    EXPECT_EQ(error.reason, Reason::kServiceUnavailable);
    EXPECT_TRUE(error.is_transient());
    EXPECT_EQ(error.retry_after, Millis{17'000});
    EXPECT_LT(error.message.size(), 210U);
    EXPECT_EQ(parse_status(418, "", "", "x").reason, Reason::kUnknown);
    EXPECT_FALSE(parse_status(418, "", "-5", "x").retry_after);
    EXPECT_EQ(parse_status(429, "", "99999999", "x").retry_after, std::chrono::hours{1});
}

TEST(KubeError, TakesTheCodeOfAWatchErrorFromInside) {
    const auto error = parse_status(200, R"({"kind":"Status","reason":"Expired","code":410})", "", "watch pods");
    EXPECT_TRUE(error.is_gone());
    EXPECT_EQ(error.http_status, 410);
}

TEST(KubeError, GoesThroughBothKindsOfCoroutines) {
    const auto kube = []() -> Task<KubeResult<int>> { co_return fail(parse_status(404, "", "", "get")); };
    const auto plain = [](auto inner) -> Task<Result<int>> {
        MOLDAU_CO_TRY_ASSIGN(value, co_await inner());
        co_return value;
    };
    const auto again = [](auto outer, auto inner) -> Task<KubeResult<int>> {
        MOLDAU_CO_TRY_ASSIGN(value, co_await outer(inner));
        co_return value;
    };
    std::optional<KubeResult<int>> result;
    spawn(again(plain, kube), [&](KubeResult<int> value) { result = std::move(value); });
    EXPECT_EQ(result->error().code, Errc::kNotFound);
    EXPECT_EQ(result->error().reason, Reason::kNone);
}

TEST(Timestamp, ReadsWhatKubernetesWrites) {
    const auto time = parse_timestamp("2026-11-26T20:00:01Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(format_timestamp(*time), "2026-11-26T20:00:01Z");
    EXPECT_EQ(format_micro_timestamp(*time + Millis{42}), "2026-11-26T20:00:01.042000Z");
    EXPECT_EQ(parse_timestamp("2026-11-26T20:00:01.042999Z"), *time + Millis{42});
    EXPECT_EQ(parse_timestamp("2026-11-26T22:30:01+02:30"), *time);
    for (const auto* text : {"", "2026-11-26", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-26T24:00:00Z",
                             "2026-11-26T20:00:01", "2026-11-26T20:00:01+2", "x026-11-26T20:00:01Z"}) {
        EXPECT_FALSE(parse_timestamp(text)) << text;
    }
}

}  // namespace
}  // namespace moldau::kube
