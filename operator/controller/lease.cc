// Reading, writing and judging leases.

#include "operator/controller/lease.h"

#include <fmt/chrono.h>

#include <nlohmann/json.hpp>

namespace moldau::controller {

LeaseRecord read_lease(const kube::Object& lease) {
    return {.holder = lease.string_at("/spec/holderIdentity").value_or(""),
            .duration = std::chrono::seconds{lease.int_at("/spec/leaseDurationSeconds").value_or(0)},
            .acquired = lease.string_at("/spec/acquireTime").value_or(""),
            .renewed = lease.string_at("/spec/renewTime").value_or(""),
            .transitions = lease.int_at("/spec/leaseTransitions").value_or(0)};
}

kube::Object lease_object(const kube::ObjectKey& key, const LeaseRecord& record, const std::string& resource_version) {
    nlohmann::json metadata{{"namespace", key.ns}, {"name", key.name}};
    if (!resource_version.empty()) metadata["resourceVersion"] = resource_version;
    nlohmann::json spec{{"holderIdentity", record.holder},
                        {"leaseDurationSeconds", record.duration.count()},
                        {"leaseTransitions", record.transitions}};
    if (!record.acquired.empty()) spec["acquireTime"] = record.acquired;
    if (!record.renewed.empty()) spec["renewTime"] = record.renewed;
    return kube::Object{
        {{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}, {"metadata", metadata}, {"spec", spec}}};
}

std::string micro_time(WallTime time) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto millis = (time - whole).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}000Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)), millis);
}

void LeaseObserver::observe(const std::optional<kube::Object>& lease, MonoTime now) {
    std::optional<LeaseRecord> seen;
    if (lease) seen = read_lease(*lease);
    resource_version_ = lease ? lease->resource_version() : "";
    if (seen == record_) return;
    record_ = std::move(seen);
    changed_at_ = now;
}

bool LeaseObserver::may_take(const std::string& identity, MonoTime now) const {
    if (!record_ || record_->holder.empty() || record_->holder == identity) return true;
    return now >= expires_at();
}

MonoTime LeaseObserver::expires_at() const { return record_ ? changed_at_ + record_->duration : MonoTime{}; }

LeaseRecord LeaseObserver::next(const std::string& identity, std::chrono::seconds duration, WallTime now) const {
    LeaseRecord record{.holder = identity, .duration = duration, .acquired = micro_time(now), .renewed = micro_time(now)};
    if (!record_) return record;
    record.transitions = record_->transitions;
    if (record_->holder == identity)
        record.acquired = record_->acquired;
    else
        ++record.transitions;
    return record;
}

}  // namespace moldau::controller
