// Comparing settings, and telling orders apart.

#pragma once

#include <string>
#include <string_view>

#include "operator/broker_api/broker_api.h"

namespace moldau::decide {

// Do two texts stand for one value of a setting? Numbers by their value, lists without regard to spaces, truth values in any
// case; a broker may keep another spelling than the resource has, and that is no difference.
bool same_config_value(std::string_view one, std::string_view other);

std::string setting_key(std::string_view name);  // in Refusals
std::string change_fingerprint(const broker_api::ConfigChange& change);
std::string topic_fingerprint(const broker_api::NewTopic& order);
std::string topic_fingerprint(const broker_api::TopicAlteration& order);
std::string topic_fingerprint(const broker_api::TopicDeletion& order);

}  // namespace moldau::decide
