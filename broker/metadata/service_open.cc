// From the files of the last run to a leader: newest whole snapshot, the log after it, the vote.

#include <algorithm>

#include "base/check.h"
#include "base/logger.h"
#include "metadata/quorum_state.h"
#include "metadata/service_impl.h"
#include "metadata/snapshot_files.h"
#include "metadata/topic_name.h"

namespace moldau::metadata {
namespace {

// Left when damage was found, so that the next start does not take what remained for everything.
constexpr const char* kDamagedFile = "damaged";
constexpr std::size_t kReplayBytes = 4 << 20;
constexpr std::size_t kTextBytesMax = 64 << 10;
constexpr std::int32_t kOpenTimeoutMs = 600'000;

// Kafka's id of the metadata topic.
TopicId metadata_topic_id() {
    Uuid id;
    id.bytes[15] = 1;
    return TopicId{id};
}

log::LogConfig log_config(const MetadataOptions& options) {
    log::LogConfig config;
    config.segment_bytes = options.segment_bytes;
    config.durability = log::Durability::kSynced;
    config.hot_tail_bytes = 1 << 20;
    return config;
}

std::string texts_of(const std::vector<Error>& errors) {
    std::string all;
    for (const auto& error : errors) all += (all.empty() ? "" : "; ") + error.context;
    return all;
}

}  // namespace

Task<Result<void>> MetadataService::Impl::open() {
    MOLDAU_CO_TRY(co_await io::make_dirs(environment_.files, dir_));
    MOLDAU_CO_TRY(co_await io::sync_dir(environment_.files, options.dir));
    MOLDAU_CO_TRY_ASSIGN(restored, co_await restore());
    const std::string cluster = restored.image->cluster_id();
    if (options.cluster_id && !cluster.empty() && cluster != *options.cluster_id) {
        co_return fail(Errc::kInconsistentClusterId,
                       dir_ + " belongs to cluster " + cluster + ", not to " + *options.cluster_id);
    }
    MOLDAU_CO_TRY(co_await elect(std::move(restored)));
    state_ = State::kOpen;
    if (published->cluster_id().empty()) MOLDAU_CO_TRY(co_await bootstrap());
    LOG_INFO("metadata", "ready: cluster={} term={} end_offset={} topics={} partitions={}", published->cluster_id(),
             published->epoch().value, published->end_offset().value, published->topic_count(),
             published->partition_count());
    co_return Result<void>{};
}

Task<Result<Restored>> MetadataService::Impl::restore() {
    MOLDAU_CO_TRY(co_await refuse_if_damaged());
    MOLDAU_CO_TRY_ASSIGN(loaded, co_await load_snapshot(environment_.files, dir_));
    for (const auto& error : loaded.damaged)
        LOG_ERROR("metadata", "a snapshot cannot be used: error=\"{}\"", error.to_string());
    MOLDAU_CO_TRY(co_await open_log(loaded.end_named));

    const SnapshotId snapshot = loaded.id.value_or(SnapshotId{});
    if (log_->log_start_offset() > snapshot.end || (!loaded.damaged.empty() && log_->end_offset() < loaded.end_named)) {
        co_return fail(Errc::kCorrupt, dir_ + ": no whole snapshot reaches the log, which holds offsets " +
                                           std::to_string(log_->log_start_offset().value) + " to " +
                                           std::to_string(log_->end_offset().value) +
                                           (loaded.damaged.empty() ? "" : " (" + texts_of(loaded.damaged) + ")") +
                                           "; restore the folder from a copy");
    }
    if (log_->end_offset() < snapshot.end) {
        LOG_WARNING("metadata", "the log ends before the snapshot and starts anew behind it: log_end={} snapshot_end={}",
                    log_->end_offset().value, snapshot.end.value);
        MOLDAU_CO_TRY(co_await log_->restart_at(snapshot.end));
    }
    Restored restored{.image = loaded.image, .snapshots = std::move(loaded.whole), .log = {}};
    restored.log.start = {snapshot.end, snapshot.epoch};
    MOLDAU_CO_TRY(co_await replay(restored));
    co_return restored;
}

Task<Result<void>> MetadataService::Impl::refuse_if_damaged() {
    const std::string path = dir_ + "/" + kDamagedFile;
    auto note = co_await io::read_file(environment_.files, path, kTextBytesMax);
    if (!note && note.error().code == Errc::kNotFound) co_return Result<void>{};
    if (!note) co_return fail(std::move(note).error());
    co_return fail(Errc::kCorrupt, std::string{note->text()} + " Restore the folder from a copy, or remove " + path +
                                       " to start with what is left: topics made after the damage are then unknown.");
}

Task<Result<void>> MetadataService::Impl::open_log(Offset snapshot_end) {
    log::LogIdentity identity{dir_, {std::string{kClusterMetadataTopic}, PartitionIndex{0}}, metadata_topic_id()};
    log::LogEnvironment environment{.executor = environment_.executor,
                                    .files = environment_.files,
                                    .shutdown = options.shutdown,
                                    .high_watermark_checkpoint = snapshot_end};
    MOLDAU_CO_TRY_ASSIGN(opened, co_await log::Log::open(std::move(identity), log_config(options), environment));
    log_ = std::move(opened);
    if (!log_->recovery().damage) co_return Result<void>{};
    if (options.shutdown == log::Shutdown::kPowerLost && log_->end_offset() >= snapshot_end) {
        // Writes that were not synced, and so never answered, may reach the disk in any order: a hole in them is no damage.
        LOG_ERROR("metadata", "the log was cut where a power loss left a hole; check that nothing is missing: damage=\"{}\"",
                  *log_->recovery().damage);
        co_return Result<void>{};
    }
    const std::string note = dir_ + " is damaged: " + *log_->recovery().damage + ".";
    const std::string path = dir_ + "/" + kDamagedFile;
    MOLDAU_CO_TRY(co_await io::replace_file(environment_.files, path, bytes::View::copy_of(note)));
    co_return co_await refuse_if_damaged();
}

Task<Result<void>> MetadataService::Impl::replay(Restored& restored) {
    ImageBuilder builder{*restored.image};
    Offset at = restored.log.start.offset;
    raft::Term term = restored.log.start.term;
    while (at < log_->end_offset()) {
        auto range = co_await log_->read({.from = at,
                                          .end = log_->end_offset(),
                                          .bytes_max = kReplayBytes,
                                          .first_batch = log::ReadOptions::FirstBatch::kAlways});
        if (!range) co_return fail(std::move(range).error());
        BatchReader reader{range->batches.flatten()};
        const Offset before = at;
        while (true) {
            MOLDAU_CO_TRY_ASSIGN(batch, reader.next());
            if (!batch) break;
            if (batch->end <= at) continue;  // the snapshot has it
            if (batch->base != at || batch->epoch < term) {
                co_return fail(Errc::kCorrupt, dir_ + ": a batch at offset " + std::to_string(batch->base.value) +
                                                   " of term " + std::to_string(batch->epoch.value) + " follows offset " +
                                                   std::to_string(at.value) + " of term " + std::to_string(term.value));
            }
            if (batch->epoch > term || restored.log.terms.empty()) restored.log.terms.push_back({batch->epoch, at});
            term = batch->epoch;
            for (const auto& record : batch->records) {
                MOLDAU_CO_TRY(builder.apply(record, at));
                at = at + 1;
            }
            at = batch->end;
            restored.last_time = batch->time;
            records_since_snapshot_ += batch->end - batch->base;
        }
        bytes_since_snapshot_ += static_cast<std::int64_t>(range->batches.size());
        if (at == before) co_return fail(Errc::kCorrupt, dir_ + ": nothing to read at offset " + std::to_string(at.value));
    }
    restored.log.end = at;
    restored.log.durable_end = std::max(log_->durable_end(), restored.log.start.offset);
    restored.image = builder.build(at, term);
    co_return Result<void>{};
}

// With one voter a lost vote is no danger: nobody else can have been voted for, and the log tells the term.
Task<Result<raft::HardState>> MetadataService::Impl::load_hard_state(const raft::LogState& log) {
    const raft::Term last = log.terms.empty() ? log.start.term : log.terms.back().term;
    auto state = co_await read_quorum_state(environment_.files, dir_);
    if (!state && state.error().code != Errc::kCorrupt) co_return fail(std::move(state).error());
    if (!state) {
        LOG_ERROR("metadata", "the vote is read from the log instead: term={} error=\"{}\"", last.value,
                  state.error().to_string());
        const std::string path = dir_ + "/" + kQuorumStateFile;
        MOLDAU_CO_TRY(co_await io::rename(environment_.files, path, path + ".damaged"));
        co_return raft::HardState{last, std::nullopt};
    }
    if (!*state) co_return raft::HardState{last, std::nullopt};
    co_return (*state)->hard_state;
}

Task<Result<void>> MetadataService::Impl::elect(Restored restored) {
    MOLDAU_CO_TRY_ASSIGN(hard_state, co_await load_hard_state(restored.log));
    auto node = raft::Node::create({self_, {self_}, hard_state, std::move(restored.log)});
    if (!node) co_return fail(node.error().code, dir_ + ": " + node.error().context);
    node_.emplace(*std::move(node));
    published = restored.image;
    timeline.emplace(published);
    snapshots_ = std::move(restored.snapshots);
    last_time_ = restored.last_time;
    log_->on_progress([this] { on_log_progress(); });

    const raft::Ready candidate = node_->step(raft::Start{});
    MOLDAU_CO_TRY(co_await write_quorum_state(environment_.files, dir_, {*candidate.store, self_.node}));
    const raft::Ready leader = node_->step(raft::HardStateStored{candidate.store->term});
    CHECK(node_->role() == raft::Role::kLeader && leader.append.size() == 1);
    append_leader_change(leader.append.front());
    co_return co_await commit({}, deadline_after(kOpenTimeoutMs));
}

Task<Result<void>> MetadataService::Impl::bootstrap() {
    const std::string cluster = options.cluster_id.value_or(environment_.random.next_uuid().to_string());
    co_return co_await commit(controller->bootstrap(cluster), deadline_after(kOpenTimeoutMs));
}

}  // namespace moldau::metadata
