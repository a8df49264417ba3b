// What the operator asks of a Cluster's brokers and tells them.
//
// The problem: reconciling must be testable without a broker, and nothing above may know of gRPC. The idea: an interface of
// plain structs, one method per question or order; `GrpcBrokerApi` (grpc_broker_api.h) asks the broker's operator API, whose
// contract is broker/proto/operator_api.proto, and `FakeBroker` (fake_broker.h) is a broker in memory. Orders can be
// repeated: asking twice changes nothing more than asking once. Each carries what its caller believes (`Expected`, topic
// ids, epochs) and is refused when that is no longer so. Place: below `decide`'s snapshot and the steps that apply actions.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/errc.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "base/uuid.h"

namespace moldau::broker_api {

// Explicit values by name, in Kafka's text forms.
using ConfigMap = std::map<std::string, std::string, std::less<>>;

// Topics in one order, settings in one order, at most; more is kInvalidRequest.
inline constexpr std::size_t kBatchMax = 1000;

enum class Severity : std::uint8_t { kInfo, kWarning, kError };

// Why something is as it is. `code` is stable and for programs ("DISK_REFUSING"), `message` a sentence for people.
struct Reason {
    std::string code;
    std::string message;
    Severity severity = Severity::kInfo;
    bool operator==(const Reason&) const = default;
};

// A data directory of the answering broker.
struct Disk {
    std::string path;
    Uuid id;
    std::uint64_t total_bytes = 0;
    std::uint64_t free_bytes = 0;
    enum class State : std::uint8_t { kUsable, kRefusing, kFailed } state = State::kUsable;
    std::string failure;  // of kFailed
    bool operator==(const Disk&) const = default;
};

struct Endpoint {
    std::string listener;
    std::string host;
    std::uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
};

// A broker as the metadata has it.
struct Broker {
    BrokerId id;
    Uuid incarnation;         // changes with every start of the process
    std::int64_t epoch = -1;  // of its registration: grows with every start
    std::optional<std::string> rack;
    std::vector<Endpoint> endpoints;
    enum class State : std::uint8_t { kActive, kFenced } state = State::kActive;
    bool operator==(const Broker&) const = default;
};

enum class StopState : std::uint8_t { kServing, kPreparing, kPrepared };

// How far a broker is with preparing its stop.
struct StopProgress {
    BrokerId id;
    std::int64_t broker_epoch = -1;
    StopState state = StopState::kServing;
    std::int64_t partitions_left = 0;  // to be flushed or handed over
    std::int64_t partitions_total = 0;
    Millis valid_for{0};          // until the preparation is forgotten unless it is asked for again
    std::vector<Reason> reasons;  // what holds it up
    bool operator==(const StopProgress&) const = default;
};

enum class Readiness : std::uint8_t { kReady, kNotReady };
enum class Health : std::uint8_t { kHealthy, kDegraded, kFailed };

// The cluster, and the broker that answers.
struct ClusterState {
    std::string cluster_id;           // empty while the broker recovers
    std::int32_t metadata_epoch = 0;  // of the metadata leader: grows when another one takes over, and with its restart
    std::int64_t metadata_offset = 0;
    BrokerId controller{-1};
    std::int64_t settings_epoch = 0;  // changes with every dynamic change of brokers' settings, and with a restart
    std::vector<Broker> brokers;
    std::int64_t topics = 0;
    std::int64_t partitions = 0;
    std::int64_t partitions_offline = 0;  // of those on the answering broker

    // The answering broker.
    BrokerId self{-1};
    std::string version;
    Readiness readiness = Readiness::kNotReady;
    std::vector<Disk> disks;
    StopProgress stop;

    Health health = Health::kHealthy;
    std::vector<Reason> reasons;  // of `readiness` and `health`; empty when ready and healthy

