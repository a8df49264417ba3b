// The topics of a round and what each promises.
//
// Place: read by clients (where to send), histories and checks (what must be there).

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"

namespace moldau::power_loss {

enum class Mode { kSynced, kReplicated, kMixed };

struct TopicPlan {
    enum class Promise {
        kSynced,      // what is acknowledged survives power loss
        kReplicated,  // what is acknowledged survives the process's death; power loss takes a suffix at most
    };
    std::string name;
    std::int32_t partitions = 1;
    std::vector<std::pair<std::string, std::string>> configs;
    Promise promise = Promise::kSynced;
    bool is_compacted = false;
    bool expires = false;           // retention may move the log's start
    bool may_be_cut_short = false;  // clients ask for DeleteRecords
    // How much a power loss may take of a `replicated` topic.
    std::optional<std::int64_t> records_lost_max;
    std::optional<Millis> time_lost_max;
};

std::vector<TopicPlan> topic_plans(Mode mode);

}  // namespace moldau::power_loss
