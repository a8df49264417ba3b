// A Lease (coordination.k8s.io/v1) as a record, and the rule by which somebody else's may be taken.
//
// The problem: the record carries wall clock times of another machine, whose clock may be wrong by hours. The idea, as in
// client-go: those times are for people. An observer notes, on its own monotonic clock, when it saw the record change; a
// record that has not changed for its own duration is dead. Place: pure; LeaderElection asks it.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "operator/kube/object.h"

namespace moldau::controller {

struct LeaseRecord {
    std::string holder;  // empty: released
    std::chrono::seconds duration{0};
    std::string acquired;  // RFC 3339 with microseconds
    std::string renewed;
    std::int64_t transitions = 0;
    bool operator==(const LeaseRecord&) const = default;
};

LeaseRecord read_lease(const kube::Object& lease);
// The object to be created, or to replace the one of `resource_version`.
kube::Object lease_object(const kube::ObjectKey& key, const LeaseRecord& record, const std::string& resource_version);
// "2026-11-26T20:15:00.123000Z"
std::string micro_time(WallTime time);

// What one candidate has seen of the lease. Thread: one.
class LeaseObserver {
public:
    // The lease as it was just read or written; nullopt: there is none.
    void observe(const std::optional<kube::Object>& lease, MonoTime now);

    // May `identity` write itself into the lease: it is absent, released, its own, or unchanged for its duration.
    bool may_take(const std::string& identity, MonoTime now) const;
    // When the record that was last seen is dead unless it changes.
    MonoTime expires_at() const;
    // What to write: `acquired` and `transitions` go on when the holder stays.
    LeaseRecord next(const std::string& identity, std::chrono::seconds duration, WallTime now) const;

    const std::optional<LeaseRecord>& record() const { return record_; }
    const std::string& resource_version() const { return resource_version_; }

private:
    std::optional<LeaseRecord> record_;
    std::string resource_version_;
    MonoTime changed_at_{};
};

}  // namespace moldau::controller
