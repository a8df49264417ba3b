// CreateTopics, CreatePartitions, DeleteTopics, DeleteRecords, Metadata.

#include "power_loss/topics_client.h"

#include <algorithm>

#include "base/errc.h"
#include "wire/create_partitions.h"
#include "wire/create_topics.h"
#include "wire/delete_records.h"
#include "wire/delete_topics.h"

namespace moldau::power_loss {
namespace {

constexpr std::size_t kTopicsMax = 4;  // short-lived ones at a time
constexpr std::int32_t kPartitionsMax = 4;

wire::CreateTopicsRequest create_request(const TopicPlan& plan) {
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = plan.name;
    topic.num_partitions = plan.partitions;
    topic.replication_factor = 1;
    for (const auto& [name, value] : plan.configs) {
        auto& config = topic.configs.emplace_back();
        config.name = name;
        config.value = value;
    }
    return request;
}

std::optional<wire::MetadataResponse> all_topics(Process& process) {
    wire::MetadataRequest request;
    request.topics = std::nullopt;
    request.allow_auto_topic_creation = false;
    return process.ask_and_wait<wire::MetadataResponse>(request, 12);
}

const wire::MetadataResponse::MetadataResponseTopic* find(const wire::MetadataResponse& response, const std::string& name) {
    const auto found = std::ranges::find_if(response.topics, [&](const auto& topic) { return topic.name == name; });
    return found == response.topics.end() ? nullptr : &*found;
}

}  // namespace

bool TopicsClient::create_planned(Process& process) {
    const auto there = all_topics(process);
    if (!there) return false;
    for (const auto& plan : plans_) {
        if (find(*there, plan.name) != nullptr) {
            planned_[plan.name] = true;
            continue;
        }
        if (planned_[plan.name]) verdict_.violate("topics", plan.name + " was created and is not there");
        const auto response = process.ask_and_wait<wire::CreateTopicsResponse>(create_request(plan), 7);
        if (!response) return false;
        const Errc error{response->topics.at(0).error_code};
        if (error != Errc::kNone) {
            verdict_.violate("refused", "the creation of " + plan.name + " got " + std::string{errc_name(error)} + ' ' +
                                            response->topics.at(0).error_message.value_or(""));
        }
        planned_[plan.name] = true;
        ++verdict_.counts.topics_created;
    }
    return verdict_.holds();
}

void TopicsClient::process_ended() {
    for (auto& [name, topic] : topics_) topic.waits = false;
}

void TopicsClient::step(Process& process) {
    std::vector<std::string> idle;
    for (const auto& [name, topic] : topics_) {
        if (!topic.waits && topic.state == Topic::State::kThere) idle.push_back(name);
    }
    const auto living =
        std::ranges::count_if(topics_, [](const auto& entry) { return entry.second.state != Topic::State::kDeleted; });
    if (idle.empty() || (static_cast<std::size_t>(living) < kTopicsMax && random_.chance(50))) {
        if (static_cast<std::size_t>(living) < kTopicsMax) create(process, "brief-" + std::to_string(++last_number_));
        return;
    }
    const auto& name = idle[random_.below(idle.size())];
    if (random_.chance(40)) return grow(process, name);
    remove(process, name);
}

void TopicsClient::create(Process& process, const std::string& name) {
    auto& topic = topics_[name];
    topic.waits = true;
    process.ask<wire::CreateTopicsResponse>(create_request({.name = name}), 7,
                                            [this, &topic](const wire::CreateTopicsResponse& response) {
                                                topic.waits = false;
                                                if (response.topics.at(0).error_code != 0) return;
                                                topic.state = Topic::State::kThere;
                                                topic.id = response.topics.at(0).topic_id;
                                                ++verdict_.counts.topics_created;
                                            });
}

void TopicsClient::grow(Process& process, const std::string& name) {
    auto& topic = topics_.at(name);
    if (topic.partitions_asked >= kPartitionsMax) return;
    const std::int32_t count = ++topic.partitions_asked;
    topic.waits = true;
    wire::CreatePartitionsRequest request;
    auto& row = request.topics.emplace_back();
    row.name = name;
    row.count = count;
    row.assignments = std::nullopt;
    process.ask<wire::CreatePartitionsResponse>(request, 3, [&topic, count](const wire::CreatePartitionsResponse& response) {
        topic.waits = false;
        if (response.results.at(0).error_code == 0) topic.partitions = count;
    });
}

void TopicsClient::remove(Process& process, const std::string& name) {
    auto& topic = topics_.at(name);
    topic.waits = true;
    topic.state = Topic::State::kDeleting;
    wire::DeleteTopicsRequest request;
    request.topic_names = {name};
    request.timeout_ms = 30'000;
    process.ask<wire::DeleteTopicsResponse>(request, 5, [this, &topic](const wire::DeleteTopicsResponse& response) {
        topic.waits = false;
        if (response.responses.at(0).error_code != 0) return;
        topic.state = Topic::State::kDeleted;
        ++verdict_.counts.topics_deleted;
    });
}

void TopicsClient::delete_records(Process& process, History& history) {
    if (!process.serves(wire::DeleteRecordsRequest::kApiKey) || history.seen_end <= history.start_asked) return;
    const std::int64_t room = history.seen_end - history.start_asked;
    const Offset offset =
        history.start_asked + static_cast<std::int64_t>(random_.between(1, static_cast<std::uint64_t>(room)));
    history.start_asked = offset;
    wire::DeleteRecordsRequest request;
    request.timeout_ms = 30'000;
    auto& topic = request.topics.emplace_back();
    topic.name = history.plan().name;
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = history.index().value;
    partition.offset = offset.value;
    process.ask<wire::DeleteRecordsResponse>(
        request, 2, [this, &history, &process, offset](const wire::DeleteRecordsResponse& response) {
            const auto& answer = response.topics.at(0).partitions.at(0);
            const Errc error{answer.error_code};
            if (error == Errc::kNone) {
                ++verdict_.counts.deletions;
                history.start_deleted = std::max(history.start_deleted, offset);
            } else if (!process.is_stopping() && !process.has_crashed()) {
                verdict_.violate("refused", history.name() + ": deleting records got " + std::string{errc_name(error)});
            }
        });
}

bool TopicsClient::check(Process& process) {
    const auto there = all_topics(process);
    if (!there) return false;
    for (const auto& topic : there->topics) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code == 0) continue;
            verdict_.violate("topics", topic.name.value_or("") + " has a partition with " +
                                           std::string{errc_name(Errc{partition.error_code})});
        }
    }
    for (const auto& topic : there->topics) {
        const auto name = topic.name.value_or("");
        if (topic.is_internal || planned_.contains(name) || topics_.contains(name)) continue;
        verdict_.violate("topics", name + " is there, and was not asked for or had gone");
    }
    for (auto& [name, topic] : topics_) check_topic(name, topic, find(*there, name));
    std::erase_if(topics_, [&](const auto& entry) {
        return entry.second.state == Topic::State::kAsked && find(*there, entry.first) == nullptr;
    });
    return true;
}

void TopicsClient::check_topic(const std::string& name, Topic& topic,
                               const wire::MetadataResponse::MetadataResponseTopic* found) {
    using State = Topic::State;
    if (found == nullptr) {
        if (topic.state == State::kThere) verdict_.violate("topics", name + " was created and is not there");
        if (topic.state == State::kDeleting) topic.state = State::kDeleted;
        return;
    }
    if (topic.state == State::kDeleted) verdict_.violate("topics", name + " was deleted and is there");
    if (topic.state != State::kAsked && topic.id != found->topic_id) verdict_.violate("topics", name + " has a new id");
    const auto count = static_cast<std::int32_t>(found->partitions.size());
    if (count < topic.partitions || count > topic.partitions_asked) {
        verdict_.violate(
            "topics", name + " has " + std::to_string(count) + " partitions, answered " + std::to_string(topic.partitions));
    }
    topic.id = found->topic_id;
    topic.state = State::kThere;
    topic.partitions = topic.partitions_asked = count;
}

}  // namespace moldau::power_loss
