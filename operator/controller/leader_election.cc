// Taking, renewing, losing and giving back the lease.

#include "operator/controller/leader_election.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/logger.h"

namespace moldau::controller {
namespace {

constexpr std::string_view kModule = "election";

}  // namespace

kube::ClientOptions lease_client_options() {
    kube::ClientOptions options;
    options.in_flight_max = 2;
    options.timeout = Millis{4'000};
    options.deadline = Millis{5'000};
    options.attempts_max = 1;
    return options;
}

LeaderElection::LeaderElection(kube::Client& client, LeaderElectionOptions options, metrics::Registry& metrics)
    : client_(client),
      options_(std::move(options)),
      is_leader_metric_(metrics.value(metrics::Metric::kIsLeader, {options_.lease.name})) {
    CHECK(!options_.identity.empty() && options_.retry < options_.renew_within && options_.renew_within < options_.duration);
}

LeaderElection::~LeaderElection() { CHECK(deadline_ == loop::TimerId::kNone); }

bool LeaderElection::is_leading() const { return holds_ && client_.loop().mono_now() < leads_until_; }

std::string LeaderElection::holder() const { return observer_.record() ? observer_.record()->holder : ""; }

Task<Result<void>> LeaderElection::acquire(loop::Cancel& cancel) {
    auto& loop = client_.loop();
    while (!cancel.requested()) {
        const auto started = loop.mono_now();
        if (co_await try_take()) {
            renewed(started);
            holds_ = true;
            is_leader_metric_ = 1;
            LOG_INFO(kModule, "leading lease={} identity={}", options_.lease.to_string(), options_.identity);
            co_return Result<void>{};
        }
        // Exactly when the lease dies, if that is before the next look.
        auto next = started + options_.poll;
        if (observer_.record() && observer_.expires_at() > loop.mono_now()) next = std::min(next, observer_.expires_at());
        static_cast<void>(co_await loop.sleep_until(std::max(next, loop.mono_now() + Millis{10}), cancel));
    }
    co_return fail(Errc::kCancelled, "wait for the lease " + options_.lease.to_string());
}

// One attempt: look, and write if it may be ours.
Task<bool> LeaderElection::try_take() {
    const auto before = holder();
    auto lease = co_await client_.get(kube::resources::leases(), options_.lease);
    const auto now = client_.loop().now();
    if (!lease && !lease.error().is_not_found()) {
        const auto text = lease.error().to_string();
        if (text != last_error_) LOG_WARNING(kModule, "cannot read the lease error=\"{}\"", text);
        last_error_ = text;
        co_return false;
    }
    last_error_.clear();
    observer_.observe(lease ? std::optional{*lease} : std::nullopt, now.mono);
    if (holder() != before) LOG_INFO(kModule, "lease={} holder={}", options_.lease.to_string(), holder());
    if (!observer_.may_take(options_.identity, now.mono)) co_return false;
    co_return co_await write(observer_.next(options_.identity, options_.duration, now.wall));
}

// Only over the version that was seen: whoever is second gets a conflict.
Task<bool> LeaderElection::write(LeaseRecord record) {
    const auto resource = kube::resources::leases();
    const auto object = lease_object(options_.lease, record, observer_.resource_version());
    const bool is_new = observer_.resource_version().empty();
    auto written = is_new ? co_await client_.create(resource, object) : co_await client_.replace(resource, object);
    if (!written) {
        LOG_DEBUG(kModule, "lease not written error=\"{}\"", written.error().to_string());
        last_error_ = written.error().to_string();
        co_return false;
    }
    observer_.observe(*written, client_.loop().mono_now());
    co_return true;
}

// Counted from before the request: the others count from when they see the record, which is later.
void LeaderElection::renewed(MonoTime started) {
    leads_until_ = started + options_.renew_within;
    if (deadline_ != loop::TimerId::kNone) set_deadline();
}

void LeaderElection::set_deadline() {
    client_.loop().cancel_timer(std::exchange(deadline_, loop::TimerId::kNone));
    deadline_ = client_.loop().call_at(leads_until_, [this] {
        deadline_ = loop::TimerId::kNone;
        lose("not renewed in time");
    });
}

void LeaderElection::lose(std::string_view why) {
    if (!std::exchange(holds_, false)) return;
    client_.loop().cancel_timer(std::exchange(deadline_, loop::TimerId::kNone));
    is_leader_metric_ = 0;
    LOG_ERROR(kModule, "lost the lease={} holder={} why=\"{}\" error=\"{}\"", options_.lease.to_string(), holder(), why,
              last_error_);
    if (on_lost_) on_lost_();
}

Task<void> LeaderElection::hold(loop::Cancel& cancel, std::function<void()> on_lost) {
    CHECK(holds_);
    on_lost_ = std::move(on_lost);
    set_deadline();
    auto& loop = client_.loop();
    auto next = loop.mono_now() + options_.retry;
    while (holds_ && !cancel.requested()) {
        if (!co_await loop.sleep_until(next, cancel)) break;
        const auto started = loop.mono_now();
        next = started + options_.retry;
        if (!holds_) break;
        const bool written = co_await write(observer_.next(options_.identity, options_.duration, loop.wall_now()));
        if (!holds_) break;
        if (written) {
            renewed(started);
        } else if (co_await try_take()) {
            renewed(started);
        } else if (holds_ && !holder().empty() && holder() != options_.identity) {
            lose("somebody else has it");
        }
    }
    client_.loop().cancel_timer(std::exchange(deadline_, loop::TimerId::kNone));
    if (is_leading()) co_await release();
}

Task<void> LeaderElection::release() {
    holds_ = false;
    is_leader_metric_ = 0;
    auto record = observer_.next(options_.identity, std::chrono::seconds{1}, client_.loop().wall_now());
    record.holder.clear();
    const bool released = co_await write(std::move(record));
    LOG_INFO(kModule, "{} lease={}", released ? "gave back the" : "could not give back the", options_.lease.to_string());
}

}  // namespace moldau::controller
