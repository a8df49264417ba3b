// Starting, serving and ending on a simulated loop.

#include "power_loss/process.h"

#include <algorithm>

#include "base/check.h"

namespace moldau::power_loss {
namespace {

constexpr auto kPatience = std::chrono::hours{1};

void keep(Task<Result<void>> task, const std::shared_ptr<std::optional<Result<void>>>& outcome) {
    spawn(std::move(task), [outcome](Result<void> result) { outcome->emplace(std::move(result)); });
}

Task<Result<void>> succeed_after(Task<void> task) {
    co_await std::move(task);
    co_return Result<void>{};
}

}  // namespace

Process::Process(sim::Disk& disk, Options options)
    : disk_(disk),
      loop_({.seed = options.seed, .order = sim::Order::kShuffled}),
      random_(options.seed),
      boot_id_(std::move(options.boot_id)),
      node_(std::move(options.values)),
      peer_{1, "PLAINTEXT", "10.0.0.7", {}} {
    for (std::size_t index = 0; index < options.cores; ++index) {
        files_.push_back(std::make_unique<sim::FileSystem>(disk, loop_));
        shares_.push_back(
            std::make_unique<app::CoreShare>(app::CoreShare::Environment{loop_, *files_.back(), random_, index}));
    }
}

Process::~Process() { CHECK(ended_ && asked_ == 0); }

std::optional<Result<void>> Process::start() {
    app::BrokerNode::Environment environment{*files_.front(), random_, {}, boot_id_, {}};
    for (auto& share : shares_) environment.cores.push_back(share.get());
    const auto listen = []() -> Result<std::vector<metadata::Endpoint>> {
        return std::vector<metadata::Endpoint>{{"PLAINTEXT", "localhost", 9092}};
    };
    started_ = std::make_shared<std::optional<Result<void>>>();
    keep(node_.start(std::move(environment), listen), started_);
    run_until([&] { return started_->has_value(); });
    if (has_crashed()) return std::nullopt;
    serving_ = (*started_)->has_value();
    return *started_;
}

bool Process::finish(Wait wait) {
    if (!groups_stopped_) {
        groups_stopped_ = std::make_shared<std::optional<Result<void>>>();
        keep(succeed_after(node_.stop_groups()), groups_stopped_);
    }
    if (!(this->*wait)([&] { return groups_stopped_->has_value(); })) return false;
    aborted_.fire();
    if (!(this->*wait)([&] { return asked_ == 0; })) return false;
    serving_ = false;
    if (!closed_) {
        closed_ = std::make_shared<std::optional<Result<void>>>();
        keep(node_.close(), closed_);
    }
    return (this->*wait)([&] { return closed_->has_value(); });
}

std::optional<Result<void>> Process::stop() {
    stopping_ = true;
    const bool finished = finish(&Process::run_until);
    if (has_crashed() || !finished) return std::nullopt;
    loop_.run_until_idle();
    ended_ = true;
    return *closed_;
}

void Process::take_apart() {
    if (ended_) return;
    ended_ = true;
    listening_ = false;
    watch_.stop_listening();
    disk_.unwind_the_dead();
    run_to_the_end([&] { return !started_ || started_->has_value(); });
    finish(&Process::run_to_the_end);
}

bool Process::run_until(const std::function<bool()>& done) {
    const auto limit = loop_.now().mono + kPatience;
    loop_.run_until_idle();
    while (!done() && !has_crashed() && loop_.advance_to_next_timer()) {
        if (loop_.now().mono > limit) sim::cannot_finish(loop_);
    }
    return done();
}

void Process::pass(Nanos duration) {
    constexpr Nanos kSlice = std::chrono::milliseconds{2};
    for (; duration > Nanos{0} && !has_crashed(); duration -= kSlice) loop_.advance(std::min(duration, kSlice));
}

bool Process::run_to_the_end(const std::function<bool()>& done) {
    const auto limit = loop_.now().mono + kPatience;
    loop_.run_until_idle();
    while (!done()) {
        if (!loop_.advance_to_next_timer() || loop_.now().mono > limit) sim::cannot_finish(loop_);
    }
    return true;
}

// Connections are spread over the cores in turn.
Task<Result<server::Answer>> Process::handle(bytes::View frame) {
    CHECK(serving_);
    auto& share = *shares_[next_core_++ % shares_.size()];
    return share.dispatcher().handle(std::move(frame), peer_, aborted_);
}

bool Process::serves(std::int16_t api_key) const { return shares_.front()->shard().node.table->find(api_key) != nullptr; }

void Process::for_each_partition(const std::function<void(const TopicPartition&, replica::Partition&)>& visit) {
    if (!serving_ || ended_) return;
    for (auto& share : shares_) {
        share->shard().partitions->for_each([&](const auto&, const handlers::LocalPartition& local) {
            if (local.partition) visit(local.name, *local.partition);
        });
    }
}

wal::WriteAheadLog::Counters Process::wal_counters() {
    wal::WriteAheadLog::Counters sum;
    if (!serving_ || ended_) return sum;
    for (auto& share : shares_) {
        for (const auto* wal : share->store().wals()) {
            sum.commits += wal->counters().commits;
            sum.entries += wal->counters().entries;
        }
    }
    return sum;
}

store::CleanerStats Process::cleaner_stats() {
    store::CleanerStats sum;
    if (!serving_ || ended_) return sum;
    for (auto& share : shares_) {
        sum.runs += share->store().cleaner().stats().runs;
        sum.segments_deleted += share->store().cleaner().stats().segments_deleted;
    }
    return sum;
}

}  // namespace moldau::power_loss
