// All objects of one kind, then every change of them, for as long as it is wanted: what an informer is fed from.
//
// The problem: connections are cut in mid-line, servers go silent, versions are compacted away (410), lists are long, and
// old servers know no watch lists. The idea: one state machine that hides all that behind a stream of events with one
// promise: between kListBegin and kSynced come all objects that exist, afterwards each change, in order; what is missing
// from a later listing was deleted meanwhile, and the listener finds that out itself (the diff is its matter, it has the
// store). First choice is a watch list (KEP-3157); a server that refuses it, or does not understand it, gets list + watch.
// Place: over Client, below the informers.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/task.h"
#include "operator/kube/client.h"
#include "operator/kube/kube_error.h"
#include "operator/kube/object.h"
#include "operator/kube/resource.h"
#include "operator/loop/cancel.h"

namespace moldau::kube {

struct WatchLine;

struct WatchEvent {
    enum class Kind : std::uint8_t {
        kListBegin,  // a listing starts (at first, after 410): what is not listed until kSynced does not exist any more
        kListed,     // an object of the listing; the same one may come twice, and a kDeleted may follow before kSynced
        kSynced,     // the listing is complete, as of `resource_version`
        kAdded,
        kModified,
        kDeleted,   // `object` is its last state
        kBookmark,  // nothing changed up to `resource_version`
        kError,     // `error` says why; the watch goes on by itself after a while. A listing may be cut off by it: the next
                    // thing is then a kListBegin
    };
    Kind kind = Kind::kError;
    Object object;                 // kListed, kAdded, kModified, kDeleted
    std::string resource_version;  // all but kListBegin and kError
    std::optional<KubeError> error;
};
std::string_view watch_event_name(WatchEvent::Kind kind);

enum class WatchListUse : std::uint8_t { kWhenServed, kNever };

struct ListWatchOptions {
    Resource resource;
    std::string ns;  // empty: all namespaces
    std::string label_selector;
    std::string field_selector;
    WatchListUse watch_list = WatchListUse::kWhenServed;
    std::size_t page_limit = 500;
    std::size_t object_bytes_max = 8U << 20U;  // a larger one ends the watch with kLimitExceeded; etcd holds 1.5 MiB at most
    Millis watch_timeout{600'000};             // the server ends a watch after half of this to all of it; it is continued
    Millis silence_max{150'000};               // no byte for so long: reconnect. Bookmarks come every minute
    Millis first_byte_max{30'000};             // of a watch list that is not yet synced: fall back to list + watch
    Millis backoff_min{200};
    Millis backoff_max{30'000};
    std::uint64_t seed = 1;  // of the jitter
};

// Lifetime: outlives run(). Thread: the loop's.
class ListWatch {
public:
    // Called on the loop for each event, in order. Must not destroy the ListWatch.
    using Listener = std::move_only_function<void(WatchEvent)>;

    ListWatch(Client& client, ListWatchOptions options, Listener listener);
    ~ListWatch();

    // Runs until `cancel`, which must outlive it; start it in a TaskGroup.
    Task<void> run(loop::Cancel& cancel);

    // For metrics and tests.
    bool uses_watch_list() const { return watch_list_; }
    std::uint64_t list_count() const { return list_count_; }
    std::uint64_t watch_count() const { return watch_count_; }

private:
    struct ListedPage {
        std::string resource_version;
        std::string continue_token;
    };

    Task<KubeResult<void>> turn(loop::Cancel& cancel);
    Task<KubeResult<void>> list(loop::Cancel& cancel);
    Task<KubeResult<ListedPage>> list_page(std::string token, std::size_t limit, loop::Cancel& cancel);
    Task<KubeResult<void>> watch(loop::Cancel& cancel);
    Task<KubeResult<void>> read_watch(BodyStream& body, loop::Cancel& cancel);
    Result<void> take_item(std::string_view text);
    KubeResult<void> take_line(std::string_view text);
    void take_bookmark(const WatchLine& line);
    void take_change(WatchEvent::Kind kind, Object object);
    Request list_request(const std::string& continue_token, std::size_t limit) const;
    Request watch_request();
    bool falls_back(const KubeError& error) const;
    void begin_listing();
    void become_synced(std::string resource_version);
    void forget_version();
    void tell(WatchEvent::Kind kind, Object object, std::string resource_version);
    void tell_error(const KubeError& error);
    Millis delay_after(const KubeResult<void>& outcome, Nanos lasted);
    Millis jittered(Millis delay);
    std::string what(std::string_view verb) const;

    Client& client_;
    ListWatchOptions options_;
    Listener listener_;
    bool watch_list_;
    bool synced_ = false;
    std::string resource_version_;  // where to go on; empty: with a listing
    std::uint64_t random_;
    Millis backoff_;
    std::uint64_t list_count_ = 0;
    std::uint64_t watch_count_ = 0;
};

}  // namespace moldau::kube
