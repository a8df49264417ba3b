// Keeps a Store true to what the API server has, and tells handlers what changed.
//
// The problem: a controller that misses one event acts on stale state for ever, and watches break in many ways. The idea:
// a ListWatch (kube/list_watch.h) delivers listings and changes; the informer compares each listing with its store and makes
// up the deletions that nobody reported, tells every object again after a relist, and starts the ListWatch anew when it has
// been silent for longer than it ever may. Handlers are told once per change, after the store has it, and must be
// idempotent. Place: one per kind, in SharedInformers; controllers put keys into their queues from the handlers.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "operator/informer/store.h"
#include "operator/kube/client.h"
#include "operator/kube/list_watch.h"
#include "operator/loop/cancel.h"
#include "operator/loop/loop.h"
#include "operator/metrics/metrics.h"

namespace moldau::informer {

// What happened to one object. kResync: nothing that we know of, look again.
enum class ChangeKind : std::uint8_t { kAdded, kModified, kDeleted, kResync };
// kWatch: just now. kListing: one of all, when the informer starts or had to list again. kOwnWrite: by note().
enum class Source : std::uint8_t { kWatch, kListing, kOwnWrite };

struct Change {
    ChangeKind kind = ChangeKind::kAdded;
    Source source = Source::kWatch;
    kube::ObjectKey key;
    std::optional<kube::Object> before;  // kModified, kDeleted: as the store had it
    std::optional<kube::Object> after;   // kAdded, kModified: all of it, stripped; kResync: as the store has it
};
using Handler = std::function<void(const Change&)>;

// kOptional: its absence (403, 404) does not hold up the start; it is asked for again from time to time.
enum class Need : std::uint8_t { kRequired, kOptional };

struct InformerOptions {
    kube::ListWatchOptions watch;
    StoreOptions store;
    Need need = Need::kRequired;
    // Nothing from the ListWatch, not even a bookmark or an error, for so long: it is started anew. Above its own limits.
    Millis deaf_after{900'000};
};

// Lifetime: outlives run() and whoever has a handler registered. Thread: the loop's.
class Informer {
public:
    Informer(kube::Client& client, InformerOptions options, metrics::Registry& metrics);
    Informer(const Informer&) = delete;
    Informer& operator=(const Informer&) = delete;
    ~Informer();

    const Store& store() const { return store_; }
    const kube::Resource& resource() const { return options_.watch.resource; }

    // Before run(). Handlers are called in the order of registration, on the loop; they must not destroy the informer.
    void on_change(Handler handler) { handlers_.push_back(std::move(handler)); }
    // Called once, when the first listing is complete or, for an optional one, known to be impossible; at once if it is.
    void on_synced(std::function<void()> done);

    // The answer to a write of ours, so that the next look at the store sees it, though the watch may be late. What the
    // watch has passed already is ignored, or an object that is deleted meanwhile would come back.
    void note(kube::Object written);

    // Runs until `cancel`, which must outlive it.
    Task<void> run(loop::Cancel& cancel);

    // The store has had a complete listing.
    bool has_synced() const { return has_synced_; }
    // Optional, and the API server said that there is no such resource or that we may not see it. Ends with a listing.
    bool is_unavailable() const { return is_unavailable_; }
    bool is_settled() const { return has_synced_ || is_unavailable_; }
    std::uint64_t listings() const { return listing_; }
    // When the ListWatch last said anything.
    MonoTime last_heard() const { return last_heard_; }
    // Why the last attempt to list or watch failed; empty while all is well.
    const std::string& last_error() const { return last_error_; }

private:
    void take(kube::WatchEvent event);
    void begin_listing();
    void finish_listing(const std::string& resource_version);
    void take_error(const kube::KubeError& error);
    void put(kube::Object object, Source source);
    bool is_newer_ours(const kube::ObjectKey& key, std::uint64_t version);
    void erase(const kube::ObjectKey& key, Source source);
    void resync();
    void tell(const Change& change);
    void settle();
    void hear();
    void watch_for_silence(loop::Cancel& run_cancel);

    kube::Client& client_;
    InformerOptions options_;
    metrics::Registry& metrics_;
    Store store_;
    std::vector<Handler> handlers_;
    std::vector<std::function<void()>> synced_;
    std::string name_;
    std::string relist_reason_ = "start";
    std::string last_error_;
    std::uint64_t listing_ = 0;
    std::uint64_t version_seen_ = 0;  // the newest resource version that the watch told
    // Writes of ours that the watch has not told yet, and until when that is believed. Past it, or past a listing of a
    // restored etcd whose versions are lower, what the API server says counts.
    struct OwnWrite {
        std::uint64_t version = 0;
        MonoTime until;
    };
    std::map<kube::ObjectKey, OwnWrite> own_writes_;
    bool has_synced_ = false;
    bool is_unavailable_ = false;
    MonoTime last_heard_;
    loop::TimerId watchdog_ = loop::TimerId::kNone;
    double& objects_metric_;
    double& synced_metric_;
    double& last_event_metric_;
};

}  // namespace moldau::informer
