// Ctrl-C as something to ask for.

#include "cli/frame/interrupt.h"

#include <pthread.h>

#include <ctime>

namespace moldau::cli {

Interrupt::Interrupt() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupt::~Interrupt() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool Interrupt::came() const {
    const timespec none{};
    return sigtimedwait(&signals_, nullptr, &none) > 0;
}

}  // namespace moldau::cli
