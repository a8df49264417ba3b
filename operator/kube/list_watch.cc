// The state machine: list (by pages or as a watch list), watch from there, and what to do when either breaks.

#include "operator/kube/list_watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "operator/kube/json.h"
#include "operator/kube/line_splitter.h"
#include "operator/kube/list_splitter.h"
#include "operator/kube/watch_line.h"

namespace moldau::kube {
namespace {

// A watch that ends by itself sooner than this has not earned a fresh back-off.
constexpr Millis kSteady{10'000};
constexpr std::uint64_t kJitterMultiplier = 6'364'136'223'846'793'005U;

enum class Waited : std::uint8_t { kBytes, kSilence };

// One read that gives up after `limit`, or when cancelled.
Task<Result<std::string>> read_within(loop::Loop& loop, BodyStream& body, Millis limit, Waited& waited,
                                      loop::Cancel& cancel) {
    waited = Waited::kBytes;
    if (cancel.requested()) co_return fail(Errc::kCancelled);
    const auto timer = loop.call_after(limit, [&] {
        waited = Waited::kSilence;
        body.cancel();
    });
    auto registration = cancel.on_request([&] { body.cancel(); });
    auto chunk = co_await completion<Result<std::string>>([&](auto done) { body.read(std::move(done)); });
    loop.cancel_timer(timer);
    if (waited == Waited::kSilence) co_return fail(Errc::kTimedOut, "no byte for " + std::to_string(limit.count()) + " ms");
    co_return chunk;
}

}  // namespace

std::string_view watch_event_name(WatchEvent::Kind kind) {
    switch (kind) {
        case WatchEvent::Kind::kListBegin:
            return "list_begin";
        case WatchEvent::Kind::kListed:
            return "listed";
        case WatchEvent::Kind::kSynced:
            return "synced";
        case WatchEvent::Kind::kAdded:
            return "added";
        case WatchEvent::Kind::kModified:
            return "modified";
        case WatchEvent::Kind::kDeleted:
            return "deleted";
        case WatchEvent::Kind::kBookmark:
            return "bookmark";
        case WatchEvent::Kind::kError:
            return "error";
    }
    return "error";
}

ListWatch::ListWatch(Client& client, ListWatchOptions options, Listener listener)
    : client_(client),
      options_(std::move(options)),
      listener_(std::move(listener)),
      watch_list_(options_.watch_list == WatchListUse::kWhenServed),
      random_(options_.seed | 1U),
      backoff_(options_.backoff_min) {}

ListWatch::~ListWatch() = default;

std::string ListWatch::what(std::string_view verb) const {
    return std::string(verb) + " " + options_.resource.name() + (options_.ns.empty() ? "" : " in " + options_.ns);
}

void ListWatch::tell(WatchEvent::Kind kind, Object object, std::string resource_version) {
    listener_({.kind = kind, .object = std::move(object), .resource_version = std::move(resource_version), .error = {}});
}

void ListWatch::tell_error(const KubeError& error) {
    listener_({.kind = WatchEvent::Kind::kError, .object = {}, .resource_version = {}, .error = error});
}

void ListWatch::begin_listing() {
    synced_ = false;
    resource_version_.clear();
    ++list_count_;
    tell(WatchEvent::Kind::kListBegin, {}, {});
}

void ListWatch::become_synced(std::string resource_version) {
    synced_ = true;
    resource_version_ = std::move(resource_version);
    tell(WatchEvent::Kind::kSynced, {}, resource_version_);
}

// What was told so far no longer leads anywhere: the next turn lists.
void ListWatch::forget_version() {
    synced_ = false;
    resource_version_.clear();
}

Millis ListWatch::jittered(Millis delay) {
    random_ = random_ * kJitterMultiplier + 1;
    const auto half = static_cast<std::uint64_t>(delay.count() / 2);
    return Millis{static_cast<std::int64_t>(half + (random_ >> 33U) % (half + 1))};
}

Task<void> ListWatch::run(loop::Cancel& cancel) {
    auto& loop = client_.loop();
    while (!cancel.requested()) {
        const auto started = loop.mono_now();
        auto outcome = co_await turn(cancel);
        if (cancel.requested()) break;
        if (!outcome) tell_error(outcome.error());
        const auto delay = delay_after(outcome, loop.mono_now() - started);
        if (!co_await loop.sleep_for(delay, cancel)) break;
    }
}

// A watch that ran its time is continued at once, and so is the first 410 for a while answered by a listing.
Millis ListWatch::delay_after(const KubeResult<void>& outcome, Nanos lasted) {
    const bool gone = !outcome && outcome.error().is_gone();
    const bool steady = lasted >= kSteady && (synced_ || gone);
    if (steady) backoff_ = options_.backoff_min;
    const bool at_once = (steady && outcome) || (gone && backoff_ == options_.backoff_min);
    const auto delay = at_once ? Millis{0} : jittered(backoff_);
    if (!outcome || !steady) backoff_ = std::min(backoff_ * 2, options_.backoff_max);
    if (outcome) return delay;
    return std::max(delay, outcome.error().retry_after.value_or(Millis{0}));
}

Task<KubeResult<void>> ListWatch::turn(loop::Cancel& cancel) {
    if (resource_version_.empty() && !watch_list_) MOLDAU_CO_TRY(co_await list(cancel));
    auto watched = co_await watch(cancel);
    if (!watched && watched.error().is_gone()) forget_version();
    if (!watched && falls_back(watched.error())) {
        watch_list_ = false;
        forget_version();
        MOLDAU_CO_TRY(co_await list(cancel));
        co_return co_await watch(cancel);
    }
    co_return watched;
}

// A server without watch lists refuses the parameters; one that ignores them is noticed in read_watch.
bool ListWatch::falls_back(const KubeError& error) const {
    return watch_list_ && !synced_ && (error.reason == Reason::kInvalid || error.reason == Reason::kBadRequest);
}

Request ListWatch::list_request(const std::string& continue_token, std::size_t limit) const {
    Request request{.path = options_.resource.collection_path(options_.ns)};
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) request.query.emplace_back(name, value);
    };
    add("labelSelector", options_.label_selector);
    add("fieldSelector", options_.field_selector);
    if (limit > 0) add("limit", std::to_string(limit));
    add("continue", continue_token);
    return request;
}

