// Submitted disk operations on their way: what each does to the disk, and whom it tells.
//
// The effect and the completion are apart, because a dying process's operation may still happen with nobody left to tell.
// Place: between `FileSystem`, which makes them, and `Disk`, which carries them out.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.h"
#include "io/executor.h"
#include "sim/disk.h"

namespace moldau::sim {

class Job {
public:
    explicit Job(Operation operation) : operation_(std::move(operation)) {}
    virtual ~Job() = default;
    Operation& operation() { return operation_; }

    // Does it to the disk; says whether it succeeded.
    virtual bool carry_out(std::optional<Fault> fault) = 0;
    // Tells the result of carry_out().
    virtual void complete() = 0;
    virtual void fail(Error error) = 0;

private:
    Operation operation_;
};

template <class T>
class JobOf final : public Job {
public:
    using Effect = std::move_only_function<Result<T>(const Operation&, std::optional<Fault>)>;
    JobOf(Operation operation, Effect effect, io::Done<T> done)
        : Job(std::move(operation)), effect_(std::move(effect)), done_(std::move(done)) {}

    bool carry_out(std::optional<Fault> fault) override {
        result_.emplace(effect_(operation(), fault));
        return result_->has_value();
    }
    void complete() override { done_(*std::move(result_)); }
    void fail(Error error) override { done_(moldau::fail(std::move(error))); }

private:
    Effect effect_;
    io::Done<T> done_;
    std::optional<Result<T>> result_;
};

// Operations that are carried out one after the other: a file's, or a single one.
class JobQueue {
public:
    JobQueue(io::Executor& loop, std::uint64_t of_process) : executor(loop), process(of_process) {}

    io::Executor& executor;
    const std::uint64_t process;
    std::deque<std::unique_ptr<Job>> jobs;
};

}  // namespace moldau::sim
