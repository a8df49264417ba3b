// What this module's tests share: a broker that serves the APIs of `handlers` and of this module.
//
// Settings are changed and read as clients do it, in one line each; `DenyAll` takes the place of the authorizer to see that
// every handler asks.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "administration/administration_handlers.h"
#include "handlers/broker_testing.h"
#include "wire/describe_configs.h"
#include "wire/incremental_alter_configs.h"
#include "wire/produce.h"

namespace moldau::administration::testing {

using handlers::testing::batch_of;
using handlers::testing::TestBroker;

inline constexpr std::int8_t kTopicKind = 2;
inline constexpr std::int8_t kBrokerKind = 4;

// Nobody may do anything.
class DenyAll : public security::Authorizer {
public:
    security::Decision authorize(const security::Principal&, security::Operation, const security::Resource&) const override {
        return security::Decision::kDenied;
    }
};

struct Answer {
    Errc code = Errc::kNone;
    std::string message = {};
};

struct Alteration {
    std::string name;
    std::int8_t operation = 0;  // SET, DELETE, APPEND, SUBTRACT
    std::optional<std::string> value = {};
};

// Lifetime: ends before its disk does.
class AdministrationBroker : public TestBroker {
public:
    explicit AdministrationBroker(sim::Disk& disk, settings::Values values = {})
        : TestBroker(disk, std::move(values),
                     {.made = [](TestBroker& made) { made.table.add(administration_handlers()); }}) {}

    Answer alter(std::int8_t kind, const std::string& name, const std::vector<Alteration>& alterations,
                 bool validate_only = false) {
        wire::IncrementalAlterConfigsRequest request;
        request.validate_only = validate_only;
        auto& resource = request.resources.emplace_back();
        resource.resource_type = kind;
        resource.resource_name = name;
        for (const auto& alteration : alterations) {
            auto& config = resource.configs.emplace_back();
            config.name = alteration.name;
            config.config_operation = alteration.operation;
            config.value = alteration.value;
        }
        const auto answer = ask<wire::IncrementalAlterConfigsResponse>(request, 1).responses.at(0);
        return {Errc{answer.error_code}, answer.error_message.value_or("")};
    }
    Answer set(std::int8_t kind, const std::string& resource, const std::string& name, const std::string& value) {
        return alter(kind, resource, {{name, 0, value}});
    }
    Answer remove(std::int8_t kind, const std::string& resource, const std::string& name) {
        return alter(kind, resource, {{name, 1, std::nullopt}});
    }
    wire::DescribeConfigsResponse::DescribeConfigsResult describe(std::int8_t kind, const std::string& resource,
                                                                  std::vector<std::string> names = {}) {
        wire::DescribeConfigsRequest request;
        request.include_synonyms = true;
        auto& asked = request.resources.emplace_back();
        asked.resource_type = kind;
        asked.resource_name = resource;
        if (!names.empty()) asked.configuration_keys = std::move(names);
        return ask<wire::DescribeConfigsResponse>(request, 4).results.at(0);
    }
    static wire::ProduceRequest produce_request(const std::string& topic, const std::vector<std::string>& values,
                                                wire::BatchOptions options = {}) {
        wire::ProduceRequest request;
        request.acks = -1;
        request.timeout_ms = 30'000;
        auto& data = request.topic_data.emplace_back();
        data.name = topic;
        data.partition_data.emplace_back().records = bytes::ChunkList{batch_of(values, options)};
        return request;
    }
    Errc produce(const std::string& topic, const std::vector<std::string>& values, wire::BatchOptions options = {}) {
        const auto response = ask<wire::ProduceResponse>(produce_request(topic, values, options), 9);
        return Errc{response.responses.at(0).partition_responses.at(0).error_code};
    }
    const handlers::LocalPartition& local(TopicId topic, std::int32_t index = 0) {
        auto found = shard->partitions->find({topic, PartitionIndex{index}});
        CHECK(found.has_value());
        return **found;
    }
};

}  // namespace moldau::administration::testing
