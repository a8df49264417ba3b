// A simulated consumer that follows one partition: what it has been given must stay.

#pragma once

#include "power_loss/history.h"
#include "power_loss/process.h"

namespace moldau::power_loss {

// Lifetime: a round's. One fetch at a time.
class Consumer {
public:
    Consumer(History& history, Verdict& verdict) : history_(history), verdict_(verdict) {}

    void step(Process& process);
    void process_ended() { waits_ = false; }

private:
    History& history_;
    Verdict& verdict_;
    Offset position_{0};
    bool waits_ = false;
};

}  // namespace moldau::power_loss
