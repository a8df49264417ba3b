// Reading a partition as consumers do: fetch requests, and the records in their answers.

#pragma once

#include <optional>
#include <vector>

#include "base/errc.h"
#include "power_loss/history.h"
#include "power_loss/process.h"
#include "wire/fetch.h"

namespace moldau::power_loss {

inline constexpr std::int16_t kFetchVersion = 12;

wire::FetchRequest fetch_request(const History& history, Offset from);

// What one answer, or a whole partition, holds.
struct Found {
    Errc error = Errc::kNone;
    Offset start;  // the log's
    Offset end;    // the high watermark
    Offset next;   // where to go on
    std::vector<FoundRecord> records;
};
// Records below `from` are left out. Violates "contents" when a batch cannot be read.
Found found_in(const wire::FetchResponse& response, Offset from, Verdict& verdict);

// The log's first offset; nullopt when the disk crashed on the way, or with a violation.
std::optional<Offset> start_of(Process& process, const History& history, Verdict& verdict);

// All that consumers can read; nullopt when the disk crashed on the way. Violates "readable" when there is no way on.
std::optional<Found> read_all(Process& process, const History& history, Verdict& verdict);

}  // namespace moldau::power_loss
