// Topics that are made because somebody asked for them.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace moldau::handlers {

class Shard;

// Makes those that do not exist, Kafka's own with their own partitions and settings. When it resolves, their logs are open
// on all cores. Returns why each failed that did.
Task<std::map<std::string, Error>> ensure_topics(Shard& home, std::vector<std::string> names);

}  // namespace moldau::handlers
