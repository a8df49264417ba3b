// Short words for tests that talk to the fake API server.

#pragma once

#include <optional>
#include <utility>

#include "base/check.h"
#include "base/task.h"
#include "operator/loop/manual_loop.h"

namespace moldau::kube_fake {

// Runs `task` to its end, moving the loop's time as needed, at most by `most`; a CHECK when it takes longer.
template <class T>
T run_task(loop::ManualLoop& loop, Task<T> task, Millis most = std::chrono::hours{1}) {
    std::optional<T> result;
    spawn(std::move(task), [&](T value) { result.emplace(std::move(value)); });
    CHECK(loop.run_until([&] { return result.has_value(); }, most));
    return *std::move(result);
}

inline void run_task(loop::ManualLoop& loop, Task<void> task, Millis most = std::chrono::hours{1}) {
    bool ended = false;
    spawn(std::move(task), [&] { ended = true; });
    CHECK(loop.run_until([&] { return ended; }, most));
}

}  // namespace moldau::kube_fake
