// What an outcome means for its key.

#include "operator/controller/steps.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "base/logger.h"

namespace moldau::controller {
namespace {

using metrics::Metric;

double seconds(Nanos duration) { return std::chrono::duration<double>(duration).count(); }

std::string_view result_of(const Outcome& outcome) {
    switch (outcome.kind) {
        case Outcome::Kind::kDone:
            return "success";
        case Outcome::Kind::kRequeueAfter:
        case Outcome::Kind::kBlocked:
            return "requeue_after";
        case Outcome::Kind::kFailed:
            return "error";
    }
    return "error";
}

}  // namespace

double Jitter::next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<double>((state_ * 0x2545f4914f6cdd1dULL) >> 11) * 0x1p-53;
}

Steps::Steps(metrics::Registry& metrics, StepOptions options)
    : metrics_(metrics), options_(std::move(options)), jitter_(options_.seed) {
    for (const auto* result : {"success", "requeue_after", "error"})
        metrics_.value(Metric::kReconcileTotal, {options_.name, result}) += 0;
    metrics_.value(Metric::kReconcileErrors, {options_.name}) += 0;
    show({});
}

void Steps::started(const WorkQueue::Taken& taken) {
    metrics_.histogram(Metric::kQueueSeconds, {options_.name}).observe(seconds(taken.waited));
}

void Steps::settle(WorkQueue& queue, const Key& key, const Outcome& outcome, MonoTime now) {
    if (outcome.kind == Outcome::Kind::kFailed) {
        const auto delay = queue.add_with_backoff(key, jitter_.next(), now);
        LOG_WARNING("controller", "step failed kind={} object={} error=\"{}\" retry_ms={}", options_.name, key.to_string(),
                    outcome.error ? outcome.error->to_string() : "", delay.count());
        return;
    }
    queue.forget(key);
    if (outcome.kind == Outcome::Kind::kRequeueAfter) queue.add_after(key, outcome.after, now);
    if (outcome.kind == Outcome::Kind::kBlocked) {
        const auto recheck = static_cast<double>(options_.blocked_recheck.count()) * (0.9 + 0.2 * jitter_.next());
        queue.add_after(key, Millis{static_cast<std::int64_t>(recheck)}, now);
    }
    LOG_DEBUG("controller", "step ended kind={} object={} result={} after_ms={} reason=\"{}\"", options_.name,
              key.to_string(), result_of(outcome), outcome.after.count(), outcome.reason);
}

void Steps::ended(const Outcome& outcome, Nanos took) {
    metrics_.histogram(Metric::kReconcileSeconds, {options_.name}).observe(seconds(took));
    metrics_.histogram(Metric::kQueueWorkSeconds, {options_.name}).observe(seconds(took));
    metrics_.value(Metric::kReconcileTotal, {options_.name, std::string(result_of(outcome))}) += 1;
    if (outcome.kind == Outcome::Kind::kFailed) metrics_.value(Metric::kReconcileErrors, {options_.name}) += 1;
}

void Steps::show(const Gauges& gauges) {
    metrics_.value(Metric::kQueueAdds, {options_.name}) += static_cast<double>(gauges.counters.adds - shown_.adds);
    metrics_.value(Metric::kQueueRetries, {options_.name}) += static_cast<double>(gauges.counters.retries - shown_.retries);
    shown_ = gauges.counters;
    metrics_.value(Metric::kQueueDepth, {options_.name}) = static_cast<double>(gauges.depth);
    metrics_.value(Metric::kReconcileWorkers, {options_.name}) = static_cast<double>(gauges.active);
    metrics_.value(Metric::kQueueUnfinishedSeconds, {options_.name}) = seconds(gauges.unfinished.first);
    metrics_.value(Metric::kQueueLongestRunningSeconds, {options_.name}) = seconds(gauges.unfinished.second);
}

}  // namespace moldau::controller
