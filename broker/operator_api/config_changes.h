// Changes of one resource's configuration, with the choice to leave out what is refused.
//
// The work is AlterConfigs' own (broker/administration); this tells the bad values of a change apart, so that one of them
// need not hold up the others.

#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "metadata/image.h"
#include "metadata/requests.h"
#include "operator_api/answers.h"
#include "operator_api/call.h"

namespace moldau::operator_api {

using Changes = google::protobuf::RepeatedPtrField<pb::ConfigChange>;

struct ConfigOrder {
    metadata::ConfigResource resource;
    const Changes& changes;
    pb::BadConfigs bad_configs = pb::BAD_CONFIGS_REFUSE;
    metadata::Execution execution = metadata::Execution::kReal;
};
struct ConfigsDone {
    pb::Outcome whole;                                              // of what was not refused by itself
    std::vector<std::pair<std::string, pb::Outcome>> refused = {};  // values that are bad whatever the others are
};

// On the home core. Nothing has changed when `whole` has an error.
Task<ConfigsDone> change_configs(handlers::Shard& home, Call& call, ConfigOrder order);

}  // namespace moldau::operator_api