Request ListWatch::watch_request() {
    auto request = list_request({}, 0);
    request.query.emplace_back("watch", "true");
    request.query.emplace_back("allowWatchBookmarks", "true");
    // Not all watches of all operators at the same moment.
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(jittered(options_.watch_timeout)).count();
    request.query.emplace_back("timeoutSeconds", std::to_string(seconds));
    if (!resource_version_.empty()) {
        request.query.emplace_back("resourceVersion", resource_version_);
    } else {
        request.query.emplace_back("sendInitialEvents", "true");
        request.query.emplace_back("resourceVersionMatch", "NotOlderThan");
    }
    return request;
}

Task<KubeResult<void>> ListWatch::list(loop::Cancel& cancel) {
    begin_listing();
    ListedPage page;
    std::size_t limit = options_.page_limit;
    while (true) {
        auto next = co_await list_page(page.continue_token, limit, cancel);
        // The pages' version was compacted away between two of them: then all in one answer, which cannot expire.
        if (!next && next.error().is_gone() && limit > 0) {
            limit = 0;
            page = {};
            begin_listing();
            continue;
        }
        if (!next) co_return fail(std::move(next).error());
        page = *std::move(next);
        if (page.continue_token.empty()) break;
    }
    become_synced(page.resource_version);
    co_return KubeResult<void>{};
}

Task<KubeResult<ListWatch::ListedPage>> ListWatch::list_page(std::string token, std::size_t limit, loop::Cancel& cancel) {
    MOLDAU_CO_TRY_ASSIGN(body, co_await client_.open(list_request(token, limit), what("list"), cancel));
    ListSplitter splitter(options_.object_bytes_max);
    const ListSplitter::Take take = [this](std::string_view text) { return take_item(text); };
    auto waited = Waited::kBytes;
    while (true) {
        auto chunk = co_await read_within(client_.loop(), *body, options_.silence_max, waited, cancel);
        if (!chunk) co_return fail(chunk.error().code, what("list") + ": " + chunk.error().context);
        if (chunk->empty()) break;
        if (auto fed = splitter.feed(*chunk, take); !fed) {
            body->cancel();
            co_return fail(fed.error().code, what("list") + ": " + fed.error().context);
        }
    }
    auto envelope = splitter.finish();
    if (!envelope) co_return fail(envelope.error().code, what("list") + ": " + envelope.error().context);
    ListedPage page{.resource_version = json_string(*envelope, "/metadata/resourceVersion"),
                    .continue_token = json_string(*envelope, "/metadata/continue")};
    if (page.resource_version.empty()) co_return fail(Errc::kMalformed, what("list") + ": no resource version");
    co_return page;
}

