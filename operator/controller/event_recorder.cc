// Counting repetitions, keeping budgets, and the one task that writes.

#include "operator/controller/event_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "base/logger.h"
#include "operator/controller/lease.h"

namespace moldau::controller {
namespace {

constexpr std::size_t kNoteBytesMax = 1024;
constexpr std::size_t kObjectsMax = 4096;

std::string_view name_of(EventType type) { return type == EventType::kNormal ? "Normal" : "Warning"; }

std::string identity_of(const Event& event) {
    return fmt::format("{}/{}/{}/{}/{}", event.regarding.kind, event.regarding.uid, name_of(event.type), event.reason,
                       event.action);
}

// Cut before a byte that would be in the middle of a character.
std::string clipped(std::string note) {
    if (note.size() <= kNoteBytesMax) return note;
    std::size_t end = kNoteBytesMax;
    while (end > 0 && (static_cast<unsigned char>(note[end]) & 0xC0U) == 0x80U) --end;
    note.resize(end);
    return note;
}

// Events of cluster-wide objects live in "default".
std::string namespace_of(const Event& event) { return event.regarding.key.ns.empty() ? "default" : event.regarding.key.ns; }

nlohmann::json event_json(const Event& event, const kube::ObjectKey& key, const EventRecorderOptions& options,
                          WallTime when) {
    const auto& regarding = event.regarding;
    nlohmann::json about{{"apiVersion", regarding.api_version},
                         {"kind", regarding.kind},
                         {"name", regarding.key.name},
                         {"uid", regarding.uid}};
    if (!regarding.key.ns.empty()) about["namespace"] = regarding.key.ns;
    return {{"apiVersion", "events.k8s.io/v1"},
            {"kind", "Event"},
            {"metadata", {{"namespace", key.ns}, {"name", key.name}}},
            {"eventTime", micro_time(when)},
            {"reportingController", options.controller},
            {"reportingInstance", options.instance},
            {"action", event.action},
            {"reason", event.reason},
            {"note", event.note},
            {"type", name_of(event.type)},
            {"regarding", about}};
}

}  // namespace

EventRecorder::EventRecorder(kube::Client& client, EventRecorderOptions options, metrics::Registry& metrics)
    : client_(client), options_(std::move(options)), metrics_(metrics), added_(client.loop()) {
    const auto now = client_.loop().mono_now();
    process_ = {options_.burst, now};
}

EventRecorder::~EventRecorder() { CHECK(tasks_.count() == 0); }

bool EventRecorder::Bucket::take(double burst, double per_second, MonoTime now) {
    const auto passed = std::chrono::duration<double>(now - filled_at).count();
    tokens = std::min(burst, tokens + passed * per_second);
    filled_at = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
}

void EventRecorder::record(Event event) {
    const auto now = client_.loop().now();
    event.note = clipped(std::move(event.note));
    if (event.action.empty()) event.action = "Reconcile";
    const auto identity = identity_of(event);
    const auto known = series_.find(identity);
    if (known != series_.end() && now.mono - known->second.last_mono <= options_.series_after)
        return repeat(known->second, identity, now);
    forget_old(now.mono);
    if (!is_admitted(event, now.mono) || pending_.size() >= options_.pending_max ||
        series_.size() >= options_.remembered_max)
        return count("dropped");
    auto& series = series_[identity];
    series = {.event = std::move(event), .last = now.wall, .last_mono = now.mono, .is_pending = true};
    pending_.push_back(identity);
    added_.raise();
}

// The API server hears of the second, the fourth, the eighth... A person sees the order of magnitude, and etcd a few writes.
void EventRecorder::repeat(Series& series, const Identity& identity, Now now) {
    ++series.count;
    series.last = now.wall;
    series.last_mono = now.mono;
    count("aggregated");
    if (series.is_pending || !std::has_single_bit(static_cast<std::uint64_t>(series.count))) return;
    if (pending_.size() >= options_.pending_max) return;
    series.is_pending = true;
    pending_.push_back(identity);
    added_.raise();
}

bool EventRecorder::is_admitted(const Event& event, MonoTime now) {
    const auto refill = 1.0 / static_cast<double>(options_.object_refill.count());
    if (objects_.size() > kObjectsMax) {
        const auto full = options_.object_refill * static_cast<int>(options_.object_burst);
        std::erase_if(objects_, [&](const auto& item) { return now - item.second.filled_at > full; });
        if (objects_.size() > kObjectsMax) objects_.clear();
    }
    auto& bucket = objects_.try_emplace(event.regarding.uid, Bucket{options_.object_burst, now}).first->second;
    return bucket.take(options_.object_burst, refill, now);
}

void EventRecorder::forget_old(MonoTime now) {
    if (series_.size() < options_.remembered_max) return;
    std::erase_if(series_, [&](const auto& item) {
        return !item.second.is_pending && now - item.second.last_mono > options_.series_after;
    });
}

void EventRecorder::count(const char* result) { metrics_.value(metrics::Metric::kEvents, {result}) += 1; }

void EventRecorder::start() { tasks_.start(run()); }

Task<void> EventRecorder::stop() {
    cancel_.request();
    co_await tasks_.stop();
}

Task<void> EventRecorder::run() {
    auto& loop = client_.loop();
    while (!cancel_.requested()) {
        if (pending_.empty()) {
            static_cast<void>(co_await added_.wait(cancel_));
            continue;
        }
        if (!process_.take(options_.burst, options_.per_second, loop.mono_now())) {
            const Millis pause{static_cast<std::int64_t>(1000 / options_.per_second) + 1};
            static_cast<void>(co_await loop.sleep_for(pause, cancel_));
            continue;
        }
        auto identity = std::move(pending_.front());
        pending_.pop_front();
        co_await write(std::move(identity));
    }
}

Task<void> EventRecorder::write(Identity identity) {
    const auto found = series_.find(identity);
    if (found == series_.end()) co_return;
    auto series = found->second;
    found->second.is_pending = false;
    bool written = false;
    if (!series.key.name.empty() && series.count > 1) written = co_await patch(series.key, series.count, series.last);
    if (!written) {
        // The first time, or the event has expired on the server meanwhile.
        kube::ObjectKey key{namespace_of(series.event),
                            fmt::format("{}.{:x}{:04x}", series.event.regarding.key.name.substr(0, 200),
                                        to_timestamp(client_.loop().wall_now()), ++sequence_ & 0xFFFFU)};
        written = co_await create(identity, series.event, key, series.last);
    }
    count(written ? "written" : "failed");
}

Task<bool> EventRecorder::create(Identity identity, Event event, kube::ObjectKey key, WallTime when) {
    const kube::Object object{event_json(event, key, options_, when)};
    const auto created = co_await client_.create(kube::resources::events(), object);
    if (!created) {
        LOG_DEBUG("events", "event not written object={} error=\"{}\"", key.to_string(), created.error().to_string());
        co_return false;
    }
    if (const auto found = series_.find(identity); found != series_.end()) found->second.key = key;
    co_return true;
}

Task<bool> EventRecorder::patch(kube::ObjectKey key, std::int64_t count, WallTime last) {
    const nlohmann::json change{{"series", {{"count", count}, {"lastObservedTime", micro_time(last)}}}};
    const auto patched = co_await client_.patch(kube::resources::events(), key, change);
    co_return patched.has_value();
}

}  // namespace moldau::controller
