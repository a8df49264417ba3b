// The Kubernetes API in verbs: get, list, create, replace, apply, patch, delete, discover; each a Task on the loop.
//
// The problem: an API server is restarted, sheds load and drops connections while the operator works, and a caller should
// see only answers that mean something. The idea: every verb knows whether it may be repeated. Requests that may are
// repeated after a lost connection; all are after 429 and after 5xx with Retry-After (the server did not carry them out), no
// sooner than it says, with back-off, a bounded number of times, within the request's deadline. Everything else comes back
// as a KubeError. Requests in flight are bounded: what exceeds the bound waits its turn. Place: over a Transport;
// list_watch.h and all writers use it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "base/task_group.h"
#include "operator/kube/kube_error.h"
#include "operator/kube/object.h"
#include "operator/kube/resource.h"
#include "operator/kube/transport.h"
#include "operator/loop/cancel.h"
#include "operator/loop/loop.h"

namespace moldau::kube {

inline constexpr std::string_view kApplyManager = "moldau-operator";
inline constexpr std::string_view kStatusManager = "moldau-operator-status";

enum class DryRun : std::uint8_t { kNo, kServer };
// What the server does with fields that it does not know: drop them, or refuse the whole (then kBadRequest says which).
enum class FieldValidation : std::uint8_t { kDrop, kStrict };
enum class Conflicts : std::uint8_t { kFail, kForce };
enum class Propagation : std::uint8_t { kBackground, kForeground, kOrphan };
enum class PatchType : std::uint8_t { kMerge, kJson };

// The write happens only to this very object (uid) in this very state (resource version). Empty: any.
struct Preconditions {
    std::string uid;
    std::string resource_version;
};

struct ListOptions {
    std::string label_selector;
    std::string field_selector;
    std::size_t limit = 0;       // 0: all at once
    std::string continue_token;  // from the page before
    // With resource_version_match "NotOlderThan" or "Exact".
    std::string resource_version;
    std::string resource_version_match;
};
struct Page {
    std::vector<Object> items;  // apiVersion and kind filled in
    std::string resource_version;
    std::string continue_token;  // empty on the last page
};

struct CreateOptions {
    std::string field_manager{kApplyManager};
    DryRun dry_run = DryRun::kNo;
};
struct ReplaceOptions {
    std::string subresource;  // "" or "status"
    std::string field_manager{kApplyManager};
    DryRun dry_run = DryRun::kNo;
};
struct ApplyOptions {
    std::string subresource;
    std::string field_manager{kApplyManager};
    Conflicts conflicts = Conflicts::kForce;
    FieldValidation validation = FieldValidation::kDrop;
    DryRun dry_run = DryRun::kNo;
};
struct PatchOptions {
    PatchType type = PatchType::kMerge;
    std::string subresource;  // "", "status" or "scale"
    Preconditions preconditions;
    std::string field_manager{kApplyManager};
    DryRun dry_run = DryRun::kNo;
};
struct DeleteOptions {
    Propagation propagation = Propagation::kBackground;
    Preconditions preconditions;
    std::optional<std::int64_t> grace_seconds;
    DryRun dry_run = DryRun::kNo;
};

struct ApiGroupVersion {
    std::string group;
    std::string version;
    bool preferred = false;
    bool operator==(const ApiGroupVersion&) const = default;
};
struct ApiResource {
    Resource resource;
    std::vector<std::string> verbs;
};
struct ServerVersion {
    int major = 0;
    int minor = 0;
    std::string git_version;
};

// What went over the wire, for metrics. `code` is the HTTP status, or "<error>" without an answer.
struct RequestEvent {
    std::string_view method;
    std::string_view code;
    Nanos duration{0};
};

struct ClientOptions {
    std::size_t in_flight_max = 32;
    std::size_t waiting_max = 10'000;  // beyond: kBusy
    Millis timeout{30'000};            // of one attempt
    Millis deadline{90'000};           // of all attempts together, waiting included
    int attempts_max = 6;
    Millis backoff_min{100};
    Millis backoff_max{10'000};
    std::uint64_t seed = 1;  // of the jitter
    std::function<void(const RequestEvent&)> on_request;
};

// Lifetime: outlives its calls; `stop` first, destroyed only when nothing is pending. Thread: the loop's.
// Invariant: in flight <= in_flight_max; watches do not count.
class Client {
public:
    Client(loop::Loop& loop, Transport& transport, ClientOptions options = {});
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    Task<KubeResult<Object>> get(Resource resource, ObjectKey key);
    // One page, or all at once. `ns` empty: all namespaces.
    Task<KubeResult<Page>> list(Resource resource, std::string ns, ListOptions options = {});
    // Not repeated after a lost connection: it may have been carried out.
    Task<KubeResult<Object>> create(Resource resource, Object object, CreateOptions options = {});
    // PUT: the object as a whole, at the resource version that it carries.
    Task<KubeResult<Object>> replace(Resource resource, Object object, ReplaceOptions options = {});
    // Server-side apply: `object` holds exactly the fields that the manager wants. It is sent as it is.
    Task<KubeResult<Object>> apply(Resource resource, Object object, ApplyOptions options = {});
    // apply on the status subresource, as kStatusManager unless told otherwise.
    Task<KubeResult<Object>> apply_status(Resource resource, Object object);
    // `patch` is a merge patch (RFC 7386) or a JSON patch (RFC 6902) by options.type. Preconditions are put into it; a JSON
    // patch whose precondition fails is kInvalid at the server, a merge patch kConflict. Repeated only with a resource
    // version.
    Task<KubeResult<Object>> patch(Resource resource, ObjectKey key, nlohmann::json patch, PatchOptions options = {});
    // Resolves when the deletion is accepted; finalizers may still hold the object. Repeated only with a uid.
    Task<KubeResult<void>> remove(Resource resource, ObjectKey key, DeleteOptions options = {});

    Task<KubeResult<std::vector<ApiGroupVersion>>> discover_groups();
    // kNotFound when the group or the version is not served.
    Task<KubeResult<std::vector<ApiResource>>> discover_resources(std::string group, std::string version);
    Task<KubeResult<ServerVersion>> server_version();

    // A body to be read by parts, its status 200. For watches and long lists; see list_watch.h. `cancel` outlives the call.
    Task<KubeResult<std::unique_ptr<BodyStream>>> open(Request request, std::string what, loop::Cancel& cancel);

    // Refuses new calls, ends those that wait with kCancelled, resolves when all have ended.
    Task<void> stop();

    loop::Loop& loop() { return loop_; }
    std::size_t in_flight() const { return in_flight_; }

private:
    struct Call;
    enum class Repeat : std::uint8_t { kNever, kAfterLostConnection };
    struct Attempt {
        Request request;
        Repeat repeat = Repeat::kNever;
        std::string what;
    };

    Task<KubeResult<Response>> perform(Attempt attempt);
    Task<KubeResult<Response>> perform_within(Attempt attempt, MonoTime deadline);
    Task<KubeResult<Object>> perform_object(Attempt attempt);
    Task<Result<Response>> send_once(Request request);
    Task<KubeResult<void>> take_slot();
    void give_slot();
    // How long to wait before trying again, or nullopt when the error is final.
    std::optional<Millis> wait_before_retry(const KubeError& error, Repeat repeat, int attempt);
    Millis jittered(Millis delay);
    void report(const Request& request, const Result<int>& status, MonoTime started) const;

    loop::Loop& loop_;
    Transport& transport_;
    ClientOptions options_;
    loop::Cancel stopping_;
    std::size_t in_flight_ = 0;
    std::size_t calls_ = 0;
    std::uint64_t random_;
    std::deque<std::move_only_function<void(bool)>> waiting_;
    std::vector<std::move_only_function<void(bool)>> ended_;
};

}  // namespace moldau::kube
