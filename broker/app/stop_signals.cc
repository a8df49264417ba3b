// A thread that waits for signals.

#include "app/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <thread>
#include <utility>

namespace moldau::app {
namespace {

constexpr int kFailed = 1;
constexpr time_t kStartPatienceS = 10;
constexpr pid_t kFirstProcess = 1;

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

void watch(std::promise<int> first, std::shared_ptr<std::atomic<bool>> starting) {
    const auto signals = stop_signals();
    int number = 0;
    sigwait(&signals, &number);
    const bool was_starting = starting->load();
    first.set_value(number);
    if (was_starting) {
        const timespec patience{kStartPatienceS, 0};
        const bool is_second = sigtimedwait(&signals, nullptr, &patience) > 0;
        if (is_second || starting->load()) _exit(kFailed);
    }
    sigwait(&signals, &number);
    _exit(kFailed);
}

}  // namespace

StopSignals::StopSignals() {
    const auto signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    // The first process of a container inherits its orphans; nobody asks how they ended.
    if (getpid() == kFirstProcess) std::signal(SIGCHLD, SIG_IGN);
    std::promise<int> first;
    first_ = first.get_future();
    std::thread(watch, std::move(first), starting_).detach();
}

}  // namespace moldau::app
