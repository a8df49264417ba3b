// Watches of the fake API server: where they start, what they are told, and the ways in which a test breaks them.

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/kube/json.h"
#include "operator/kube_fake/fake_api_server.h"

namespace moldau::kube_fake {
namespace {

using nlohmann::json;

std::string query_value(const kube::Request& request, std::string_view name) {
    for (const auto& [key, value] : request.query) {
        if (key == name) return value;
    }
    return {};
}

std::string line(std::string_view type, const json& object) {
    return kube::json_text({{"type", type}, {"object", object}}) + "\n";
}

std::string expired_line(const std::string& message) {
    return line("ERROR", {{"kind", "Status"},
                          {"apiVersion", "v1"},
                          {"metadata", json::object()},
                          {"status", "Failure"},
                          {"message", message},
                          {"reason", "Expired"},
                          {"code", 410}});
}

enum class Bookmark : std::uint8_t { kPlain, kEndsListing };
std::string bookmark_line(const kube::Resource& resource, std::int64_t version, Bookmark bookmark) {
    json object{{"kind", resource.kind}, {"apiVersion", resource.api_version()}};
    object["metadata"]["resourceVersion"] = std::to_string(version);
    object["metadata"]["creationTimestamp"] = nullptr;
    if (bookmark == Bookmark::kEndsListing) object["metadata"]["annotations"]["k8s.io/initial-events-end"] = "true";
    return line("BOOKMARK", object);
}

std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

bool is_in(const std::string& ns, const json& object) {
    return ns.empty() || ns == kube::json_string(object, "/metadata/namespace");
}

}  // namespace

std::vector<std::shared_ptr<const json>> FakeApiServer::selected(const std::string& resource, const std::string& ns,
                                                                 const Selector& selector) const {
    std::vector<std::shared_ptr<const json>> found;
    for (const auto& [key, stored] : store_.all(resource)) {
        if (is_in(ns, *stored.object) && selector.matches(*stored.object)) {
            found.push_back(std::make_shared<const json>(shown(stored)));
        }
    }
    return found;
}

std::optional<Answer> FakeApiServer::refuse_watch(const kube::Request& request) const {
    if (query_value(request, "sendInitialEvents") != "true") return std::nullopt;
    if (options_.watch_lists == WatchLists::kRefused) {
        return refuse(
            422, "Invalid",
            "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for "
            "watch unless the WatchList feature gate is enabled");
    }
    if (query_value(request, "resourceVersionMatch") != "NotOlderThan" ||
        query_value(request, "allowWatchBookmarks") != "true") {
        return refuse(422, "Invalid",
                      "sendInitialEvents requires resourceVersionMatch=NotOlderThan and allowWatchBookmarks");
    }
    return std::nullopt;
}

void FakeApiServer::open_watch(kube::RequestId id, const Served& served, const std::string& ns,
                               const kube::Request& request) {
    if (auto refusal = refuse_watch(request)) return finish(id, *std::move(refusal), {});
    auto node = pending_.extract(static_cast<std::uint64_t>(id));
    loop_.cancel_timer(node.mapped().timeout);
    auto end = std::make_shared<StreamEnd>(loop_, options_.chunk_bytes);
    Watch watch{.end = end,
                .resource = served.resource.name(),
                .ns = ns,
                .selector = Selector(query_value(request, "labelSelector"), query_value(request, "fieldSelector")),
                .bookmarks = query_value(request, "allowWatchBookmarks") == "true"};
    loop_.post([done = std::move(node.mapped().stream_done), end]() mutable {
        done(kube::StreamedResponse{.status = 200, .headers = {}, .body = stream_of(end)});
    });
    start_watch(std::move(watch), request);
}

void FakeApiServer::start_watch(Watch watch, const kube::Request& request) {
    const auto from = number(query_value(request, "resourceVersion"));
    const auto& resource = served_.at(watch.resource).resource;
    if (from == 0) {
        for (const auto& object : selected(watch.resource, watch.ns, watch.selector))
            watch.end->write(line("ADDED", *object));
        const bool listing =
            query_value(request, "sendInitialEvents") == "true" && options_.watch_lists == WatchLists::kServed;
        if (listing) watch.end->write(bookmark_line(resource, store_.version(), Bookmark::kEndsListing));
    } else if (from < store_.compacted()) {
        watch.end->write(expired_line("too old resource version: " + std::to_string(from) + " (" +
                                      std::to_string(store_.compacted()) + ")"));
        return watch.end->end();
    } else {
        for (const auto& change : store_.changes_after(from)) tell(watch, change);
    }
    const auto seconds = number(query_value(request, "timeoutSeconds"));
    if (seconds > 0) {
        loop_.call_after(std::chrono::seconds{seconds}, [weak = std::weak_ptr<StreamEnd>(watch.end)] {
            if (const auto end = weak.lock(); end && !end->is_over()) end->end();
        });
    }
    if (watch.bookmarks) schedule_bookmarks(watch.end, watch.resource);
    watches_.push_back(std::move(watch));
}

void FakeApiServer::schedule_bookmarks(std::weak_ptr<StreamEnd> end, std::string resource) {
    loop_.call_after(options_.bookmark_interval,
                     [this, end = std::move(end), resource = std::move(resource), alive = alive_] {
                         if (!*alive) return;
                         const auto stream = end.lock();
                         if (!stream || stream->is_over()) return;
                         const auto watch = std::ranges::find(watches_, stream, &Watch::end);
                         if (watch != watches_.end() && !watch->silent && served_.contains(resource)) {
                             stream->write(bookmark_line(served_.at(resource).resource, store_.version(), Bookmark::kPlain));
                         }
                         schedule_bookmarks(stream, resource);
                     });
}

void FakeApiServer::tell_watchers(const Change& change) {
    std::erase_if(watches_, [](const Watch& watch) { return watch.end->is_over(); });
    for (const auto& watch : watches_) {
        if (!watch.silent) tell(watch, change);
    }
}

// An object that no longer matches the selector is deleted for this watcher, one that begins to is added.
void FakeApiServer::tell(const Watch& watch, const Change& change) const {
    if (change.resource != watch.resource || !is_in(watch.ns, *change.object)) return;
    const bool deleted = change.type == Change::Type::kDeleted;
    const bool matched = change.before && watch.selector.matches(*change.before);
    const bool matches = !deleted && watch.selector.matches(*change.object);
    if (!matched && !matches) return;
    auto object = *change.object;
    if (const auto* stored = store_.find(change.resource, key_of(object)); stored != nullptr && !deleted) {
        object["metadata"]["managedFields"] = shown({stored->object, stored->owners})["metadata"]["managedFields"];
    }
    watch.end->write(line(!matches ? "DELETED" : (matched ? "MODIFIED" : "ADDED"), object));
}

std::size_t FakeApiServer::watch_count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(watches_, [](const Watch& watch) { return !watch.end->is_over(); }));
}

void FakeApiServer::cut_watches(CutAt where) {
    for (const auto& watch : std::exchange(watches_, {})) {
        if (where == CutAt::kMidLine) watch.end->write(R"({"type":"MODIFIED","object":{"apiVer)");
        watch.end->cut();
    }
}

void FakeApiServer::silence_watches() {
    for (auto& watch : watches_) watch.silent = true;
}

void FakeApiServer::compact() {
    store_.compact();
    continued_.clear();
}

void FakeApiServer::expire_watches() {
    compact();
    for (const auto& watch : std::exchange(watches_, {})) {
        watch.end->write(expired_line("The resourceVersion for the provided watch is too old."));
        watch.end->end();
    }
}

void FakeApiServer::send_bookmarks() {
    for (const auto& watch : watches_) {
        watch.end->write(bookmark_line(served_.at(watch.resource).resource, store_.version(), Bookmark::kPlain));
    }
}

void FakeApiServer::inject_into_watches(std::string_view bytes) {
    for (const auto& watch : watches_) watch.end->write(bytes);
}

}  // namespace moldau::kube_fake
