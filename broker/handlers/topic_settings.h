// A topic's settings in the forms that the log and validation want, resolved from overrides, broker settings and defaults.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "log/log_config.h"
#include "metadata/image.h"
#include "settings/values.h"
#include "wire/produce_validation.h"

namespace moldau::handlers {

struct TopicSettings {
    log::LogConfig log;
    wire::ValidationOptions validation;  // `now`, origin and version are filled in per request
    std::int32_t min_insync_replicas = 1;
    Millis file_delete_delay{60'000};
};

// Those that this version has and allows, in canonical form. Others may have been stored by another version: they count for
// nothing, and the partition table logs them.
metadata::ConfigMap usable_overrides(const metadata::ConfigMap& stored);

TopicSettings resolve_topic_settings(std::string_view topic, const metadata::ConfigMap& overrides,
                                     const settings::Values& broker);

// The durability that counts and where it comes from: an explicit flush.messages or flush.ms at the same or a more specific
// level than moldau.durability overrides it.
settings::Effective effective_durability(const metadata::ConfigMap& overrides, const settings::Values& broker);

// What CreateTopics shall give a topic of Kafka's own besides the caller's overrides (`__consumer_offsets`: compacted, ...).
metadata::ConfigMap internal_topic_configs(std::string_view topic, const settings::Values& broker);

}  // namespace moldau::handlers
