// The shapes of the operator API's answers, made from the broker's own: topics, outcomes, reasons; and what a caller
// believes, checked.

#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/uuid.h"
#include "handlers/shard.h"
#include "metadata/image.h"
#include "proto/operator_api.pb.h"

namespace moldau::operator_api {

namespace pb = v1;

// Items in one order, at most.
inline constexpr int kBatchMax = 1000;

std::string bytes_of(const Uuid& id);
// No bytes: the zero id. Errors: kInvalidRequest unless there are 16.
Result<Uuid> uuid_of(const std::string& bytes);

// Kafka's stand-in for internal errors. Without a message it gets the error's own text.
pb::Outcome outcome_of(const Error& error);
pb::Outcome outcome_of(std::int16_t kafka_code, std::string_view message);

using Reasons = google::protobuf::RepeatedPtrField<pb::Reason>;
struct ReasonText {
    std::string_view code;
    std::string message;
};
void add_reason(Reasons& to, pb::Severity severity, ReasonText text);

// Without what is offline.
void fill_topic(pb::Topic& to, const metadata::Topic& topic);
// The same for several topics of one image, with how many partitions each core cannot serve. On the home core.
struct TopicToDescribe {
    const metadata::Topic* topic;
    pb::Topic* to;
};
Task<void> describe(handlers::Shard& home, metadata::ImageRef image, std::vector<TopicToDescribe> topics);
// Partitions that this broker has and cannot serve.
Task<std::int64_t> count_offline(handlers::Shard& home);

// Errors: kInconsistentClusterId, kStaleControllerEpoch.
Result<void> check_expected(const pb::Expected& expected, const metadata::Image& image);
// Errors: kInvalidRequest.
Result<void> check_batch(int items);

}  // namespace moldau::operator_api
