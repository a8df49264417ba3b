// What a listener sees of a server that is well, and of one that is not.

#include "operator/kube/list_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "operator/kube_fake/fake_api_server.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"

namespace moldau::kube_fake {
namespace {

using kube::ListWatch;
using kube::WatchEvent;
using kube::WatchListUse;
using nlohmann::json;
using testing::ElementsAre;

const kube::Resource kTopics = kube::resources::topics();

json topic(const std::string& name, int partitions = 1) {
    return {{"metadata", {{"name", name}, {"namespace", "a"}, {"labels", {{"size", partitions > 5 ? "large" : "small"}}}}},
            {"spec", {{"partitions", partitions}}}};
}

// Runs one ListWatch and writes down what it is told: "listed a/x", "error kClosed".
class ListWatchTest : public testing::Test {
protected:
    ListWatchTest() : client_(loop_, server_) {}
    ~ListWatchTest() override {
        finish();
        run_task(loop_, client_.stop());
    }

    void start(kube::ListWatchOptions options = {}) {
        options.resource = kTopics;
        watch_.emplace(client_, std::move(options), [this](WatchEvent event) { note(event); });
        cancel_.emplace();
        ended_ = false;
        spawn(watch_->run(*cancel_), [this] { ended_ = true; });
        loop_.run_ready();
    }
    void finish() {
        cancel_->request();
        loop_.run_ready();
        EXPECT_TRUE(ended_);
    }
    void note(const WatchEvent& event) {
        std::string text(kube::watch_event_name(event.kind));
        if (!event.object.name().empty()) text += " " + event.object.name();
        if (event.error) text += " " + std::string(errc_name(event.error->code));
        seen_.push_back(std::move(text));
    }
    std::vector<std::string> take() { return std::exchange(seen_, {}); }

