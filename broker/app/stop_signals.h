// SIGINT and SIGTERM: the wish to stop, from the first moment on.
//
// The problem: the first process of a container gets no signal that it did not ask for, its start can take minutes after a
// crash, and an impatient second signal must work whatever the process does. The idea: the signals are blocked for all
// threads and a thread of their own waits for them. The first one asks for a clean stop; while the broker still starts it is
// given some seconds to get there, then the process ends as if it had been killed, which the next start can deal with. A
// second one ends the process at once. Place: made by `main` before anything else.

#pragma once

#include <atomic>
#include <future>
#include <memory>

namespace moldau::app {

// Lifetime: the process'. Thread: the main one. There is one.
class StopSignals {
public:
    StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    // The start is over: from now on a stop takes the time that it takes.
    void started() { starting_->store(false); }
    // Waits for the first signal and returns its number.
    int wait() { return first_.get(); }

private:
    // The thread outlives this object.
    std::shared_ptr<std::atomic<bool>> starting_ = std::make_shared<std::atomic<bool>>(true);
    std::future<int> first_;
};

}  // namespace moldau::app
