// A Kubernetes API server in process, for tests of everything that talks to one.
//
// The problem: what breaks operators are the rare answers of a real API server: conflicts, cut and compacted watches, lost
// answers, overload, nonsense. The idea: a kube::Transport over a small store that follows the API's rules, on a loop whose
// time the test moves, with faults on command and a log of every write. Place: tests only. Not modelled: schemas,
// defaulting, admission, pods that run; lists of custom resources are atomic under apply.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/kube/object.h"
#include "operator/kube/resource.h"
#include "operator/kube/transport.h"
#include "operator/kube_fake/fake_stream.h"
#include "operator/kube_fake/fault.h"
#include "operator/kube_fake/object_store.h"
#include "operator/kube_fake/selector.h"
#include "operator/kube_fake/writes.h"
#include "operator/loop/loop.h"

namespace moldau::kube_fake {

// One write that reached the server (whatever it answered).
struct AuditEntry {
    kube::Method method = kube::Method::kPost;
    std::string resource;  // "statefulsets.apps"
    kube::ObjectKey key;
    std::string subresource;
    std::string manager;
    bool dry_run = false;
    int status = 0;
    bool changed = false;  // something got a new version
    std::string body;      // of the request
    // "PATCH topics.moldau.dev/status default/a"
    std::string summary() const;
};

enum class WatchLists : std::uint8_t { kServed, kRefused, kIgnored };
enum class GarbageCollection : std::uint8_t { kOff, kOn };
enum class CutAt : std::uint8_t { kLineEnd, kMidLine };

struct FakeOptions {
    Millis latency{0};  // of every answer
    WatchLists watch_lists = WatchLists::kServed;
    GarbageCollection garbage_collection = GarbageCollection::kOn;
    Millis bookmark_interval{60'000};
    std::size_t chunk_bytes = 4'096;  // a body is read in pieces of at most this
};

// Lifetime: outlives clients and streams. Thread: the loop's.
class FakeApiServer final : public kube::Transport {
public:
    // Serves all of kube::resources.
    explicit FakeApiServer(loop::Loop& loop, FakeOptions options = {});
    ~FakeApiServer() override;

    kube::RequestId send(kube::Request request, Done done) override;
    kube::RequestId open(kube::Request request, StreamDone done) override;
    void cancel(kube::RequestId request) override;
    Task<void> stop() override;

    // --- the world as a test arranges it: no faults, no audit, no latency; watchers are told

    // Serves one more kind, or the same one otherwise.
    void serve(Served served);
    // Discovery and everything else says 404 from now on.
    void stop_serving(const kube::Resource& resource);
    // Creates the object or replaces it as a whole, status included, as another user would; bumps the generation when the
    // spec changed. Returns it as stored.
    kube::Object put(const kube::Resource& resource, nlohmann::json object);
    // Changes one field of an object that exists; CHECK when it does not.
    kube::Object set(const kube::Resource& resource, const kube::ObjectKey& key, std::string_view pointer,
                     nlohmann::json value);
    // Removes at once, finalizers or not.
    void erase(const kube::Resource& resource, const kube::ObjectKey& key);
    // As `kubectl delete` does.
    void remove(const kube::Resource& resource, const kube::ObjectKey& key);
    std::optional<kube::Object> find(const kube::Resource& resource, const kube::ObjectKey& key) const;
    std::vector<kube::Object> all(const kube::Resource& resource) const;
    // Managers that own `field` (a path as in field_ownership.h).
    std::vector<std::string> owners_of(const kube::Resource& resource, const kube::ObjectKey& key,
                                       const std::string& field) const;
    ObjectStore& store() { return store_; }
    void collect_all_garbage();
    // Only a request with this bearer token is not answered by 401. Empty: any.
    void require_token(std::string token) { token_ = std::move(token); }
    FakeOptions& options() { return options_; }

    // --- faults

