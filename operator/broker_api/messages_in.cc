// Answers as structs.

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "operator/broker_api/messages.h"

namespace moldau::broker_api {
namespace {

Uuid uuid_of(const std::string& bytes) {
    Uuid id;
    if (bytes.size() == id.bytes.size()) std::ranges::copy(bytes, id.bytes.begin());
    return id;
}

template <class To>
To cut(std::int64_t number) {
    return static_cast<To>(std::clamp<std::int64_t>(number, std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
}

Outcome outcome_of(const pb::Outcome& message) {
    return {static_cast<Errc>(cut<std::int16_t>(message.code())), message.message()};
}

Severity severity_of(pb::Severity severity) {
    if (severity == pb::SEVERITY_ERROR) return Severity::kError;
    return severity == pb::SEVERITY_WARNING ? Severity::kWarning : Severity::kInfo;
}

template <class Messages>
std::vector<Reason> reasons_of(const Messages& messages) {
    std::vector<Reason> reasons;
    for (const auto& message : messages) {
        reasons.push_back({message.code(), message.message(), severity_of(message.severity())});
    }
    return reasons;
}

Topic topic_of(const pb::Topic& message) {
    Topic topic{.name = message.name(),
                .id = TopicId{uuid_of(message.topic_id())},
                .partitions = message.partitions(),
                .replication_factor = cut<std::int16_t>(message.replication_factor()),
                .configs = {message.configs().begin(), message.configs().end()}};
    topic.partitions_offline = message.partitions_offline();
    if (topic.partitions_offline > 0) {
        topic.state = topic.partitions_offline < topic.partitions ? Topic::State::kDegraded : Topic::State::kOffline;
    }
    topic.kind = message.internal() ? Topic::Kind::kInternal : Topic::Kind::kUser;
    return topic;
}

Broker broker_of(const pb::Broker& message) {
    Broker broker{.id = BrokerId{message.id()}, .incarnation = uuid_of(message.incarnation()), .epoch = message.epoch()};
    if (message.has_rack()) broker.rack = message.rack();
    for (const auto& endpoint : message.endpoints()) {
        broker.endpoints.push_back({endpoint.listener(), endpoint.host(), cut<std::uint16_t>(endpoint.port())});
    }
    broker.state = message.fenced() ? Broker::State::kFenced : Broker::State::kActive;
    return broker;
}

Disk disk_of(const pb::Disk& message) {
    Disk disk{.path = message.path(),
              .id = uuid_of(message.directory_id()),
              .total_bytes = message.total_bytes(),
              .free_bytes = message.free_bytes()};
    if (message.refusing()) disk.state = Disk::State::kRefusing;
    if (message.has_failure()) {
        disk.state = Disk::State::kFailed;
        disk.failure = message.failure();
    }
    return disk;
}

Health health_of(pb::DescribeClusterResponse::Health health) {
    if (health == pb::DescribeClusterResponse::HEALTH_HEALTHY) return Health::kHealthy;
    return health == pb::DescribeClusterResponse::HEALTH_FAILED ? Health::kFailed : Health::kDegraded;
}

SettingSource source_of(pb::Setting::Source source) {
    switch (source) {
        case pb::Setting::SOURCE_BROKER:
            return SettingSource::kBroker;
        case pb::Setting::SOURCE_CLUSTER_WIDE:
            return SettingSource::kClusterWide;
        case pb::Setting::SOURCE_STATIC:
            return SettingSource::kStatic;
        default:
            return SettingSource::kDefault;
    }
}

SettingUpdate update_of(pb::Setting::Update update) {
    switch (update) {
        case pb::Setting::UPDATE_PER_BROKER:
            return SettingUpdate::kPerBroker;
        case pb::Setting::UPDATE_CLUSTER_WIDE:
            return SettingUpdate::kClusterWide;
        default:
            return SettingUpdate::kStatic;
    }
}

Setting setting_of(const pb::Setting& message) {
    Setting setting{.name = message.name(), .source = source_of(message.source()), .update = update_of(message.update())};
    if (message.has_value()) setting.value = message.value();
    if (message.has_default_value()) setting.default_value = message.default_value();
    if (message.has_static_value()) setting.static_value = message.static_value();
    if (message.has_cluster_value()) setting.cluster_value = message.cluster_value();
    if (message.has_broker_value()) setting.broker_value = message.broker_value();
    setting.type = message.type();
    setting.allowed = message.allowed();
    setting.documentation = message.documentation();
    return setting;
}

TopicChanges::Kind kind_of(pb::TopicChanges::Kind kind) {
    switch (kind) {
        case pb::TopicChanges::SNAPSHOT_START:
            return TopicChanges::Kind::kSnapshotStart;
        case pb::TopicChanges::SNAPSHOT_PART:
            return TopicChanges::Kind::kSnapshotPart;
        case pb::TopicChanges::SNAPSHOT_END:
            return TopicChanges::Kind::kSnapshotEnd;
        case pb::TopicChanges::CHANGES:
            return TopicChanges::Kind::kChanges;
        default:
            return TopicChanges::Kind::kHeartbeat;
    }
}

}  // namespace

ClusterState from_message(const pb::DescribeClusterResponse& message) {
    ClusterState state{.cluster_id = message.cluster_id(),
                       .metadata_epoch = message.metadata_epoch(),
                       .metadata_offset = message.metadata_offset(),
                       .controller = BrokerId{message.controller_id()},
                       .settings_epoch = message.settings_epoch()};
    for (const auto& broker : message.brokers()) state.brokers.push_back(broker_of(broker));
    state.topics = message.topics();
    state.partitions = message.partitions();
    state.partitions_offline = message.partitions_offline();
    state.self = BrokerId{message.node_id()};
    state.version = message.version();
    state.readiness = message.ready() ? Readiness::kReady : Readiness::kNotReady;
    for (const auto& disk : message.disks()) state.disks.push_back(disk_of(disk));
    state.stop = from_message(message.stop());
    state.health = health_of(message.health());
    state.reasons = reasons_of(message.reasons());
    return state;
}

TopicPage from_message(const pb::DescribeTopicsResponse& message) {
    TopicPage page{.next_page = message.next_page()};
    for (const auto& topic : message.topics()) page.topics.push_back(topic_of(topic));
    return page;
}

TopicResults from_message(const pb::TopicResults& message) {
    TopicResults results;
    for (const auto& from : message.results()) {
        auto& result = results.emplace_back();
        result.name = from.name();
        result.outcome = outcome_of(from.outcome());
        result.configs = outcome_of(from.config_outcome());
        if (from.has_topic()) result.topic = topic_of(from.topic());
        for (const auto& refused : from.refused_configs()) {
            result.refused_configs.push_back({refused.name(), outcome_of(refused.outcome())});
        }
    }
    return results;
}

Settings from_message(const pb::DescribeSettingsResponse& message) {
    Settings settings{.epoch = message.epoch()};
    for (const auto& setting : message.settings()) settings.settings.push_back(setting_of(setting));
    return settings;
}

SettingResults from_message(const pb::AlterSettingsResponse& message) {
    SettingResults results{.epoch = message.epoch()};
    for (const auto& result : message.results()) results.results.push_back({result.name(), outcome_of(result.outcome())});
    return results;
}

StopVerdict from_message(const pb::MayStopResponse& message) {
    return {message.may_stop() ? StopVerdict::Answer::kMayStop : StopVerdict::Answer::kMustNotStop, message.broker_epoch(),
            message.partitions_unavailable(), reasons_of(message.reasons())};
}

StopProgress from_message(const pb::StopProgress& message) {
    StopProgress progress{.id = BrokerId{message.broker_id()},
                          .broker_epoch = message.broker_epoch(),
                          .partitions_left = message.partitions_left(),
                          .partitions_total = message.partitions_total(),
                          .valid_for = Millis{message.valid_for_ms()},
                          .reasons = reasons_of(message.reasons())};
    if (message.state() == pb::StopProgress::PREPARING) progress.state = StopState::kPreparing;
    if (message.state() == pb::StopProgress::PREPARED) progress.state = StopState::kPrepared;
    return progress;
}

TopicChanges from_message(const pb::TopicChanges& message) {
    TopicChanges changes{.kind = kind_of(message.kind()),
                         .resume = message.resume(),
                         .offset = message.metadata_offset(),
                         .metadata_epoch = message.metadata_epoch(),
                         .settings_epoch = message.settings_epoch()};
    for (const auto& topic : message.topics()) changes.topics.push_back(topic_of(topic));
    for (const auto& deleted : message.deleted()) {
        changes.deleted.push_back({deleted.name(), TopicId{uuid_of(deleted.topic_id())}});
    }
    return changes;
}

Errc errc_named(std::string_view name) {
    constexpr std::pair<std::string_view, Errc> kNames[] = {
#define X(constant, code, text, retriable, meaning) {text, Errc::constant},
        MOLDAU_KAFKA_ERRORS(X)
#undef X
#define X(constant, kafka, meaning) {#constant, Errc::constant},
            MOLDAU_INTERNAL_ERRORS(X)
#undef X
    };
    const auto* found = std::ranges::find(kNames, name, [](const auto& row) { return row.first; });
    return found == std::end(kNames) ? Errc::kUnknownServerError : found->second;
}

}  // namespace moldau::broker_api
