// The fake's state and its orders; connections and feeds are in fake_connection.cc.

#include "operator/broker_api/fake_broker.h"

#include <fmt/format.h>

#include <algorithm>

#include "operator/broker_api/fake_connection.h"

namespace moldau::broker_api {
namespace {

constexpr std::int32_t kPartitionsDefault = 1;
constexpr std::int32_t kPartitionsMax = 10'000;
constexpr Millis kPreparationValid{60'000};

Outcome refused(Errc code, std::string message) { return {code, std::move(message)}; }

}  // namespace

FakeBroker::FakeBroker(loop::Loop& loop)
    : check_config([](const std::string& name, const std::string& value) -> std::optional<std::string> {
          if (value != "bad") return std::nullopt;
          return fmt::format("{}=bad is not allowed", name);
      }),
      loop_(loop) {
    state.cluster_id = "fake-cluster";
    state.metadata_epoch = 1;
    state.metadata_offset = 1;
    state.settings_epoch = 1;
    state.self = BrokerId{0};
    state.controller = state.self;
    state.version = "0.1.0";
    state.readiness = Readiness::kReady;
    state.brokers = {{.id = state.self, .incarnation = new_id().value, .epoch = 1}};
    state.stop.id = state.self;
    state.stop.broker_epoch = 1;
}

FakeBroker::~FakeBroker() { CHECK(feeds_.empty()); }

std::size_t FakeBroker::count(const std::string& call) const {
    return static_cast<std::size_t>(std::ranges::count(calls_, call));
}

TopicId FakeBroker::new_id() {
    Uuid id;
    for (std::size_t byte = 0; byte < 8; ++byte) id.bytes[15 - byte] = static_cast<std::uint8_t>(last_id_ >> (8 * byte));
    id.bytes[0] = 0x60;
    ++last_id_;
    return TopicId{id};
}

void FakeBroker::changed(const Topic& topic) {
    ++state.metadata_offset;
    for (auto* feed : feeds_) feed->tell_changed(topic.name);
}

void FakeBroker::deleted(const Topic& topic) {
    ++state.metadata_offset;
    for (auto* feed : feeds_) feed->tell_deleted({topic.name, topic.id});
}

void FakeBroker::put_topic(Topic topic) {
    if (topic.id.value.is_zero()) topic.id = new_id();
    auto& stored = topics_[topic.name];
    stored = std::move(topic);
    changed(stored);
}

void FakeBroker::erase_topic(const std::string& name) {
    const auto found = topics_.extract(name);
    if (!found.empty()) deleted(found.mapped());
}

void FakeBroker::restart() {
    break_feeds();
    ++state.metadata_epoch;
    ++state.metadata_offset;
    ++state.settings_epoch;
    for (auto& broker : state.brokers) {
        if (broker.id != state.self) continue;
        broker.incarnation = new_id().value;
        broker.epoch = state.metadata_offset;
    }
    state.stop = {.id = state.self, .broker_epoch = state.metadata_offset};
}

void FakeBroker::reset_feeds() {
    for (auto* feed : feeds_) feed->reset();
}

void FakeBroker::break_feeds() {
    for (auto* feed : std::vector(feeds_)) feed->end({Errc::kBrokerNotAvailable, "the connection was lost"});
}

void FakeBroker::set_reach(Reach reach) {
    reach_ = reach;
    if (reach_ == Reach::kUnreachable) break_feeds();
}

FakeBroker::Arrived FakeBroker::arrive(const std::string& call) {
    if (reach_ == Reach::kUnreachable) return {Error{Errc::kBrokerNotAvailable, "nobody listens there"}};
    calls_.push_back(call);
    const auto failure =
        std::ranges::find_if(failures_, [&](const auto& row) { return row.first.empty() || row.first == call; });
    if (failure != failures_.end()) {
        Arrived arrived{std::move(failure->second)};
        failures_.erase(failure);
        return arrived;
    }
    const auto lost = std::ranges::find(lost_answers_, call);
    if (lost == lost_answers_.end()) return {};
    lost_answers_.erase(lost);
    return {std::nullopt, true};
}

Result<void> FakeBroker::check(const Expected& expected) const {
    if (!expected.cluster_id.empty() && expected.cluster_id != state.cluster_id) {
        return fail(Errc::kInconsistentClusterId, fmt::format("this is cluster {}", state.cluster_id));
    }
    if (expected.metadata_epoch != 0 && expected.metadata_epoch != state.metadata_epoch) {
        return fail(Errc::kStaleControllerEpoch, fmt::format("the metadata's epoch is {}", state.metadata_epoch));
    }
    return {};
}

ClusterState FakeBroker::describe() const {
    ClusterState now = state;
    now.topics = static_cast<std::int64_t>(topics_.size());
    now.partitions = 0;
    for (const auto& [name, topic] : topics_) now.partitions += topic.partitions;
    return now;
}

TopicResult FakeBroker::create(const CreateTopics& order, const NewTopic& wanted) {
    TopicResult result{.name = wanted.name};
    if (const auto existing = topics_.find(wanted.name); existing != topics_.end()) {
        result.topic = existing->second;
        const bool is_the_one = !wanted.id.value.is_zero() && existing->second.id == wanted.id;
        if (!is_the_one) result.outcome = refused(Errc::kTopicAlreadyExists, fmt::format("topic '{}' exists", wanted.name));
        return result;
    }
    Topic topic{.name = wanted.name,
                .id = wanted.id,
                .partitions = wanted.partitions.value_or(kPartitionsDefault),
                .replication_factor = wanted.replication_factor.value_or(1)};
    if (topic.partitions < 1 || topic.partitions > kPartitionsMax) {
        result.outcome = refused(Errc::kInvalidPartitions, "the number of partitions is wrong");
        return result;
    }
    if (topic.replication_factor != 1) {
        result.outcome = refused(Errc::kInvalidReplicationFactor,
                                 fmt::format("replication factor {}: there is 1 broker", topic.replication_factor));
        return result;
    }
    for (const auto& [name, value] : wanted.configs) {
        const auto wrong = check_config(name, value);
        if (!wrong) {
            topic.configs[name] = value;
        } else if (order.bad_configs == BadConfigs::kLeaveOut) {
            result.refused_configs.push_back({name, refused(Errc::kInvalidConfig, *wrong)});
        } else {
            result.outcome = refused(Errc::kInvalidConfig, *wrong);
            return result;
        }
    }
    if (order.execution == Execution::kValidateOnly) return result;
    ++mutations_;
    put_topic(std::move(topic));
    result.topic = topics_.at(wanted.name);
    return result;
}

Outcome FakeBroker::alter_configs(const AlterTopics& order, const TopicAlteration& wanted, Topic& topic,
                                  TopicResult& result) {
    ConfigMap after = topic.configs;
    for (const auto& change : wanted.configs) {
        const auto wrong = change.value ? check_config(change.name, *change.value) : std::nullopt;
        if (wrong) {
            result.refused_configs.push_back({change.name, refused(Errc::kInvalidConfig, *wrong)});
        } else if (change.value) {
            after[change.name] = *change.value;
        } else {
            after.erase(change.name);
        }
    }
    if (!result.refused_configs.empty() && order.bad_configs == BadConfigs::kRefuse) {
        return result.refused_configs.front().outcome;
    }
    topic.configs = std::move(after);
    return {};
}

TopicResult FakeBroker::alter(const AlterTopics& order, const TopicAlteration& wanted) {
    TopicResult result{.name = wanted.name};
    const auto found = topics_.find(wanted.name);
    if (found == topics_.end()) {
        result.outcome = refused(Errc::kUnknownTopicOrPartition, fmt::format("there is no topic '{}'", wanted.name));
    } else if (!wanted.expected_id.value.is_zero() && wanted.expected_id != found->second.id) {
        result.outcome = refused(Errc::kInconsistentTopicId, fmt::format("topic '{}' has another id", wanted.name));
    }
    if (!result.outcome.ok()) {
        result.configs = result.outcome;
        return result;
    }
    Topic topic = found->second;
    result.configs = alter_configs(order, wanted, topic, result);
    if (wanted.partitions && *wanted.partitions < topic.partitions) {
        result.outcome = refused(Errc::kInvalidPartitions, fmt::format("the topic has {} partitions, which cannot become {}",
                                                                       topic.partitions, *wanted.partitions));
    } else {
        topic.partitions = wanted.partitions.value_or(topic.partitions);
    }
    if (order.execution == Execution::kReal && topic != found->second) {
        ++mutations_;
        put_topic(std::move(topic));
    }
    result.topic = found->second;
    return result;
}

TopicResult FakeBroker::remove(const TopicDeletion& wanted) {
    TopicResult result{.name = wanted.name};
    const auto found = std::ranges::find_if(topics_, [&](const auto& row) {
        return wanted.id.value.is_zero() ? row.first == wanted.name : row.second.id == wanted.id;
    });
    if (found == topics_.end()) {
        if (wanted.id.value.is_zero()) {
            result.outcome = refused(Errc::kUnknownTopicOrPartition, fmt::format("there is no topic '{}'", wanted.name));
        }
        return result;
    }
    if (!wanted.name.empty() && wanted.name != found->first) {
        result.outcome = refused(Errc::kInconsistentTopicId, fmt::format("the id is that of topic '{}'", found->first));
        return result;
    }
    result.name = found->first;
    ++mutations_;
    erase_topic(found->first);
    return result;
}

Outcome FakeBroker::alter(const AlterSettings& order, const ConfigChange& change) {
    const auto found = settings.find(change.name);
    if (found == settings.end()) return refused(Errc::kInvalidRequest, fmt::format("{}: no such setting", change.name));
    auto& setting = found->second;
    if (setting.update == SettingUpdate::kStatic) {
        return refused(Errc::kInvalidRequest, fmt::format("{} cannot be changed while the broker runs", change.name));
    }
    if (const auto wrong = change.value ? check_config(change.name, *change.value) : std::nullopt) {
        return refused(Errc::kInvalidConfig, *wrong);
    }
    auto& level = order.broker ? setting.broker_value : setting.cluster_value;
    if (order.execution == Execution::kValidateOnly || level == change.value) return {};
    level = change.value;
    ++mutations_;
    ++state.settings_epoch;
    ++state.metadata_offset;
    if (setting.broker_value) {
        setting.value = setting.broker_value;
        setting.source = SettingSource::kBroker;
    } else if (setting.cluster_value) {
        setting.value = setting.cluster_value;
        setting.source = SettingSource::kClusterWide;
    } else {
        setting.value = setting.static_value ? setting.static_value : setting.default_value;
        setting.source = setting.static_value ? SettingSource::kStatic : SettingSource::kDefault;
    }
    return {};
}

SettingResults FakeBroker::alter(const AlterSettings& order) {
    SettingResults results;
    AlterSettings trial = order;
    trial.execution = Execution::kValidateOnly;
    for (const auto& change : order.changes) results.results.push_back({change.name, alter(trial, change)});
    const bool all_good = std::ranges::all_of(results.results, [](const auto& row) { return row.outcome.ok(); });
    for (std::size_t at = 0; at < order.changes.size(); ++at) {
        auto& outcome = results.results[at].outcome;
        if (!outcome.ok()) continue;
        if (all_good || order.bad_configs == BadConfigs::kLeaveOut) {
            outcome = alter(order, order.changes[at]);
        } else {
            outcome = refused(Errc::kOperationNotAttempted, "another setting of the order was refused");
        }
    }
    results.epoch = state.settings_epoch;
    return results;
}

StopProgress FakeBroker::prepare() {
    state.stop.state = preparing_ == Preparing::kHangs ? StopState::kPreparing : StopState::kPrepared;
    state.stop.partitions_total = describe().partitions;
    state.stop.partitions_left = preparing_ == Preparing::kHangs ? state.stop.partitions_total : 0;
    state.stop.valid_for = kPreparationValid;
    return state.stop;
}

FakeBroker& FakeFactory::at(const std::string& target) {
    auto& broker = brokers_[target];
    if (!broker) broker = std::make_unique<FakeBroker>(loop_);
    return *broker;
}

std::unique_ptr<BrokerApi> FakeFactory::connect(std::string target) {
    const auto found = brokers_.find(target);
    return found == brokers_.end() ? nowhere_.connect() : found->second->connect();
}

}  // namespace moldau::broker_api