    loop::ManualLoop loop_;
    FakeApiServer server_{loop_};
    kube::Client client_;
    std::optional<loop::Cancel> cancel_;
    std::optional<ListWatch> watch_;
    std::vector<std::string> seen_;
    bool ended_ = false;
};

TEST_F(ListWatchTest, TellsAllThatExistsThenEachChange) {
    server_.put(kTopics, topic("x"));
    server_.put(kTopics, topic("y"));
    start();
    EXPECT_THAT(take(), ElementsAre("list_begin", "listed x", "listed y", "synced"));

    server_.put(kTopics, topic("z"));
    server_.put(kTopics, topic("x", 2));
    server_.erase(kTopics, {"a", "y"});
    loop_.run_ready();

    EXPECT_THAT(take(), ElementsAre("added z", "modified x", "deleted y"));
    EXPECT_EQ(server_.count_requests("sendInitialEvents=true"), 1U);
    EXPECT_EQ(server_.count_requests("GET"), 1U);
}

TEST_F(ListWatchTest, TellsTheSameWhateverTheSizeOfTheChunks) {
    server_.options().chunk_bytes = 1;
    for (const auto use : {WatchListUse::kWhenServed, WatchListUse::kNever}) {
        server_.put(kTopics, topic("x"));
        start({.watch_list = use});
        server_.put(kTopics, topic("y"));
        loop_.run_ready();
        EXPECT_THAT(take(), ElementsAre("list_begin", "listed x", "synced", "added y"));
        finish();
        server_.erase(kTopics, {"a", "y"});
    }
}

TEST_F(ListWatchTest, FallsBackToPagesWhenWatchListsAreRefused) {
    server_.options().watch_lists = WatchLists::kRefused;
    for (const auto* name : {"v", "w", "x", "y", "z"}) server_.put(kTopics, topic(name));

    start({.page_limit = 2});

    EXPECT_THAT(take(), ElementsAre("list_begin", "listed v", "listed w", "listed x", "listed y", "listed z", "synced"));
    EXPECT_EQ(server_.count_requests("limit=2"), 3U);
    EXPECT_FALSE(watch_->uses_watch_list());
    server_.put(kTopics, topic("u"));
    loop_.run_ready();
    EXPECT_THAT(take(), ElementsAre("added u"));
}

TEST_F(ListWatchTest, FallsBackWhenAServerIgnoresWhatItDoesNotKnow) {
    server_.options().watch_lists = WatchLists::kIgnored;
    server_.options().bookmark_interval = std::chrono::hours{1};
    server_.put(kTopics, topic("x"));
    start();
    EXPECT_THAT(take(), ElementsAre("list_begin", "listed x"));

    loop_.advance(Millis{31'000});

    EXPECT_THAT(take(), ElementsAre("error kTimedOut", "list_begin", "listed x", "synced"));
}

TEST_F(ListWatchTest, GoesOnWhereItWasAfterACut) {
    server_.put(kTopics, topic("x"));
    start();
    take();
    for (const auto where : {CutAt::kLineEnd, CutAt::kMidLine}) {
        server_.put(kTopics, topic("x", 2));
        server_.cut_watches(where);
        server_.put(kTopics, topic("y", where == CutAt::kMidLine ? 3 : 2));

        loop_.advance(Millis{1'000});

        EXPECT_THAT(take(), ElementsAre("modified x", "error kClosed", where == CutAt::kLineEnd ? "added y" : "modified y"));
        server_.set(kTopics, {"a", "x"}, "/spec/partitions", 1);
        loop_.run_ready();
        take();
    }
    EXPECT_EQ(watch_->list_count(), 1U);
}

TEST_F(ListWatchTest, ListsAnewWhenItsVersionIsGone) {
    server_.put(kTopics, topic("x"));
    server_.put(kTopics, topic("y"));
    start();
    take();
    server_.expire_watches();
    server_.erase(kTopics, {"a", "x"});

    loop_.run_ready();

    EXPECT_THAT(take(), ElementsAre("error kNotFound", "list_begin", "listed y", "synced"));
}

TEST_F(ListWatchTest, ListsAnewWhenTheVersionWasCompactedWhileItWasAway) {
    server_.put(kTopics, topic("x"));
    start();
    take();
    server_.cut_watches();
    server_.erase(kTopics, {"a", "x"});
    server_.compact();
    server_.put(kTopics, topic("y"));

    loop_.advance(Millis{2'000});

    EXPECT_THAT(take(), ElementsAre("error kClosed", "error kNotFound", "list_begin", "listed y", "synced"));
}

TEST_F(ListWatchTest, DoesNotSpinOnAServerThatAlwaysSaysGone) {
    start();
    server_.fail_next(1'000'000, "watch=true", Fault::answer(410));
    server_.cut_watches();

    loop_.advance(Millis{60'000});

    EXPECT_LT(server_.count_requests("watch=true"), 15U);
}

TEST_F(ListWatchTest, StartsThePagesOverWhenTheyExpireHalfWay) {
    server_.options().watch_lists = WatchLists::kRefused;
    for (const auto* name : {"x", "y", "z"}) server_.put(kTopics, topic(name));
    server_.fail_next(1, "continue=", Fault::answer(410));

    start({.page_limit = 2});

    EXPECT_THAT(take(), ElementsAre("list_begin", "listed x", "listed y", "list_begin", "listed x", "listed y", "listed z",
                                    "synced"));
}

TEST_F(ListWatchTest, ReconnectsAWatchThatFellSilent) {
    server_.put(kTopics, topic("x"));
    start();
    take();
    server_.silence_watches();
    server_.put(kTopics, topic("y"));

    loop_.advance(Millis{149'000});
    EXPECT_THAT(take(), ElementsAre());
    loop_.advance(Millis{2'000});

    EXPECT_THAT(take(), ElementsAre("error kTimedOut", "added y"));
}

TEST_F(ListWatchTest, BookmarksKeepAnIdleWatchAliveAndItsVersionFresh) {
    server_.put(kTopics, topic("x"));
    start();
    take();
    server_.put(kube::resources::config_maps(), {{"metadata", {{"name", "other"}, {"namespace", "a"}}}});
    loop_.advance(Millis{61'000});
    EXPECT_THAT(take(), ElementsAre("bookmark"));

    server_.compact();
    server_.cut_watches();
    loop_.advance(Millis{1'000});

    EXPECT_THAT(take(), ElementsAre("error kClosed"));
    EXPECT_EQ(watch_->list_count(), 1U);
}

TEST_F(ListWatchTest, ContinuesAWatchThatRanItsTimeWithoutAWord) {
    server_.put(kTopics, topic("x"));
    start({.watch_timeout = Millis{40'000}});
    take();

    loop_.advance(Millis{100'000});
    server_.put(kTopics, topic("y"));
    loop_.run_ready();

    EXPECT_THAT(take(), testing::Not(testing::Contains(testing::HasSubstr("error"))));
    EXPECT_GE(watch_->watch_count(), 3U);
    EXPECT_EQ(watch_->list_count(), 1U);
}

TEST_F(ListWatchTest, ListsAnewAfterNonsense) {
    server_.put(kTopics, topic("x"));
    start();
    for (const auto* nonsense : {"<html>\n", "{\"type\":\"ADDED\"}\n", "{\"type\":\"MELTED\",\"object\":{}}\n",
                                 "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{}}}\n"}) {
        take();
        server_.inject_into_watches(nonsense);
        loop_.advance(Millis{60'000});
        EXPECT_THAT(take(), testing::IsSupersetOf({"error kMalformed", "list_begin", "listed x", "synced"})) << nonsense;
    }
}

TEST_F(ListWatchTest, EndsAWatchWhoseEventIsTooLarge) {
    server_.put(kTopics, topic("x"));
    start({.object_bytes_max = 4'096});
    take();
    server_.inject_into_watches(std::string(5'000, 'x'));

    loop_.advance(Millis{1'000});

    EXPECT_THAT(take(), ElementsAre("error kLimitExceeded", "list_begin", "listed x", "synced"));
}

TEST_F(ListWatchTest, WaitsForAServerThatIsAway) {
    server_.put(kTopics, topic("x"));
    start();
    take();
    server_.go_away();
    server_.put(kTopics, topic("y"));
    loop_.advance(Millis{120'000});
    EXPECT_LT(take().size(), 15U);
    server_.come_back();

    loop_.advance(Millis{31'000});

    EXPECT_THAT(take(), testing::Contains("added y"));
    EXPECT_EQ(watch_->list_count(), 1U);
}

TEST_F(ListWatchTest, FollowsASelector) {
    server_.put(kTopics, topic("x", 1));
    server_.put(kTopics, topic("y", 9));
    start({.label_selector = "size=large"});
    EXPECT_THAT(take(), ElementsAre("list_begin", "listed y", "synced"));

    server_.put(kTopics, topic("x", 8));
    server_.put(kTopics, topic("y", 2));
    loop_.run_ready();

    EXPECT_THAT(take(), ElementsAre("added x", "deleted y"));
}

TEST_F(ListWatchTest, EndsWhenCancelledWhereverItStands) {
    server_.fail_next(1, "GET", Fault::hang());
    start();
    EXPECT_FALSE(ended_);

    finish();

    EXPECT_THAT(take(), ElementsAre());
}

}  // namespace
}  // namespace moldau::kube_fake
