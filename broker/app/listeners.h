// `listeners` and `advertised.listeners`: where to listen, and what clients are told.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "io/socket.h"
#include "settings/values.h"

namespace moldau::app {

struct ListenerPlan {
    std::string name;
    io::Address listen;
    io::Address advertised;  // port 0: that of the listener, known once it listens
};

// Every fault at once, one a line: bad forms, names twice, protocols that this version lacks, advertised names without a
// listener, 0.0.0.0 advertised by request. A listener on every interface that has no advertised address gets `host_name`.
std::expected<std::vector<ListenerPlan>, settings::Faults> plan_listeners(const settings::Values& values,
                                                                          const std::string& host_name);

}  // namespace moldau::app
