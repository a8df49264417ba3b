// Filling answers, and asking every core for what it cannot serve.

#include "operator_api/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace moldau::operator_api {
namespace {

Task<void> count_offline_of(const handlers::Shard& shard, const std::vector<TopicToDescribe>& topics) {
    for (const auto& [topic, to] : topics) {
        for (std::size_t index = 0; index < topic->partitions.size(); ++index) {
            const handlers::PartitionKey key{topic->id, PartitionIndex{static_cast<std::int32_t>(index)}};
            if (!shard.partitions->owns(key) || !topic->partitions[index].directory_on(shard.node.id)) continue;
            if (!shard.partitions->find(key)) to->set_partitions_offline(to->partitions_offline() + 1);
        }
    }
    co_return;
}

Task<std::int64_t> count_offline_on(const handlers::Shard& shard) {
    std::int64_t count = 0;
    shard.partitions->for_each(
        [&](const auto&, const handlers::LocalPartition& local) { count += shard.partitions->is_online(local) ? 0 : 1; });
    co_return count;
}

}  // namespace

std::string bytes_of(const Uuid& id) { return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}; }

Result<Uuid> uuid_of(const std::string& bytes) {
    Uuid id;
    if (bytes.empty()) return id;
    if (bytes.size() != id.bytes.size()) {
        return fail(Errc::kInvalidRequest, fmt::format("an id has 16 bytes, not {}", bytes.size()));
    }
    std::ranges::copy(bytes, id.bytes.begin());
    return id;
}

pb::Outcome outcome_of(const Error& error) { return outcome_of(kafka_code(error.code), error.context); }

pb::Outcome outcome_of(std::int16_t kafka_code, std::string_view message) {
    pb::Outcome outcome;
    outcome.set_code(kafka_code);
    if (kafka_code == 0) return outcome;
    outcome.set_error(std::string(errc_name(Errc{kafka_code})));
    outcome.set_message(std::string(message.empty() ? errc_text(Errc{kafka_code}) : message));
    return outcome;
}

void add_reason(Reasons& to, pb::Severity severity, ReasonText text) {
    auto& reason = *to.Add();
    reason.set_code(std::string(text.code));
    reason.set_message(std::move(text.message));
    reason.set_severity(severity);
}

void fill_topic(pb::Topic& to, const metadata::Topic& topic) {
    to.set_name(topic.name);
    to.set_topic_id(bytes_of(topic.id.value));
    to.set_partitions(static_cast<std::int32_t>(topic.partitions.size()));
    to.set_replication_factor(topic.replication_factor());
    for (const auto& [name, value] : topic.configs) (*to.mutable_configs())[name] = value;
    to.set_internal(topic.internal);
}

Task<void> describe(handlers::Shard& home, metadata::ImageRef image, std::vector<TopicToDescribe> topics) {
    if (topics.empty()) co_return;
    for (const auto& [topic, to] : topics) fill_topic(*to, *topic);
    // One core after the other, so that two never write to the same answer.
    for (auto* shard : home.node.shards) {
        co_await handlers::on_shard(home, *shard, [&] { return count_offline_of(*shard, topics); });
    }
    image.reset();
}

Task<std::int64_t> count_offline(handlers::Shard& home) {
    std::int64_t count = 0;
    for (auto* shard : home.node.shards) {
        count += co_await handlers::on_shard(home, *shard, [&] { return count_offline_on(*shard); });
    }
    co_return count;
}

Result<void> check_expected(const pb::Expected& expected, const metadata::Image& image) {
    if (!expected.cluster_id().empty() && expected.cluster_id() != image.cluster_id()) {
        return fail(Errc::kInconsistentClusterId,
                    fmt::format("this is cluster {}, not {}", image.cluster_id(), expected.cluster_id()));
    }
    if (expected.metadata_epoch() != 0 && expected.metadata_epoch() != image.epoch().value) {
        return fail(Errc::kStaleControllerEpoch,
                    fmt::format("the metadata's epoch is {}, not {}", image.epoch().value, expected.metadata_epoch()));
    }
    return {};
}

Result<void> check_batch(int items) {
    if (items <= kBatchMax) return {};
    return fail(Errc::kInvalidRequest, fmt::format("{} items in one order, at most {}", items, kBatchMax));
}

}  // namespace moldau::operator_api
