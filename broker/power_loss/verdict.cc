// Adding up and printing.

#include "power_loss/verdict.h"

#include <array>
#include <utility>

namespace moldau::power_loss {
namespace {

struct Row {
    const char* name;
    std::uint64_t Counts::* value;
};

constexpr std::array kRows = {
    Row{"rounds", &Counts::rounds},
    Row{"operations", &Counts::operations},
    Row{"power_losses", &Counts::power_losses},
    Row{"process_deaths", &Counts::process_deaths},
    Row{"clean_stops", &Counts::clean_stops},
    Row{"crashes_during_start", &Counts::during_start},
    Row{"recoveries_checked", &Counts::recoveries},
    Row{"records_sent", &Counts::records_sent},
    Row{"records_acknowledged", &Counts::records_acknowledged},
    Row{"records_acknowledged_on_repeat", &Counts::records_repeated},
    Row{"synced_records_lost", &Counts::synced_lost},
    Row{"replicated_records_lost", &Counts::replicated_lost},
    Row{"records_read_back", &Counts::records_checked},
    Row{"records_seen_by_consumers", &Counts::records_seen},
    Row{"offset_commits_acknowledged", &Counts::commits_acknowledged},
    Row{"topics_created", &Counts::topics_created},
    Row{"topics_deleted", &Counts::topics_deleted},
    Row{"delete_records_answered", &Counts::deletions},
    Row{"compactions", &Counts::compactions},
    Row{"segments_expired", &Counts::segments_expired},
    Row{"group_commits", &Counts::wal_commits},
    Row{"group_commit_entries", &Counts::wal_entries},
};

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
    for (const auto& row : kRows) this->*row.value += other.*row.value;
    for (const auto& [line, count] : other.error_lines) error_lines[line] += count;
    return *this;
}

std::string Counts::to_string() const {
    std::string text;
    for (const auto& row : kRows) text += std::string{row.name} + ' ' + std::to_string(this->*row.value) + '\n';
    for (const auto& [line, count] : error_lines) text += "error_line " + std::to_string(count) + " \"" + line + "\"\n";
    return text;
}

void Verdict::violate(std::string_view check, std::string detail) {
    if (!violation_) violation_ = Violation{std::string{check}, std::move(detail)};
}

}  // namespace moldau::power_loss
