// Opening, reconfiguring and removing partitions as images change.

#include "handlers/partition_table.h"

#include <algorithm>
#include <utility>

#include "base/logger.h"
#include "base/task_group.h"

namespace moldau::handlers {
namespace {

// Logs opened side by side: enough to keep the I/O threads busy.
constexpr std::size_t kOpeningMax = 32;
// How often a log that found no space to open is tried again.
constexpr std::chrono::seconds kReopenAfter{2};

bool is_passing(const Error& error) { return error.code == Errc::kDiskFull || error.code == Errc::kBusy; }

// One core says it for all.
void report_unusable(const metadata::Topic& topic, std::size_t core) {
    if (core != 0) return;
    for (const auto& [name, value] : topic.configs) {
        if (const auto good = settings::check_topic_value(name, value); !good) {
            LOG_WARNING("handlers", "a stored setting is ignored topic={} name={} error=\"{}\"", topic.name, name,
                        good.error().context);
        }
    }
}

Offset offset_in(const store::OffsetCheckpoint& checkpoint, const TopicPartition& name) {
    const auto found = checkpoint.find(name);
    return found == checkpoint.end() ? Offset{0} : found->second;
}

}  // namespace

PartitionTable::PartitionTable(Environment environment, std::vector<Recovered> recovered)
    : environment_(std::move(environment)), recovered_(std::move(recovered)) {}

PartitionTable::~PartitionTable() = default;

Result<std::shared_ptr<LocalPartition>> PartitionTable::find(const PartitionKey& key) {
    const auto found = partitions_.find(key);
    if (found == partitions_.end()) return fail(Errc::kUnknownTopicOrPartition);
    const auto& local = found->second;
    if (local->failure) return fail(*local->failure);
    if (local->dir < environment_.health.size()) MOLDAU_TRY(environment_.health[local->dir]->online());
    return local;
}

Result<void> PartitionTable::admit(const LocalPartition& local) const {
    if (local.dir >= environment_.health.size()) return {};
    return environment_.health[local.dir]->admit();
}

Task<void> PartitionTable::apply(metadata::ImageRef from, metadata::ImageRef to) {
    std::vector<Opening> opening;
    std::vector<PartitionKey> removing;
    metadata::Image::for_each_changed_topic(*from, *to, [&](const metadata::Topic* before, const metadata::Topic* after) {
        if (after == nullptr) {
            if (const auto here = by_topic_.find(before->id); here != by_topic_.end()) {
                for (const auto index : here->second) removing.push_back({before->id, index});
            }
            return;
        }
        if (before == nullptr || before->configs != after->configs) report_unusable(*after, environment_.core);
        collect_opening(*after, opening);
        if (before != nullptr && before->configs != after->configs) reconfigure(*after);
    });
    for (const auto& key : removing) co_await remove(key);
    co_await open_all(std::move(opening));
}

void PartitionTable::use(std::shared_ptr<const settings::Values> values, const metadata::Image& image) {
    environment_.values = std::move(values);
    image.for_each_topic([this](const metadata::Topic& topic) { reconfigure(topic); });
}

void PartitionTable::collect_opening(const metadata::Topic& topic, std::vector<Opening>& opening) {
    std::shared_ptr<const TopicSettings> settings;
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
        const PartitionKey key{topic.id, PartitionIndex{static_cast<std::int32_t>(index)}};
        if (!owns(key) || partitions_.contains(key)) continue;
        const auto directory = topic.partitions[index].directory_on(environment_.node);
        if (!directory) continue;
        if (!settings) {
            settings =
                std::make_shared<TopicSettings>(resolve_topic_settings(topic.name, topic.configs, *environment_.values));
        }
        const auto dir = environment_.dirs.find(*directory);
        const bool is_there = directory->is_zero() || dir != environment_.dirs.end();
        opening.push_back({key,
                           {topic.name, key.index},
                           dir == environment_.dirs.end() ? 0 : dir->second,
                           topic.partitions[index].leader_epoch,
                           settings,
                           is_there ? std::nullopt
                                    : std::optional{Error{Errc::kKafkaStorageError,
                                                          "its data directory " + directory->to_string() + " is missing"}}});
    }
}

Task<void> PartitionTable::open_all(std::vector<Opening> opening) {
    if (opening.empty()) co_return;
    const auto work = std::make_shared<std::vector<Opening>>(std::move(opening));
    const auto next = std::make_shared<std::size_t>(0);
    TaskGroup group;
    for (std::size_t count = std::min(kOpeningMax, work->size()); count > 0; --count) group.start(open_some(work, next));
    co_await group.stop();
}

Task<void> PartitionTable::open_some(std::shared_ptr<std::vector<Opening>> opening, std::shared_ptr<std::size_t> next) {
    while (*next < opening->size()) co_await open(std::move((*opening)[(*next)++]));
}

Task<void> PartitionTable::open(Opening opening) {
    const auto key = opening.key;
    auto local = co_await open_row(std::move(opening));
    if (local->failure) {
        LOG_ERROR("handlers", "cannot open the log, the partition is offline partition={} error=\"{}\"",
                  local->name.to_string(), local->failure->to_string());
    }
    by_topic_[key.topic].push_back(key.index);
    partitions_[key] = local;
    if (local->partition && on_change_) on_change_(key, local->name, local->partition.get());
}

