// A coroutine that computes a T: it starts when awaited (or spawned) and resumes its awaiter when it ends.
//
// The problem: server code waits for disks, peers and timers, but must read as a straight line. The idea: the smallest lazy
// task with symmetric transfer; what it waits for are plain completions (base/task.h: Completion, io/executor.h), so nothing
// here knows about Asio, and the simulator can hold every completion. Exceptions do not exist in tasks: one that escapes
// ends the process. Place: used by `io`, shells, `server`, `app`; thinking parts have no coroutines.

#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

#include "base/check.h"

namespace moldau {

template <class T = void>
class Task;

namespace detail {

struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
        return handle.promise().continuation ? handle.promise().continuation : std::noop_coroutine();
    }
    void await_resume() noexcept {}
};

struct TaskPromiseBase {
    std::coroutine_handle<> continuation;
    std::suspend_always initial_suspend() noexcept { return {}; }
    FinalAwaiter final_suspend() noexcept { return {}; }
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
};

template <class T>
struct TaskPromise : TaskPromiseBase {
    std::optional<T> value;
    Task<T> get_return_object();
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() { return *std::move(value); }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
    Task<void> get_return_object();
    void return_void() {}
    void take() {}
};

}  // namespace detail

// Lifetime: owns its coroutine; destroying a Task that is suspended destroys it where it stands. Concurrency: resumed by
// whatever completes it, on that thread. Await it once.
template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = detail::TaskPromise<T>;
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        handle_.promise().continuation = awaiter;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

private:
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() {
    return Task<T>{std::coroutine_handle<TaskPromise<T>>::from_promise(*this)};
}
inline Task<void> TaskPromise<void>::get_return_object() {
    return Task<void>{std::coroutine_handle<TaskPromise<void>>::from_promise(*this)};
}

// Starts at once, frees itself at its end.
struct Detached {
    struct promise_type {
        Detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
};

}  // namespace detail

// Runs `task` here and now until it first waits; `done` is called with its result where it ends. The caller sees to it that
// whatever the task uses outlives it: a TaskGroup (base/task_group.h) does.
template <class T, class Done>
detail::Detached spawn(Task<T> task, Done done) {
    if constexpr (std::is_void_v<T>) {
        co_await std::move(task);
        done();
    } else {
        done(co_await std::move(task));
    }
}

// The bridge from completion callbacks: `T value = co_await completion<T>([&](auto done) { file.read(..., std::move(done));
// });` `done` must be called exactly once, at once or later, on the thread where the coroutine shall go on.
template <class T, class Start>
class Completion {
public:
    explicit Completion(Start start) : start_(std::move(start)) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiter) {
        awaiter_ = awaiter;
        start_([this](T value) {
            value_.emplace(std::move(value));
            if (started_) {
                awaiter_.resume();
            }
        });
        if (value_) return false;  // completed at once: go on without suspending
        started_ = true;
        return true;
    }
    T await_resume() { return *std::move(value_); }

private:
    Start start_;
    std::optional<T> value_;
    std::coroutine_handle<> awaiter_;
    bool started_ = false;
};

template <class T, class Start>
Completion<T, Start> completion(Start start) {
    return Completion<T, Start>{std::move(start)};
}

}  // namespace moldau