    const Broker* find_broker(BrokerId id) const;
};

struct Topic {
    std::string name;
    TopicId id;
    std::int32_t partitions = 0;
    std::int16_t replication_factor = 0;
    ConfigMap configs;  // explicit ones only
    enum class State : std::uint8_t {
        kOnline,
        kDegraded,
        kOffline
    } state = State::kOnline;  // degraded: some partitions are
    std::int32_t partitions_offline = 0;
    enum class Kind : std::uint8_t {
        kUser,
        kInternal
    } kind = Kind::kUser;  // kInternal: Kafka's own, such as __consumer_offsets
    bool operator==(const Topic&) const = default;
};

// What the caller of an order believes; empty and 0 mean that it does not matter. Otherwise the whole order is refused with
// kInconsistentClusterId or kStaleControllerEpoch, and nothing of it happens.
struct Expected {
    std::string cluster_id;
    std::int32_t metadata_epoch = 0;
};

// What became of one part of an order; `error` kNone: done, or it was so already.
struct Outcome {
    Errc error = Errc::kNone;
    std::string message;  // the broker's own
    bool ok() const { return error == Errc::kNone; }
    bool operator==(const Outcome&) const = default;
};

// A configuration that the broker refused, while the rest of the order happened.
struct RefusedConfig {
    std::string name;
    Outcome outcome;
    bool operator==(const RefusedConfig&) const = default;
};

// kRefuse: one bad value refuses its topic's part of the order as a whole. kLeaveOut: what can be applied is, and the bad
// ones are named in `refused_configs`.
enum class BadConfigs : std::uint8_t { kRefuse, kLeaveOut };
enum class Execution : std::uint8_t { kReal, kValidateOnly };

struct NewTopic {
    std::string name;
    std::optional<std::int32_t> partitions;          // absent: the broker's num.partitions
    std::optional<std::int16_t> replication_factor;  // absent: the broker's default.replication.factor
    ConfigMap configs;
    // The id that the topic shall have; zero lets the broker choose. Whoever derives it from what he stores knows his own
    // topic again after a crash between order and answer: asking again is kNone then, while somebody else's topic of that
    // name is kTopicAlreadyExists. Never use an id again once its topic is deleted.
    TopicId id;
};
struct CreateTopics {
    Expected expected;
    std::vector<NewTopic> topics;
    BadConfigs bad_configs = BadConfigs::kRefuse;
    Execution execution = Execution::kReal;
};

struct ConfigChange {
    std::string name;
    std::optional<std::string> value;  // absent: removed, so that the default counts
};
struct TopicAlteration {
    std::string name;
    TopicId expected_id;                     // zero: any; another than the topic's is kInconsistentTopicId
    std::optional<std::int32_t> partitions;  // in all; as many as there are is kNone, fewer kInvalidPartitions
    std::vector<ConfigChange> configs;       // others stay
};
struct AlterTopics {
    Expected expected;
    std::vector<TopicAlteration> topics;
    BadConfigs bad_configs = BadConfigs::kRefuse;
    Execution execution = Execution::kReal;
};

// By name, by id or by both; with both they must belong together (kInconsistentTopicId). What is not there is kNone when an
// id is given (it is gone), kUnknownTopicOrPartition when only a name is.
struct TopicDeletion {
    std::string name;
    TopicId id;
};
struct DeleteTopics {
    Expected expected;
    std::vector<TopicDeletion> topics;
};

// One per topic of the order, in its order.
struct TopicResult {
    std::string name;
    Outcome outcome;             // of the topic's creation, of its partitions' number, of its deletion
    Outcome configs;             // AlterTopics: of its configurations, apart from `outcome`
    std::optional<Topic> topic;  // as it is now, also with kTopicAlreadyExists; absent when there is none
    std::vector<RefusedConfig> refused_configs;
};
using TopicResults = std::vector<TopicResult>;

// By name; no names: all of them, page by page.
struct DescribeTopics {
    std::vector<std::string> names;  // those that do not exist are left out
    std::string page;                // `next_page` of the answer before, empty at first
};
struct TopicPage {
    std::vector<Topic> topics;
    std::string next_page;  // empty on the last one
};

enum class SettingSource : std::uint8_t { kDefault, kStatic, kClusterWide, kBroker };  // rising precedence
enum class SettingUpdate : std::uint8_t { kStatic, kPerBroker, kClusterWide };         // kStatic: needs a restart

struct Setting {
    std::string name;
    std::optional<std::string> value;  // in force
    SettingSource source = SettingSource::kDefault;
    std::optional<std::string> default_value;
    std::optional<std::string> static_value;   // of file, environment and command line
    std::optional<std::string> cluster_value;  // set for all brokers while they run
    std::optional<std::string> broker_value;   // set for this one
    SettingUpdate update = SettingUpdate::kStatic;
    std::string type;           // "boolean", "text", "int", "long", "number", "list"
    std::string allowed;        // "an integer of at least 1"
    std::string documentation;  // a sentence
};
struct Settings {
    std::int64_t epoch = 0;  // ClusterState::settings_epoch
    std::vector<Setting> settings;
};

// Dynamic ones; a static one is kInvalidRequest in its outcome. The epoch of another state is kInvalidUpdateVersion for the
// whole order; 0: it does not matter.
struct AlterSettings {
    Expected expected;
    std::int64_t expected_epoch = 0;
    std::optional<BrokerId> broker;  // absent: for all brokers
    std::vector<ConfigChange> changes;
    BadConfigs bad_configs = BadConfigs::kRefuse;
    Execution execution = Execution::kReal;
};
struct SettingResult {
    std::string name;
    Outcome outcome;
};
struct SettingResults {
    std::int64_t epoch = 0;  // after it
    std::vector<SettingResult> results;
};

// Would stopping this broker now put data at risk, or partitions out of service that others could serve?
struct StopVerdict {
    enum class Answer : std::uint8_t { kMayStop, kMustNotStop } answer = Answer::kMustNotStop;
    std::int64_t broker_epoch = -1;
    std::int64_t partitions_unavailable = 0;  // while it is stopped: those with no other replica
    std::vector<Reason> reasons;              // kError: why not; others: what to know
};

// For one incarnation of a broker; another one's epoch is kStaleBrokerEpoch (it has been restarted already). -1: the one
// that runs.
struct PrepareToStop {
    Expected expected;
    BrokerId broker{-1};
    std::int64_t broker_epoch = -1;
};

struct DeletedTopic {
    std::string name;
    TopicId id;
};

// What a feed of topics says. After kSnapshot* messages up to and with kSnapshotEnd, all topics that none of them named do
// not exist. A snapshot comes at first (unless the broker can go on from `resume`), and again, at any time, when the reader
// fell too far behind.
struct TopicChanges {
    enum class Kind : std::uint8_t {
        kSnapshotStart,  // forget what you know once kSnapshotEnd is there; has topics
        kSnapshotPart,   // more of them
        kSnapshotEnd,    // the last ones
        kChanges,        // made, changed or deleted since
        kHeartbeat,      // nothing happened
    };
    Kind kind = Kind::kHeartbeat;
    std::vector<Topic> topics;  // as they are now
    std::vector<DeletedTopic> deleted;
    std::string resume;       // of kSnapshotEnd, kChanges and kHeartbeat: where another feed can go on; opaque
    std::int64_t offset = 0;  // of the metadata that this is as of
    std::int32_t metadata_epoch = 0;
    std::int64_t settings_epoch = 0;  // when it changes, settings are worth a look
};

// Lifetime: may outlive nothing of its BrokerApi; destroying it, with no next() under way, ends the feed. Thread: the
// loop's.
class TopicFeed {
public:
    virtual ~TopicFeed() = default;
    // The next message; one call at a time. Nothing for 30 s is kRequestTimedOut. After an error the feed is over: open
    // another one from the last `resume`.
    virtual Task<Result<TopicChanges>> next() = 0;
    // A next() under way, and every later one, resolves with kClosed.
    virtual void cancel() = 0;
};

// Lifetime: until close() has resolved. Thread: the loop's. Calls may overlap; each resolves on the loop within the
// deadline of its implementation. Errors of every call: kBrokerNotAvailable (no connection), kRequestTimedOut (no answer),
// kCoordinatorLoadInProgress (the broker is recovering; `cluster()` answers even then), kClosed, kBusy,
// kClusterAuthorizationFailed, kInvalidRequest; with kBrokerNotAvailable and kRequestTimedOut an order may have happened.
class BrokerApi {
public:
    virtual ~BrokerApi() = default;

