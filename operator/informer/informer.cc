// From the events of a ListWatch to the store and the handlers.

#include "operator/informer/informer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/logger.h"

namespace moldau::informer {
namespace {

constexpr std::string_view kModule = "informer";

using metrics::Metric;

constexpr Millis kOwnWriteBelieved{60'000};

std::string_view type_of(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::kAdded:
            return "added";
        case ChangeKind::kModified:
            return "modified";
        case ChangeKind::kDeleted:
            return "deleted";
        case ChangeKind::kResync:
            return "resync";
    }
    return "";
}

// Resource versions are numbers that grow (KEP-5504); 0 for one that is none, which then is never newer than another.
std::uint64_t number_of(const std::string& resource_version) {
    std::uint64_t number = 0;
    std::from_chars(resource_version.data(), resource_version.data() + resource_version.size(), number);
    return number;
}

bool is_absence(const kube::KubeError& error) { return error.is_forbidden() || error.is_not_found(); }

}  // namespace

Informer::Informer(kube::Client& client, InformerOptions options, metrics::Registry& metrics)
    : client_(client),
      options_(std::move(options)),
      metrics_(metrics),
      store_(options_.store),
      name_(options_.watch.resource.name()),
      last_heard_(client.loop().mono_now()),
      objects_metric_(metrics.value(Metric::kInformerObjects, {name_})),
      synced_metric_(metrics.value(Metric::kInformerSynced, {name_})),
      last_event_metric_(metrics.value(Metric::kInformerLastEvent, {name_})) {}

Informer::~Informer() { CHECK(watchdog_ == loop::TimerId::kNone); }

void Informer::on_synced(std::function<void()> done) {
    if (is_settled()) return done();
    synced_.push_back(std::move(done));
}

Task<void> Informer::run(loop::Cancel& cancel) {
    while (!cancel.requested()) {
        // Each round has a wish to stop of its own, so that the watchdog can end it without ending the informer.
        loop::Cancel round;
        const auto forwarded = cancel.on_request([&round] { round.request(); });
        kube::ListWatch watch{client_, options_.watch, [this](kube::WatchEvent event) { take(std::move(event)); }};
        hear();
        watch_for_silence(round);
        co_await watch.run(round);
        client_.loop().cancel_timer(std::exchange(watchdog_, loop::TimerId::kNone));
        synced_metric_ = 0;
    }
}

// The timer is set for the moment at which the silence would be too long; when something was heard meanwhile, again.
void Informer::watch_for_silence(loop::Cancel& run_cancel) {
    watchdog_ = client_.loop().call_at(last_heard_ + options_.deaf_after, [this, &run_cancel] {
        if (client_.loop().mono_now() < last_heard_ + options_.deaf_after) return watch_for_silence(run_cancel);
        LOG_WARNING(kModule, "started anew after silence resource={} silent_s={}", name_,
                    options_.deaf_after.count() / 1000);
        watchdog_ = loop::TimerId::kNone;
        relist_reason_ = "silence";
        run_cancel.request();
    });
}

void Informer::hear() {
    const auto now = client_.loop().now();
    last_heard_ = now.mono;
    last_event_metric_ = static_cast<double>(to_timestamp(now.wall)) / 1000;
}

void Informer::take(kube::WatchEvent event) {
    hear();
    if (event.kind != kube::WatchEvent::Kind::kListed && !event.resource_version.empty())
        version_seen_ = number_of(event.resource_version);
    using Kind = kube::WatchEvent::Kind;
    switch (event.kind) {
        case Kind::kListBegin:
            return begin_listing();
        case Kind::kListed:
            return put(std::move(event.object), Source::kListing);
        case Kind::kSynced:
            return finish_listing(event.resource_version);
        case Kind::kAdded:
        case Kind::kModified:
            return put(std::move(event.object), Source::kWatch);
        case Kind::kDeleted:
            // Of the one before ours, when we made it anew.
            if (is_newer_ours(event.object.key(), number_of(event.resource_version))) return;
            return erase(event.object.key(), Source::kWatch);
        case Kind::kBookmark:
            return;
        case Kind::kError:
            if (event.error) take_error(*event.error);
            return;
    }
}

void Informer::begin_listing() {
    ++listing_;
    metrics_.value(Metric::kInformerRelists, {name_, relist_reason_}) += 1;
    LOG_DEBUG(kModule, "listing resource={} reason={}", name_, relist_reason_);
}

void Informer::finish_listing(const std::string& resource_version) {
    auto gone = store_.not_in(listing_);
    // What we wrote after the listing was made is not in it and exists all the same.
    std::erase_if(gone, [&](const auto& key) { return is_newer_ours(key, number_of(resource_version)); });
    const bool is_relist = has_synced_;
    has_synced_ = true;
    for (const auto& key : gone) erase(key, Source::kListing);
    is_unavailable_ = false;
    last_error_.clear();
    relist_reason_ = "error";
    synced_metric_ = 1;
    LOG_INFO(kModule, "listed resource={} objects={} gone={}", name_, store_.size(), gone.size());
    if (is_relist) resync();
    settle();
}

void Informer::take_error(const kube::KubeError& error) {
    const auto text = error.to_string();
    if (text != last_error_) LOG_WARNING(kModule, "watch broken resource={} error=\"{}\"", name_, text);
    last_error_ = text;
    relist_reason_ = error.is_gone() ? "expired" : "error";
    if (has_synced_ || options_.need == Need::kRequired || !is_absence(error)) return;
    is_unavailable_ = true;
    settle();
}

void Informer::put(kube::Object object, Source source) {
    object = store_.strip(std::move(object));
    const auto key = object.key();
    const auto known = store_.get(key);
    // A listing repeats what we know, and the watch what we wrote: that is no news.
    const bool is_known = known && (is_newer_ours(key, number_of(object.resource_version())) ||
                                    known->resource_version() == object.resource_version());
    if (is_known) return store_.mark(key, listing_);
    // Between listings an object counts as seen in the last one.
    auto before = store_.put(object, listing_);
    objects_metric_ = static_cast<double>(store_.size());
    tell({before ? ChangeKind::kModified : ChangeKind::kAdded, source, key, std::move(before), std::move(object)});
}

void Informer::note(kube::Object written) {
    const auto version = number_of(written.resource_version());
    if (!has_synced_ || version <= version_seen_) return;
    auto key = written.key();
    put(std::move(written), Source::kOwnWrite);
    own_writes_[std::move(key)] = {version, client_.loop().mono_now() + kOwnWriteBelieved};
}

// Did we write a newer one than `version`, which the watch has not told yet?
bool Informer::is_newer_ours(const kube::ObjectKey& key, std::uint64_t version) {
    const auto own = own_writes_.find(key);
    if (own == own_writes_.end()) return false;
    if (version < own->second.version && client_.loop().mono_now() < own->second.until) return true;
    own_writes_.erase(own);
    return false;
}

void Informer::erase(const kube::ObjectKey& key, Source source) {
    own_writes_.erase(key);
    auto before = store_.erase(key);
    if (!before) return;
    objects_metric_ = static_cast<double>(store_.size());
    tell({ChangeKind::kDeleted, source, key, std::move(before), std::nullopt});
}

void Informer::resync() {
    for (const auto& key : store_.keys()) tell({ChangeKind::kResync, Source::kListing, key, std::nullopt, store_.get(key)});
}

void Informer::tell(const Change& change) {
    if (change.kind != ChangeKind::kResync)
        metrics_.value(Metric::kInformerEvents, {name_, std::string(type_of(change.kind))}) += 1;
    for (const auto& handler : handlers_) handler(change);
}

void Informer::settle() {
    for (auto& done : std::exchange(synced_, {})) done();
}

}  // namespace moldau::informer