Task<std::shared_ptr<LocalPartition>> PartitionTable::open_row(Opening opening) {
    auto local = std::make_shared<LocalPartition>();
    local->name = opening.name;
    local->settings = opening.settings;
    local->dir = opening.dir;
    local->epoch = opening.epoch;
    local->failure = opening.refusal;
    if (local->failure) co_return local;
    auto recovered = recovery_of(opening);
    auto log = co_await environment_.store.open_log(opening.dir, opening.name, opening.key.topic, opening.settings->log,
                                                    std::move(recovered));
    if (log) {
        local->partition = std::make_unique<replica::Partition>(environment_.executor, **log, opening.epoch);
        if (const auto& damage = (*log)->recovery().damage) {
            LOG_ERROR("handlers", "partition is damaged, it is served up to there partition={} damage=\"{}\"",
                      opening.name.to_string(), *damage);
        }
    } else {
        local->failure = log.error();
    }
    co_return local;
}

// What found no space, or no file descriptor, when it was to be opened.
void PartitionTable::reopen_soon(Now now) {
    if (reopening_ || now.mono < reopen_due_) return;
    std::vector<Opening> opening;
    for (const auto& [key, local] : partitions_) {
        if (!local->failure || !is_passing(*local->failure)) continue;
        opening.push_back({key, local->name, local->dir, local->epoch, local->settings});
    }
    if (opening.empty()) return;
    reopening_ = true;
    if (!tasks_.start(reopen(std::move(opening)))) reopening_ = false;
}

Task<void> PartitionTable::reopen(std::vector<Opening> opening) {
    for (auto& next : opening) {
        if (tasks_.stopping()) break;
        const auto key = next.key;
        auto local = co_await open_row(std::move(next));
        const auto found = partitions_.find(key);
        if (!local->partition) continue;
        if (found == partitions_.end()) {  // deleted meanwhile
            co_await local->partition->stop();
            static_cast<void>(co_await environment_.store.remove(local->name, local->settings->file_delete_delay));
            continue;
        }
        LOG_INFO("handlers", "the partition is online partition={}", local->name.to_string());
        found->second = local;
        if (on_change_) on_change_(key, local->name, local->partition.get());
    }
    reopen_due_ = environment_.executor.now().mono + kReopenAfter;
    reopening_ = false;
}

store::LogStore::Recovery PartitionTable::recovery_of(const Opening& opening) const {
    store::LogStore::Recovery recovery;
    if (opening.dir >= recovered_.size()) return recovery;
    const auto& known = recovered_[opening.dir];
    recovery.replay = known.replay;
    recovery.shutdown = known.shutdown;
    recovery.high_watermark_checkpoint = offset_in(known.high_watermarks, opening.name);
    recovery.recovery_point = offset_in(known.recovery_points, opening.name);
    recovery.log_start_checkpoint = offset_in(known.log_starts, opening.name);
    recovery.cleaned_to = offset_in(known.cleaned, opening.name);
    return recovery;
}

Task<void> PartitionTable::remove(PartitionKey key) {
    const auto found = partitions_.find(key);
    if (found == partitions_.end()) co_return;
    auto local = std::move(found->second);
    partitions_.erase(found);
    by_topic_.erase(key.topic);
    // A new topic of that name is another one.
    for (auto& known : recovered_) {
        for (auto* offsets : {&known.high_watermarks, &known.recovery_points, &known.log_starts, &known.cleaned})
            offsets->erase(local->name);
    }
    if (!local->partition) co_return;
    if (on_change_) on_change_(key, local->name, nullptr);
    co_await local->partition->stop();
    auto removed = co_await environment_.store.remove(local->name, local->settings->file_delete_delay);
    if (!removed) {
        LOG_ERROR("handlers", "cannot remove the files of a deleted partition partition={} error=\"{}\"",
                  local->name.to_string(), removed.error().to_string());
    }
}

void PartitionTable::reconfigure(const metadata::Topic& topic) {
    const auto here = by_topic_.find(topic.id);
    if (here == by_topic_.end()) return;
    const auto settings =
        std::make_shared<const TopicSettings>(resolve_topic_settings(topic.name, topic.configs, *environment_.values));
    for (const auto index : here->second) {
        auto& local = *partitions_.at({topic.id, index});
        local.settings = settings;
        if (local.partition) local.partition->log().reconfigure(settings->log);
    }
}

void PartitionTable::tick(Now now) {
    for (auto& [key, local] : partitions_) {
        if (local->partition) local->partition->tick(now);
    }
    reopen_soon(now);
}

Task<void> PartitionTable::stop() {
    co_await tasks_.stop();
    for (auto& [key, local] : partitions_) {
        if (!local->partition) continue;
        if (on_change_) on_change_(key, local->name, nullptr);
        co_await local->partition->stop();
    }
}

}  // namespace moldau::handlers