Result<void> ListWatch::take_item(std::string_view text) {
    MOLDAU_TRY_ASSIGN(value, parse_json(text));
    value["apiVersion"] = options_.resource.api_version();
    value["kind"] = options_.resource.kind;
    Object object(std::move(value));
    auto version = object.resource_version();
    tell(WatchEvent::Kind::kListed, std::move(object), std::move(version));
    return {};
}

Task<KubeResult<void>> ListWatch::watch(loop::Cancel& cancel) {
    MOLDAU_CO_TRY_ASSIGN(body, co_await client_.open(watch_request(), what("watch"), cancel));
    ++watch_count_;
    if (resource_version_.empty()) begin_listing();
    co_return co_await read_watch(*body, cancel);
}

Task<KubeResult<void>> ListWatch::read_watch(BodyStream& body, loop::Cancel& cancel) {
    LineSplitter splitter(options_.object_bytes_max);
    KubeResult<void> outcome;
    const LineSplitter::Take take = [&](std::string_view line) { return (outcome = take_line(line)).has_value(); };
    auto waited = Waited::kBytes;
    while (true) {
        const auto limit = synced_ ? options_.silence_max : options_.first_byte_max;
        auto chunk = co_await read_within(client_.loop(), body, limit, waited, cancel);
        // The listing began but its end is not told: a server that knows no watch lists.
        if (waited == Waited::kSilence && !synced_) watch_list_ = false;
        if (!chunk) co_return fail(chunk.error().code, what("watch") + ": " + chunk.error().context);
        if (chunk->empty()) break;
        auto fed = splitter.feed(*chunk, take);
        if (fed && outcome) continue;
        body.cancel();
        // Going on from the same version would meet the same bytes.
        if (!fed) outcome = fail(fed.error().code, what("watch") + ": " + fed.error().context);
        if (outcome.error().code == Errc::kMalformed || outcome.error().code == Errc::kLimitExceeded) forget_version();
        co_return outcome;
    }
    // Cut in mid-line: the version of the last whole event is where to go on.
    if (splitter.pending_bytes() > 0) co_return fail(Errc::kClosed, what("watch") + ": cut in the middle of an event");
    if (!synced_) co_return fail(Errc::kClosed, what("watch") + ": ended before the listing was complete");
    co_return KubeResult<void>{};
}

KubeResult<void> ListWatch::take_line(std::string_view text) {
    auto line = parse_watch_line(text);
    if (!line) return fail(line.error().code, what("watch") + ": " + line.error().context);
    switch (line->type) {
        case WatchLine::Type::kError:
            return fail(parse_status(200, line->object.text(), {}, what("watch")));
        case WatchLine::Type::kBookmark:
            take_bookmark(*line);
            break;
        case WatchLine::Type::kAdded:
            take_change(synced_ ? WatchEvent::Kind::kAdded : WatchEvent::Kind::kListed, std::move(line->object));
            break;
        case WatchLine::Type::kModified:
            take_change(synced_ ? WatchEvent::Kind::kModified : WatchEvent::Kind::kListed, std::move(line->object));
            break;
        case WatchLine::Type::kDeleted:
            take_change(WatchEvent::Kind::kDeleted, std::move(line->object));
            break;
    }
    return {};
}

void ListWatch::take_bookmark(const WatchLine& line) {
    auto version = line.object.resource_version();
    if (!synced_) {
        if (line.ends_listing) become_synced(std::move(version));
        return;
    }
    resource_version_ = version;
    tell(WatchEvent::Kind::kBookmark, {}, std::move(version));
}

// Until the listing is complete its versions are in no order: only the bookmark says where it stands.
void ListWatch::take_change(WatchEvent::Kind kind, Object object) {
    auto version = object.resource_version();
    if (synced_) resource_version_ = version;
    tell(kind, std::move(object), std::move(version));
}

}  // namespace moldau::kube
