// Tells waits that nobody wants their answer any more: the connection closed, or the broker stops.
//
// One thread. Fires once; a callback registered after that runs at once.

#pragma once

#include <functional>
#include <list>
#include <optional>
#include <utility>

namespace moldau::server {

class AbortSignal {
public:
    using Callbacks = std::list<std::move_only_function<void()>>;
    // Nullopt when it has fired already and `callback` has run.
    std::optional<Callbacks::iterator> subscribe(std::move_only_function<void()> callback) {
        if (fired_) {
            callback();
            return std::nullopt;
        }
        return callbacks_.insert(callbacks_.end(), std::move(callback));
    }
    // Only before it fires.
    void unsubscribe(Callbacks::iterator subscription) {
        if (!fired_) callbacks_.erase(subscription);
    }
    void fire() {
        if (std::exchange(fired_, true)) return;
        for (auto& callback : std::exchange(callbacks_, {})) callback();
    }
    bool fired() const { return fired_; }

private:
    Callbacks callbacks_;
    bool fired_ = false;
};

}  // namespace moldau::server
