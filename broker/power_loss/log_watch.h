// Hears what the broker logs as errors while it lives.
//
// An error means that a person must act: after a power loss that is legitimate in the stated cases only, after anything else
// never. Place: one at a time, around a process's life; the log sink is the process-wide one of base/logger.h.

#pragma once

#include <string>
#include <vector>

namespace moldau::power_loss {

// Lifetime: takes the sink when made and leaves it silent. Thread: the only one.
class LogWatch {
public:
    LogWatch();
    ~LogWatch();
    LogWatch(const LogWatch&) = delete;
    LogWatch& operator=(const LogWatch&) = delete;

    // What a dead process says while it is taken apart counts for nothing.
    void stop_listening() { listening_ = false; }
    const std::vector<std::string>& errors() const { return errors_; }

private:
    friend struct Sink;
    bool listening_ = true;
    std::vector<std::string> errors_;
};

}  // namespace moldau::power_loss
