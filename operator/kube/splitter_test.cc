// Bodies taken apart, whatever the chunks they come in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "operator/kube/json.h"
#include "operator/kube/line_splitter.h"
#include "operator/kube/list_splitter.h"
#include "operator/kube/watch_line.h"

namespace moldau::kube {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(std::string_view body, std::size_t chunk) {
    std::vector<std::string> lines;
    LineSplitter splitter(100);
    for (std::size_t at = 0; at < body.size(); at += chunk) {
        EXPECT_TRUE(splitter.feed(body.substr(at, chunk), [&](std::string_view line) {
            lines.emplace_back(line);
            return true;
        }));
    }
    return lines;
}

TEST(LineSplitter, FindsTheSameLinesInChunksOfEverySize) {
    for (std::size_t chunk = 1; chunk < 20; ++chunk) {
        EXPECT_THAT(lines_of("one\n\ntwo\nthree\ntorn", chunk), ElementsAre("one", "two", "three")) << chunk;
    }
}

TEST(LineSplitter, KnowsThatALineIsNotWhole) {
    LineSplitter splitter(100);
    ASSERT_TRUE(splitter.feed("one\ntw", [](std::string_view) { return true; }));
    EXPECT_EQ(splitter.pending_bytes(), 2U);
}

TEST(LineSplitter, BoundsALine) {
    LineSplitter splitter(8);
    const auto take = [](std::string_view) { return true; };
    EXPECT_TRUE(splitter.feed("12345678\n1234", take));
    const auto fed = splitter.feed("56789", take);
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().code, Errc::kLimitExceeded);
}

TEST(LineSplitter, StopsWhenToldTo) {
    LineSplitter splitter(100);
    int taken = 0;
    ASSERT_TRUE(splitter.feed("a\nb\nc\n", [&](std::string_view) { return ++taken < 2; }));
    EXPECT_EQ(taken, 2);
}

struct Split {
    std::vector<std::string> items;
    Result<nlohmann::json> envelope = fail(Errc::kMalformed);
};
Split split(std::string_view body, std::size_t chunk) {
    Split found;
    ListSplitter splitter(64);
    for (std::size_t at = 0; at < body.size(); at += chunk) {
        auto fed = splitter.feed(body.substr(at, chunk), [&](std::string_view item) -> Result<void> {
            found.items.emplace_back(item);
            return {};
        });
        if (!fed) {
            found.envelope = fail(fed.error());
            return found;
        }
    }
    found.envelope = splitter.finish();
    return found;
}

TEST(ListSplitter, GivesEachObjectAndTheRest) {
    const std::string body =
        R"({ "kind":"L", "items" : [ {"a":"]}\"{"}, {"b":{"items":[1,[2]]}} ,{} ],
            "metadata":{"items":[3],"continue":"x"}})";
    for (std::size_t chunk = 1; chunk < body.size(); ++chunk) {
        const auto found = split(body, chunk);
        EXPECT_THAT(found.items, ElementsAre(R"({"a":"]}\"{"})", R"({"b":{"items":[1,[2]]}})", "{}")) << chunk;
        ASSERT_TRUE(found.envelope);
        EXPECT_EQ(json_string(*found.envelope, "/metadata/continue"), "x");
        EXPECT_TRUE(found.envelope->at("items").empty());
    }
}

TEST(ListSplitter, TakesMetadataBehindTheItemsAndNullForNone) {
    EXPECT_TRUE(split(R"({"items":null,"metadata":{"resourceVersion":"1"}})", 7).envelope);
    EXPECT_TRUE(split(R"({"metadata":{}})", 7).envelope);
    EXPECT_TRUE(split(R"({"items":[],"metadata":{"resourceVersion":"1"}})", 1).envelope);
}

TEST(ListSplitter, RefusesWhatIsNoListOrNotWhole) {
    for (const auto* body : {"", "[", "[]", "{\"items\":[7]}", "{\"items\":[{}", "{\"items\":[{}]", "{\"items\":[\"a\"]}",
                             "nonsense", "{\"items\":[]}}", "{} {}"}) {
        EXPECT_FALSE(split(body, 3).envelope) << body;
    }
}

TEST(ListSplitter, BoundsAnObject) {
    const auto found = split(R"({"items":[{"a":")" + std::string(100, 'x') + "\"}]}", 10);
    ASSERT_FALSE(found.envelope);
    EXPECT_EQ(found.envelope.error().code, Errc::kLimitExceeded);
}

TEST(WatchLine, ReadsEachType) {
    const auto line = parse_watch_line(R"({"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"5"}}})");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->type, WatchLine::Type::kModified);
    EXPECT_EQ(line->object.resource_version(), "5");
    const auto end = parse_watch_line(
        R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5",
            "annotations":{"k8s.io/initial-events-end":"true"}}}})");
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->ends_listing);
    const auto error = parse_watch_line(R"({"type":"ERROR","object":{"kind":"Status","code":410}})");
    ASSERT_TRUE(error);
    EXPECT_EQ(error->type, WatchLine::Type::kError);
}

TEST(WatchLine, RefusesNonsense) {
    for (const auto* text :
         {"", "[]", "7", "{}", R"({"type":"ADDED"})", R"({"type":"ADDED","object":[]})", R"({"type":"ADDED","object":{}})",
          R"({"type":7,"object":{}})", R"({"type":"MELTED","object":{}})"}) {
        EXPECT_FALSE(parse_watch_line(text)) << text;
    }
}

}  // namespace
}  // namespace moldau::kube
