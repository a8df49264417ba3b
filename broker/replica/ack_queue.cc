// The queue of acknowledgements: sorted by end offset, nearly always appended at the back.

#include "replica/ack_queue.h"

#include <algorithm>
#include <vector>

namespace moldau::replica {

void AckQueue::push(Offset end, MonoTime deadline, Done done) {
    auto place = waiting_.end();
    while (place != waiting_.begin() && std::prev(place)->end > end) --place;
    waiting_.insert(place, {end, deadline, std::move(done)});
}

void AckQueue::release(Offset end) {
    while (!waiting_.empty() && waiting_.front().end <= end) {
        auto done = std::move(waiting_.front().done);
        waiting_.pop_front();
        done({});
    }
}

void AckQueue::expire(MonoTime now) {
    std::vector<Done> expired;
    std::erase_if(waiting_, [&](Waiter& waiter) {
        if (waiter.deadline > now) return false;
        expired.push_back(std::move(waiter.done));
        return true;
    });
    for (auto& done : expired) done(moldau::fail(Errc::kRequestTimedOut));
}

void AckQueue::fail_all(const Error& error) {
    for (auto& waiter : std::exchange(waiting_, {})) waiter.done(moldau::fail(error));
}

}  // namespace moldau::replica
