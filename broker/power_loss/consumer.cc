// Fetching and going on behind what came.

#include "power_loss/consumer.h"

#include "power_loss/reader.h"

namespace moldau::power_loss {

void Consumer::step(Process& process) {
    if (waits_) return;
    waits_ = true;
    const auto request = fetch_request(history_, position_);
    process.ask<wire::FetchResponse>(request, kFetchVersion, [this, &process](const wire::FetchResponse& response) {
        waits_ = false;
        const auto found = found_in(response, position_, verdict_);
        if (found.error == Errc::kOffsetOutOfRange) {
            // Deleted below, or cut above with what a power loss took.
            position_ = position_ < history_.start_asked ? history_.start_asked : history_.seen_end;
            return;
        }
        if (found.error != Errc::kNone) {
            if (process.is_stopping() || process.has_crashed()) return;
            return verdict_.violate("refused",
                                    "a fetch of " + history_.name() + " got " + std::string{errc_name(found.error)});
        }
        for (const auto& record : found.records) history_.saw(record, verdict_);
        history_.saw_end(found.end);
        position_ = found.next;
    });
}

}  // namespace moldau::power_loss
