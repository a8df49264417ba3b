// What rounds of power loss came to: which named check failed, and how much was put through.
//
// Place: every part of the simulation reports here; the program and the tests print it.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace moldau::power_loss {

struct Violation {
    std::string check;   // its name, one word or two
    std::string detail;  // what was expected where, and what is there
};

struct Counts {
    std::uint64_t rounds = 0;
    std::uint64_t operations = 0;  // of the disk
    std::uint64_t power_losses = 0;
    std::uint64_t process_deaths = 0;
    std::uint64_t clean_stops = 0;
    std::uint64_t during_start = 0;  // of the crashes: while the broker started or recovered
    std::uint64_t recoveries = 0;    // starts after a crash that were checked
    std::uint64_t records_sent = 0;
    std::uint64_t records_acknowledged = 0;
    std::uint64_t records_repeated = 0;  // acknowledged when they were sent again
    std::uint64_t synced_lost = 0;       // acknowledged ones: any is a violation
    std::uint64_t replicated_lost = 0;   // acknowledged ones that a power loss took, within the promise
    std::uint64_t records_checked = 0;   // read back after a start
    std::uint64_t records_seen = 0;      // by consumers
    std::uint64_t commits_acknowledged = 0;
    std::uint64_t topics_created = 0;
    std::uint64_t topics_deleted = 0;
    std::uint64_t deletions = 0;         // answered DeleteRecords
    std::uint64_t compactions = 0;       // that ran to their end
    std::uint64_t segments_expired = 0;  // deleted by retention
    std::uint64_t wal_commits = 0;
    std::uint64_t wal_entries = 0;
    std::map<std::string, std::uint64_t> error_lines;  // by their constant beginning

    Counts& operator+=(const Counts& other);
    // One "name value" a line.
    std::string to_string() const;
};

// Lifetime: a round's. Keeps the first violation: what follows it is noise.
class Verdict {
public:
    void violate(std::string_view check, std::string detail);
    bool holds() const { return !violation_; }
    const std::optional<Violation>& violation() const { return violation_; }

    Counts counts;

private:
    std::optional<Violation> violation_;
};

}  // namespace moldau::power_loss
