// The cluster's state on this broker: its Raft log on the disk, the image made of it, and the requests that change it.
//
// The problem: a change counts only when it is durable, but thousands a second must not wait for one fsync each, and each
// must see those before it. The idea: the pure `Controller` decides on the newest *appended* image and yields records; they
// are appended at once and one group commit makes many durable; then the image as of there is published and all their
// answers are given. When the disk fails, what was not committed is rolled back and its requests are answered with the
// error. Place: the shell around `raft` and `Controller`; one per broker, on its first core.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "io/executor.h"
#include "io/file.h"
#include "io/random.h"
#include "log/log_types.h"
#include "metadata/controller_options.h"
#include "metadata/image.h"
#include "metadata/requests.h"

namespace moldau::wire {
struct CreateTopicsRequest;
struct CreateTopicsResponse;
struct DeleteTopicsRequest;
struct DeleteTopicsResponse;
struct CreatePartitionsRequest;
struct CreatePartitionsResponse;
}  // namespace moldau::wire

namespace moldau::metadata {

struct MetadataEnvironment {
    io::Executor& executor;
    io::FileSystem& files;
    io::Random& random;
};

struct MetadataOptions {
    std::string dir;  // the data directory; the log is in "<dir>/__cluster_metadata-0"
    BrokerId node_id{1};
    Uuid directory_id;                      // of `dir`, from meta.properties
    std::optional<std::string> cluster_id;  // must be the log's, if it has one; a first start without it makes one
    log::Shutdown shutdown = log::Shutdown::kClean;
    ControllerOptions controller;
    std::int64_t snapshot_bytes = 20 << 20;     // of log between snapshots (metadata.log.max.record.bytes.between.snapshots)
    std::int64_t snapshot_records = 1'000'000;  // the same in records
    std::int32_t segment_bytes = 8 << 20;       // of the metadata log
    std::size_t proposals_max = 10'000;         // waiting for a commit; beyond it requests are told to come again
};

// Lifetime: open() .. close(). Thread: its core; other cores come by io::run_on.
// Invariants: image()->end_offset() <= committed offset <= staged offset; answers are given in the order of commits.
class MetadataService {
public:
    // Loads the newest whole snapshot, replays the log, is elected (a single voter elects itself) and, at the first start,
    // writes what a new cluster begins with. When it resolves, image() holds everything that was ever answered. Errors:
    // kCorrupt (files and what to do), kNewerFormat (records of a newer version), kInconsistentClusterId, kIo.
    static Task<Result<std::unique_ptr<MetadataService>>> open(MetadataEnvironment environment, MetadataOptions options);
    ~MetadataService();

    // The newest published image: committed, and on_image has resolved for it. Never null.
    ImageRef image() const;
    // `callback(old, published)` is awaited after each commit that changed something, before its answers are given and
    // before image() changes: the place to create and remove logs on all cores. One at a time, in order; several commits may
    // come as one step. Set it before the first request.
    using ImageCallback = std::function<Task<void>(ImageRef from, ImageRef to)>;
    void on_image(ImageCallback callback);

    // Answers hold when given: the change is durable. Errors are inside the response, per topic. Authorization is the
    // caller's. Past the request's timeout (at least a second is waited) the answer is kRequestTimedOut; the change may
    // still happen. The request outlives the task.
    Task<wire::CreateTopicsResponse> create_topics(const wire::CreateTopicsRequest& request, WantedIds ids = {});
    // `version` decides which error a disabled deletion gets.
    Task<wire::DeleteTopicsResponse> delete_topics(const wire::DeleteTopicsRequest& request, std::int16_t version);
    Task<wire::CreatePartitionsResponse> create_partitions(const wire::CreatePartitionsRequest& request);
    // Creates topics that do not exist yet (auto-creation, internal topics); results in the order asked for.
    Task<std::vector<AutoTopicResult>> ensure_topics(std::vector<AutoTopic> topics);

    // Takes over topics of another system (Controller::adopt_topics); their files need not be in place yet.
    Task<Result<void>> adopt_topics(Adoption adoption);

    Task<Result<ProducerIdBlock>> allocate_producer_ids();

    // Announces this process: a new incarnation replaces the old one. Resolves with the broker epoch.
    Task<Result<std::int64_t>> register_broker(BrokerRegistration registration);

    // Changes the overrides of one resource. `edit` is called once, at once, with the newest; when only validated nothing
    // changes. Errors: those of Controller::alter_configs; of the commit.
    Task<Result<void>> alter_configs(ConfigResource resource, ConfigEdit edit, Execution execution = Execution::kReal);

    // The failure after which nothing can change any more, if any.
    const std::optional<Error>& failure() const;

    struct Counters {
        std::uint64_t proposals = 0;
        std::uint64_t commits = 0;  // steps of the commit offset; many proposals may share one
        std::uint64_t records = 0;
        std::uint64_t snapshots = 0;
        std::uint64_t snapshot_bytes = 0;  // of the newest one
        std::uint64_t rolled_back = 0;
    };
    const Counters& counters() const;

    // Writes a snapshot now and deletes what it makes superfluous.
    Task<Result<void>> snapshot();
    // Refuses new requests, waits for those under way, closes the log. An error means that the log did not stop cleanly.
    Task<Result<void>> close();

private:
    class Impl;
    explicit MetadataService(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace moldau::metadata