    virtual Task<Result<ClusterState>> cluster() = 0;
    virtual Task<Result<TopicPage>> describe_topics(DescribeTopics asked) = 0;
    virtual Task<Result<TopicResults>> create_topics(CreateTopics order) = 0;
    virtual Task<Result<TopicResults>> alter_topics(AlterTopics order) = 0;
    virtual Task<Result<TopicResults>> delete_topics(DeleteTopics order) = 0;
    virtual Task<Result<Settings>> settings() = 0;
    virtual Task<Result<SettingResults>> alter_settings(AlterSettings order) = 0;
    virtual Task<Result<StopVerdict>> may_stop(BrokerId broker) = 0;
    virtual Task<Result<StopProgress>> prepare_to_stop(PrepareToStop order) = 0;
    virtual Task<Result<StopProgress>> stop_progress(BrokerId broker) = 0;
    // Changes after `resume` of an earlier feed's newest message; empty: everything that there is first.
    virtual std::unique_ptr<TopicFeed> watch_topics(std::string resume) = 0;

    // Ends feeds and calls under way with kClosed; resolves when none is left.
    virtual Task<void> close() = 0;
};

// Makes the connection of one Cluster. `target` is host:port of the operator API, "events-brokers.shop.svc:9190". Nothing is
// connected yet when it returns: calls do that, and again after a loss.
class BrokerApiFactory {
public:
    virtual ~BrokerApiFactory() = default;
    virtual std::unique_ptr<BrokerApi> connect(std::string target) = 0;
};

}  // namespace moldau::broker_api
