// Who we are at the API server at this moment: files read again, plugins run again, as time passes or on a 401.
//
// The problem: tokens rotate every hour, authorities and certificates now and then, and all of it by files that change under
// us. The idea: what was read is good for a minute; a 401 ends that at once. Files that cannot be read for a while leave the
// last good state in place. Place: between configuration (connection_spec.h) and AuthorizedTransport.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "operator/kube/connection_spec.h"
#include "operator/kube/endpoint.h"
#include "operator/kube/exec_credential.h"
#include "operator/loop/loop.h"

namespace moldau::kube {

struct Connection {
    Endpoint endpoint;
    std::string token;  // empty: none
    bool operator==(const Connection&) const = default;
};

// Lifetime: outlives its calls. Thread: the loop's.
class ConnectionSource {
public:
    ConnectionSource(loop::Loop& loop, ConnectionSpec spec) : loop_(loop), spec_(std::move(spec)) {}

    // At once while what is known is fresh. Calls that come while a plugin runs wait for the same run.
    // Errors: kUsage with the file or the program at fault, when there is no last good state.
    Task<Result<Connection>> current();
    // What is known is no good (a 401): the next `current` reads anew, unless it was read within the last second.
    void expire();

    const ConnectionSpec& spec() const { return spec_; }

private:
    bool is_fresh() const;
    Task<Result<Connection>> load();
    Result<Connection> load_files() const;
    Task<Result<void>> add_exec(Connection& connection);
    void finish(Result<Connection> loaded);

    loop::Loop& loop_;
    ConnectionSpec spec_;
    std::optional<Connection> known_;
    MonoTime loaded_at_;
    bool expired_ = false;
    bool loading_ = false;
    std::optional<ExecCredential> credential_;
    std::vector<std::move_only_function<void(Result<Connection>)>> waiting_;
};

}  // namespace moldau::kube
