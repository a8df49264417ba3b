// Ctrl-C as something to ask for, so that a reader commits and leaves its group before the process ends.

#pragma once

#include <csignal>

namespace moldau::cli {

// Holds SIGINT and SIGTERM back in this thread and those started later; make it before librdkafka starts its own.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    // Has one come since it was asked last? Does not wait.
    bool came() const;

private:
    sigset_t signals_{};
    sigset_t before_{};
};

}  // namespace moldau::cli
