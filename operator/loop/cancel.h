// A wish to stop, seen by everything that waits below: sleeps, signals, requests, watches.
//
// The idea: the owner of work holds a Cancel and outlives the work; what waits registers a callback for the time of its
// wait. One thread, no locks.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace moldau::loop {

// Lifetime: outlives every Registration made from it. Thread: the loop's.
class Cancel {
public:
    // Forgets its callback when it goes out of scope.
    class [[nodiscard]] Registration {
    public:
        Registration() = default;
        Registration(Cancel* owner, std::uint64_t id) : owner_(owner), id_(id) {}
        Registration(Registration&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), id_(other.id_) {}
        Registration& operator=(Registration&& other) noexcept {
            std::swap(owner_, other.owner_);
            std::swap(id_, other.id_);
            return *this;
        }
        ~Registration() {
            if (owner_ != nullptr) owner_->callbacks_.erase(id_);
        }

    private:
        Cancel* owner_ = nullptr;
        std::uint64_t id_ = 0;
    };

    Cancel() = default;
    Cancel(const Cancel&) = delete;
    Cancel& operator=(const Cancel&) = delete;

    bool requested() const { return requested_; }

    // Runs every registered callback once, in the order of registration. Idempotent.
    void request() {
        requested_ = true;
        while (!callbacks_.empty()) {
            auto callback = std::move(callbacks_.extract(callbacks_.begin()).mapped());
            callback();
        }
    }

    // Calls `callback` when the stop is requested. Ask `requested()` first: one registered later than that never runs.
    Registration on_request(std::move_only_function<void()> callback) {
        callbacks_.emplace(++last_id_, std::move(callback));
        return {this, last_id_};
    }

private:
    bool requested_ = false;
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, std::move_only_function<void()>> callbacks_;
};

}  // namespace moldau::loop
