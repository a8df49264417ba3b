// Between the structs of broker_api.h and the protobuf messages. What a broker sends is not trusted: an id of a wrong length
// is none, a number out of range is cut to it.

#pragma once

#include <string>
#include <string_view>

#include "operator/broker_api/broker_api.h"
#include "proto/operator_api.pb.h"

namespace moldau::broker_api {

namespace pb = ::moldau::operator_api::v1;

pb::DescribeTopicsRequest to_message(const DescribeTopics& asked);
pb::CreateTopicsRequest to_message(const CreateTopics& order);
pb::AlterTopicsRequest to_message(const AlterTopics& order);
pb::DeleteTopicsRequest to_message(const DeleteTopics& order);
pb::AlterSettingsRequest to_message(const AlterSettings& order);
pb::PrepareToStopRequest to_message(const PrepareToStop& order);

ClusterState from_message(const pb::DescribeClusterResponse& message);
TopicPage from_message(const pb::DescribeTopicsResponse& message);
TopicResults from_message(const pb::TopicResults& message);
Settings from_message(const pb::DescribeSettingsResponse& message);
SettingResults from_message(const pb::AlterSettingsResponse& message);
StopVerdict from_message(const pb::MayStopResponse& message);
StopProgress from_message(const pb::StopProgress& message);
TopicChanges from_message(const pb::TopicChanges& message);

// The code with that name; kUnknownServerError when there is none.
Errc errc_named(std::string_view name);

}  // namespace moldau::broker_api