    // The next `count` requests whose target ("GET /api/v1/pods?watch=true") contains `text` meet `fault`. Faults are tried
    // in the order in which they were given.
    void fail_next(int count, std::string text, Fault fault);
    // The server is away: connections are refused until `come_back`. Watches are cut.
    void go_away();
    void come_back() { away_ = false; }
    void cut_watches(CutAt where = CutAt::kLineEnd);
    // Watches stay open and say nothing more, changes included.
    void silence_watches();
    // What was before can no longer be watched from: 410.
    void compact();
    // Compacts and ends every watch with an ERROR event of 410.
    void expire_watches();
    void send_bookmarks();
    // Writes `bytes` into every watch, as they are.
    void inject_into_watches(std::string_view bytes);

    // --- what happened

    const std::vector<AuditEntry>& audit() const { return audit_; }
    // Those that were carried out: no refusals, no dry runs.
    std::vector<AuditEntry> mutations() const;
    void clear_audit() { audit_.clear(); }
    // Requests so far whose target contains `text`.
    std::size_t count_requests(std::string_view text) const;
    std::size_t watch_count() const;

private:
    struct Pending {
        Done done;
        StreamDone stream_done;
        loop::TimerId timeout{};
    };
    struct Watch {
        std::shared_ptr<StreamEnd> end;
        std::string resource;
        std::string ns;
        Selector selector;
        bool bookmarks = false;
        bool silent = false;
    };
    struct Target {
        const Served* served = nullptr;
        kube::ObjectKey key;
        std::string subresource;
    };
    struct Scripted {
        int count = 0;
        std::string text;
        Fault fault;
    };
    struct Continued {
        std::int64_t version = 0;
        std::vector<std::shared_ptr<const nlohmann::json>> rest;
    };

    kube::RequestId enter(kube::Request request, Pending pending);
    void run(kube::RequestId id, const kube::Request& request);
    void carry_out(kube::RequestId id, const kube::Request& request, std::optional<std::size_t> cut_after);
    std::optional<Fault> take_fault(const std::string& target);
    void finish(kube::RequestId id, Result<Answer> answer, std::optional<std::size_t> cut_after);
    void finish_fault(kube::RequestId id, const Fault& fault);
    Pending* pending_for(kube::RequestId id);

    Answer handle(const kube::Request& request);
    Answer handle_discovery(const std::string& path);
    Answer handle_read(const Target& target, const kube::Request& request);
    Answer handle_write(const Target& target, const kube::Request& request);
    Answer write(const Target& target, const kube::Request& request, const WriteContext& context);
    Answer list(const Served& served, const std::string& ns, const kube::Request& request);
    std::optional<Target> route(const std::string& path) const;

    void open_watch(kube::RequestId id, const Served& served, const std::string& ns, const kube::Request& request);
    std::optional<Answer> refuse_watch(const kube::Request& request) const;
    void start_watch(Watch watch, const kube::Request& request);
    void schedule_bookmarks(std::weak_ptr<StreamEnd> end, std::string resource);
    void tell_watchers(const Change& change);
    void tell(const Watch& watch, const Change& change) const;
    std::vector<std::shared_ptr<const nlohmann::json>> selected(const std::string& resource, const std::string& ns,
                                                                const Selector& selector) const;
    void schedule_garbage_collection();

    loop::Loop& loop_;
    FakeOptions options_;
    ObjectStore store_;
    Writes writes_;
    std::map<std::string, Served> served_;
    std::map<std::uint64_t, Pending> pending_;
    std::vector<Watch> watches_;
    std::deque<Scripted> faults_;
    std::map<std::string, Continued> continued_;
    std::vector<AuditEntry> audit_;
    std::vector<std::string> targets_;
    std::string token_;
    std::uint64_t last_id_ = 0;
    std::uint64_t last_token_ = 0;
    bool away_ = false;
    bool stopped_ = false;
    bool collecting_ = false;
    std::shared_ptr<bool> alive_;  // posted work asks whether the server is still there
};

}  // namespace moldau::kube_fake
