// What a consumer tells its group's leader, as far as the coordinator must know: the topics that it subscribes to.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/buffer.h"

namespace moldau::group {

inline constexpr std::string_view kConsumerProtocolType = "consumer";

// From the metadata of a JoinGroup protocol of type "consumer". Every version of it begins as version 0 does, so newer ones
// are read, too. Nullopt when it does not follow that grammar: other clients may put there what they like.
std::optional<std::vector<std::string>> subscribed_topics(const bytes::View& metadata);

}  // namespace moldau::group
