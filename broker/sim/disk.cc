// The course of operations: their order, time, count, faults, and their end in a crash.

#include "sim/disk.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "sim/jobs.h"

namespace moldau::sim {

namespace {

constexpr std::size_t kLogMax = 10'000;

constexpr std::array<std::string_view, kOpKinds> kOpNames = {"open",
                                                             "read",
                                                             "write",
                                                             "sync",
                                                             "truncate",
                                                             "allocate",
                                                             "list",
                                                             "make directory",
                                                             "remove",
                                                             "remove directory",
                                                             "rename",
                                                             "sync directory",
                                                             "stat file system",
                                                             "lock"};

Error death_of(const Operation& operation) {
    return {Errc::kIo, std::string{op_name(operation.kind)} + ' ' + operation.path + ": the process is dead"};
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

std::string_view op_name(OpKind kind) { return kOpNames[static_cast<std::size_t>(kind)]; }

std::string Operation::to_string() const {
    std::string text = std::to_string(number) + ' ' + std::string{op_name(kind)} + ' ' + path;
    if (kind == OpKind::kWrite || kind == OpKind::kRead) {
        text += " at " + std::to_string(position) + ", " + std::to_string(bytes) + " bytes";
    } else if (kind == OpKind::kTruncate || kind == OpKind::kAllocate) {
        text += " to " + std::to_string(position);
    }
    return failed ? text + ": failed" : text;
}

Disk::Disk(DiskOptions options) : options_(options), random_(options.seed) {}
Disk::~Disk() = default;

Nanos Disk::latency(OpKind kind) {
    const LatencyRange& range = kind == OpKind::kRead    ? options_.read_latency
                                : kind == OpKind::kWrite ? options_.write_latency
                                : kind == OpKind::kSync  ? options_.sync_latency
                                                         : options_.other_latency;
    if (range.max <= range.min) return range.min;
    return range.min + Nanos{random_.below(static_cast<std::uint64_t>((range.max - range.min).count()) + 1)};
}

void Disk::enqueue(const std::shared_ptr<JobQueue>& queue, std::unique_ptr<Job> job) {
    if (queue->process < unwound_before_) {
        queue->executor.post([job = std::move(job)] { job->fail(death_of(job->operation())); });
        return;
    }
    if (queue->process != process_) {
        held_.push_back(std::move(job));
        return;
    }
    queue->jobs.push_back(std::move(job));
    if (queue->jobs.size() > 1) return;
    busy_.push_back(queue);
    arm(queue);
}

void Disk::arm(const std::shared_ptr<JobQueue>& queue) {
    const auto when = queue->executor.now().mono + latency(queue->jobs.front()->operation().kind);
    queue->executor.schedule(when, [this, queue] { carry_out_front(queue); });
}

void Disk::carry_out_front(const std::shared_ptr<JobQueue>& queue) {
    if (crashed_ || queue->process != process_) return;
    const auto job = std::move(queue->jobs.front());
    queue->jobs.pop_front();
    Operation& operation = job->operation();
    operation.number = ++operations_;
    operation.failed = !job->carry_out(next_fault(operation));
    record(operation);
    if (operations_ == crash_after_) crashed_ = true;
    if (queue->jobs.empty()) {
        busy_.remove(queue);
    } else {
        arm(queue);
    }
    job->complete();
}

void Disk::record(const Operation& operation) {
    log_.push_back(operation);
    if (log_.size() > kLogMax) log_.pop_front();
}

std::optional<Fault> Disk::next_fault(const Operation& operation) {
    std::optional<Fault> fault;
    if (const auto found = faults_.find(operation.number); found != faults_.end()) fault = found->second;
    for (auto& planned : planned_) {
        if (planned.kind != operation.kind || operation.path.find(planned.path_part) == std::string::npos) continue;
        // One that has happened counts on below zero and never matches again.
        if (planned.every || planned.left-- == 1) fault = planned.fault;
    }
    return fault;
}

void Disk::fail_nth(OpKind kind, std::uint64_t nth, Fault fault, std::string path_part) {
    CHECK(nth > 0);
    planned_.push_back({.kind = kind,
                        .every = false,
                        .left = static_cast<std::int64_t>(nth),
                        .fault = fault,
                        .path_part = std::move(path_part)});
}

void Disk::fail_all(OpKind kind, Fault fault) {
    planned_.push_back({.kind = kind, .every = true, .left = 0, .fault = fault, .path_part = {}});
}

void Disk::heal() {
    faults_.clear();
    planned_.clear();
}

void Disk::process_dies() { end_process(InFlight::kMayHappen); }

void Disk::power_fails(Loss loss) {
    end_process(loss == Loss::kAll ? InFlight::kDoesNotHappen : InFlight::kMayHappen);
    tree_.power_fails(loss, random_);
}

void Disk::end_process(InFlight in_flight) {
    for (const auto& queue : std::exchange(busy_, {})) {
        if (in_flight == InFlight::kMayHappen) happen_in_part(*queue);
        for (auto& job : queue->jobs) held_.push_back(std::move(job));
        queue->jobs.clear();
    }
    locks_.clear();
    ++process_;
    crashed_ = false;
    crash_after_ = 0;
}

// A prefix of what was submitted; a write at its end may be cut short.
void Disk::happen_in_part(JobQueue& queue) {
    const std::uint64_t whole = random_.between(0, queue.jobs.size());
    for (std::size_t index = 0; index < whole; ++index) queue.jobs[index]->carry_out(std::nullopt);
    if (whole == queue.jobs.size() || queue.jobs[whole]->operation().kind != OpKind::kWrite) return;
    queue.jobs[whole]->carry_out(Fault::kShortIo);
}

void Disk::unwind_the_dead() {
    unwound_before_ = process_;
    for (const auto& job : std::exchange(held_, {})) job->fail(death_of(job->operation()));
}

void Disk::flip_bit(const std::string& path, std::uint64_t position, unsigned bit) {
    const auto node = tree_.find(path);
    CHECK(node != nullptr && !node->is_dir);
    node->content.flip_bit(position, bit);
}

std::string Disk::content(const std::string& path) const {
    const auto node = tree_.find(path);
    CHECK(node != nullptr && !node->is_dir);
    const auto span = node->content.span();
    return {span.begin(), span.end()};
}

std::vector<std::string> Disk::names(const std::string& path) const {
    std::vector<std::string> names;
    const auto entries = tree_.list(path);
    if (!entries) return names;
    for (const auto& entry : *entries) names.push_back(entry.name);
    return names;
}

void Disk::put(const std::string& path, std::string_view content) {
    CHECK(tree_.make_dirs(folder_of(path)));
    const auto node = tree_.open(path, io::OpenMode::kCreate);
    CHECK(node);
    (*node)->content.resize(0);
    (*node)->content.write(0, {reinterpret_cast<const std::uint8_t*>(content.data()), content.size()});
    (*node)->content.sync();
    for (std::string folder = folder_of(path);; folder = folder_of(folder)) {
        CHECK(tree_.sync_dir(folder));
        if (folder.empty()) return;
    }
}

}  // namespace moldau::sim
