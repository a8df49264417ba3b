// All informers of the process: one per kind, started, waited for and stopped together.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/task_group.h"
#include "operator/informer/informer.h"
#include "operator/loop/cancel.h"

namespace moldau::informer {

// Lifetime: stop() must have resolved before it goes, if it was started. Thread: the loop's.
class SharedInformers {
public:
    SharedInformers(kube::Client& client, metrics::Registry& metrics) : client_(client), metrics_(metrics) {}
    SharedInformers(const SharedInformers&) = delete;
    SharedInformers& operator=(const SharedInformers&) = delete;

    // One more kind; started at once when the others run already. The reference stays valid.
    Informer& add(InformerOptions options);
    // Starts them in the order of adding.
    void start();
    // Resolves when each is synced or, if optional, known to be unavailable. Errors: kTimedOut, with the names of those that
    // are not and why; kCancelled.
    Task<Result<void>> wait_synced(MonoTime deadline, loop::Cancel& cancel);
    // Resolves when all have ended; the newest is told first.
    Task<void> stop();

    bool are_settled() const;

private:
    struct Running {
        explicit Running(std::unique_ptr<Informer> one) : informer(std::move(one)) {}
        std::unique_ptr<Informer> informer;
        loop::Cancel cancel;
    };
    std::string unsettled() const;

    kube::Client& client_;
    metrics::Registry& metrics_;
    std::vector<std::unique_ptr<Running>> informers_;
    TaskGroup tasks_;
    bool is_started_ = false;
};

}  // namespace moldau::informer
