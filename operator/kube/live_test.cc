// The client against a real API server, when MOLDAU_TEST_KUBECONFIG names a kubeconfig; skipped otherwise.
//
// It works in a namespace of its own, which it deletes in the end.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "operator/kube/authorized_transport.h"
#include "operator/kube/client.h"
#include "operator/kube/cpprest_transport.h"
#include "operator/kube/in_cluster.h"
#include "operator/kube/list_watch.h"
#include "operator/loop/real_loop.h"

namespace moldau::kube {
namespace {

using nlohmann::json;

const Resource kMaps = resources::config_maps();

class LiveTest : public testing::Test {
protected:
    void SetUp() override {
        const char* path = std::getenv("MOLDAU_TEST_KUBECONFIG");
        if (path == nullptr) GTEST_SKIP() << "MOLDAU_TEST_KUBECONFIG is not set";
        auto spec = find_connection({.kubeconfig = path}, process_environment());
        ASSERT_TRUE(spec) << spec.error().context;
        source_.emplace(loop_, *spec);
        transport_.emplace(loop_, *source_, CpprestTransport::factory(loop_));
        client_.emplace(loop_, *transport_);
        ns_ = "moldau-live-" + std::to_string(to_timestamp(loop_.wall_now()) % 1'000'000);
        const auto made = run(client_->create(
            resources::namespaces(), Object({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", ns_}}}})));
        ASSERT_TRUE(made) << made.error().context;
    }
    void TearDown() override {
        if (!client_) return;
        if (!ns_.empty()) run(client_->remove(resources::namespaces(), {.ns = {}, .name = ns_}));
        run(client_->stop());
        run(transport_->stop());
    }

    template <class T>
    T run(Task<T> task) {
        std::optional<T> result;
        loop_.post([&] {
            spawn(std::move(task), [&](T value) {
                result.emplace(std::move(value));
                loop_.stop();
            });
        });
        loop_.run();
        return *std::move(result);
    }
    void run(Task<void> task) {
        loop_.post([&] { spawn(std::move(task), [&] { loop_.stop(); }); });
        loop_.run();
    }
    // Ten seconds at most.
    bool wait_for(const std::function<bool()>& condition) {
        for (int round = 0; round < 2'000 && !condition(); ++round) run(loop_.sleep_for(Millis{5}));
        return condition();
    }
    Object map(const std::string& name, const std::string& value) const {
        return Object({{"apiVersion", "v1"},
                       {"kind", "ConfigMap"},
                       {"metadata", {{"name", name}, {"namespace", ns_}, {"labels", {{"by", "moldau"}}}}},
                       {"data", {{"key", value}}}});
    }

    loop::RealLoop loop_;
    std::optional<ConnectionSource> source_;
    std::optional<AuthorizedTransport> transport_;
    std::optional<Client> client_;
    std::string ns_;
};

TEST_F(LiveTest, SpeaksEveryVerb) {
    const auto version = run(client_->server_version());
    ASSERT_TRUE(version) << version.error().context;
    EXPECT_EQ(version->major, 1);
    EXPECT_THAT(*run(client_->discover_groups()), testing::Contains(ApiGroupVersion{"apps", "v1", true}));
    EXPECT_GT(run(client_->discover_resources("apps", "v1"))->size(), 3U);

    const auto applied = run(client_->apply(kMaps, map("a", "1")));
    ASSERT_TRUE(applied) << applied.error().context;
    const auto again = run(client_->apply(kMaps, map("a", "1")));
    EXPECT_EQ(again->resource_version(), applied->resource_version());
    const auto conflict =
        run(client_->apply(kMaps, map("a", "2"), {.field_manager = "somebody-else", .conflicts = Conflicts::kFail}));
    ASSERT_FALSE(conflict);
    EXPECT_TRUE(conflict.error().is_conflict());
    EXPECT_FALSE(conflict.error().causes.empty());

    const auto stale =
        run(client_->patch(kMaps, {ns_, "a"}, json{{"data", {{"key", "3"}}}}, {.preconditions = {.resource_version = "1"}}));
    ASSERT_FALSE(stale);
    EXPECT_TRUE(stale.error().is_conflict()) << stale.error().context;
    const auto replaced = run(client_->replace(kMaps, applied->with("/data/key", "4")));
    ASSERT_TRUE(replaced) << replaced.error().context;
    EXPECT_TRUE(run(client_->create(kMaps, map("dry", "1"), {.dry_run = DryRun::kServer})));
    EXPECT_TRUE(run(client_->get(kMaps, {ns_, "dry"})).error().is_not_found());
    const auto unknown =
        run(client_->apply(kMaps, map("b", "1").with("/nonsense", true), {.validation = FieldValidation::kStrict}));
    EXPECT_FALSE(unknown);

    const auto wrong =
        run(client_->remove(kMaps, {ns_, "a"}, {.preconditions = {.uid = "00000000-0000-0000-0000-000000000000"}}));
    ASSERT_FALSE(wrong);
    EXPECT_TRUE(wrong.error().is_conflict());
    EXPECT_TRUE(run(client_->remove(kMaps, {ns_, "a"}, {.preconditions = {.uid = applied->uid()}})));
}

TEST_F(LiveTest, ListsByPagesAndRefusesNonsense) {
    for (int index = 0; index < 5; ++index) ASSERT_TRUE(run(client_->create(kMaps, map("m" + std::to_string(index), "1"))));
    ListOptions options{.label_selector = "by=moldau", .limit = 2};
    std::size_t items = 0;
    do {
        const auto page = run(client_->list(kMaps, ns_, options));
        ASSERT_TRUE(page) << page.error().context;
        items += page->items.size();
        options.continue_token = page->continue_token;
    } while (!options.continue_token.empty());
    EXPECT_EQ(items, 5U);
    options.continue_token = "nonsense";
    EXPECT_FALSE(run(client_->list(kMaps, ns_, options)));
}

TEST_F(LiveTest, WatchesByBothWaysAndSeesEachChange) {
    for (const auto use : {WatchListUse::kWhenServed, WatchListUse::kNever}) {
        ASSERT_TRUE(run(client_->apply(kMaps, map("a", "1"))));
        std::vector<std::string> seen;
        loop::Cancel cancel;
        ListWatch watch(*client_,
                        {.resource = kMaps, .ns = ns_, .label_selector = "by=moldau", .watch_list = use, .page_limit = 1},
                        [&](const WatchEvent& event) {
                            seen.push_back(std::string(watch_event_name(event.kind)) + event.object.name());
                        });
        bool ended = false;
        loop_.post([&] { spawn(watch.run(cancel), [&] { ended = true; }); });
        ASSERT_TRUE(wait_for([&] { return !seen.empty() && seen.back() == "synced"; }));
        ASSERT_TRUE(run(client_->apply(kMaps, map("a", "2"))));
        ASSERT_TRUE(run(client_->apply(kMaps, map("b", "1"))));
        ASSERT_TRUE(run(client_->remove(kMaps, {ns_, "b"})));
        EXPECT_TRUE(wait_for([&] { return seen.back() == "deletedb"; }));
        EXPECT_THAT(seen, testing::ElementsAre("list_begin", "listeda", "synced", "modifieda", "addedb", "deletedb"));
        EXPECT_EQ(watch.uses_watch_list(), use == WatchListUse::kWhenServed);
        cancel.request();
        EXPECT_TRUE(wait_for([&] { return ended; }));
    }
}

// Writes MOLDAU_TEST_OBJECTS objects, as many at once as the client lets out, and times listings of them.
TEST_F(LiveTest, WritesAndListsManyObjects) {
    const char* wanted = std::getenv("MOLDAU_TEST_OBJECTS");
    if (wanted == nullptr) GTEST_SKIP() << "MOLDAU_TEST_OBJECTS is not set";
    const int count = std::atoi(wanted);
    const auto seconds_since = [this](MonoTime start) {
        return std::chrono::duration<double>(loop_.mono_now() - start).count();
    };
    auto start = loop_.mono_now();
    int done = 0;
    int failed = 0;
    loop_.post([&] {
        for (int number = 0; number < count; ++number) {
            spawn(client_->apply(kMaps, map("m" + std::to_string(number), std::string(500, 'x'))),
                  [&](const KubeResult<Object>& result) { ++(result ? done : failed); });
        }
    });
    while (done + failed < count) run(loop_.sleep_for(Millis{10}));
    EXPECT_EQ(failed, 0);
    std::cout << count / seconds_since(start) << " writes/s\n";
    for (const auto use : {WatchListUse::kWhenServed, WatchListUse::kNever}) {
        start = loop_.mono_now();
        std::vector<Object> held;
        bool synced = false;
        bool ended = false;
        loop::Cancel cancel;
        ListWatch watch(*client_, {.resource = kMaps, .ns = ns_, .label_selector = "by=moldau", .watch_list = use},
                        [&](const WatchEvent& event) {
                            if (event.kind == WatchEvent::Kind::kListed) held.push_back(event.object.packed());
                            if (event.kind == WatchEvent::Kind::kSynced) synced = true;
                        });
        loop_.post([&] { spawn(watch.run(cancel), [&] { ended = true; }); });
        ASSERT_TRUE(wait_for([&] { return synced; }));
        std::cout << held.size() << " listed in " << seconds_since(start) << " s\n";
        EXPECT_EQ(held.size(), static_cast<std::size_t>(count));
        cancel.request();
        EXPECT_TRUE(wait_for([&] { return ended; }));
    }
}

// What an informer keeps, in its simplest form.
class Mirror {
public:
    void take(const WatchEvent& event) {
        switch (event.kind) {
            case WatchEvent::Kind::kListBegin:
                listed_.clear();
                break;
            case WatchEvent::Kind::kListed:
                listed_[event.object.name()] = event.object.resource_version();
                break;
            case WatchEvent::Kind::kSynced:
                objects_ = listed_;
                break;
            case WatchEvent::Kind::kAdded:
            case WatchEvent::Kind::kModified:
                objects_[event.object.name()] = event.object.resource_version();
                break;
            case WatchEvent::Kind::kDeleted:
                listed_.erase(event.object.name());
                objects_.erase(event.object.name());
                break;
            case WatchEvent::Kind::kError:
                ++errors_;
                break;
            case WatchEvent::Kind::kBookmark:
                break;
        }
    }
    const std::map<std::string, std::string>& objects() const { return objects_; }
    int errors() const { return errors_; }

private:
    std::map<std::string, std::string> listed_;
    std::map<std::string, std::string> objects_;
    int errors_ = 0;
};

// For MOLDAU_TEST_SECONDS it writes and watches; restart or break the API server meanwhile as you like.
TEST_F(LiveTest, StaysTrueThroughWhateverHappensMeanwhile) {
    const char* seconds = std::getenv("MOLDAU_TEST_SECONDS");
    if (seconds == nullptr) GTEST_SKIP() << "MOLDAU_TEST_SECONDS is not set";
    const auto end = loop_.mono_now() + std::chrono::seconds{std::atoi(seconds)};
    Mirror mirror;
    loop::Cancel cancel;
    ListWatch watch(*client_, {.resource = kMaps, .ns = ns_, .label_selector = "by=moldau"},
                    [&](const WatchEvent& event) { mirror.take(event); });
    bool ended = false;
    loop_.post([&] { spawn(watch.run(cancel), [&] { ended = true; }); });
    int writes = 0;
    for (int number = 0; loop_.mono_now() < end; ++number) {
        const auto name = "w" + std::to_string(number * 7 % 50);
        const bool done = number % 5 == 4 ? run(client_->remove(kMaps, {ns_, name})).has_value()
                                          : run(client_->apply(kMaps, map(name, std::to_string(number)))).has_value();
        if (done) ++writes;
        run(loop_.sleep_for(Millis{5}));
    }
    std::map<std::string, std::string> truth;
    const auto list = run(client_->list(kMaps, ns_, {.label_selector = "by=moldau"}));
    ASSERT_TRUE(list) << list.error().context;
    for (const auto& item : list->items) truth[item.name()] = item.resource_version();
    EXPECT_TRUE(wait_for([&] { return mirror.objects() == truth; }));
    EXPECT_EQ(mirror.objects(), truth);
    cancel.request();
    EXPECT_TRUE(wait_for([&] { return ended; }));
    std::cout << writes << " writes, " << watch.watch_count() << " watches, " << watch.list_count() << " listings, "
              << mirror.errors() << " errors\n";
}

}  // namespace
}  // namespace moldau::kube
