// Durable bytes, unsynced changes, and what is left of them.

#include "sim/content.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::sim {

namespace {

void overwrite(std::vector<std::uint8_t>& content, std::uint64_t position, bytes::Span data) {
    if (data.empty()) return;
    const std::uint64_t end = position + data.size();
    if (content.size() < end) content.resize(end);
    std::ranges::copy(data, content.begin() + static_cast<std::ptrdiff_t>(position));
}

// Bytes of a piece of `length` at `position` up to its next sector's border.
std::size_t to_sector_end(std::uint64_t position, std::size_t length) {
    return std::min(length, kSectorBytes - static_cast<std::size_t>(position % kSectorBytes));
}

}  // namespace

bytes::View Content::read(std::uint64_t position, std::size_t length) const {
    if (position >= current_.size()) return {};
    const auto start = static_cast<std::size_t>(position);
    return bytes::View::copy_of(span().subspan(start, std::min(length, current_.size() - start)));
}

void Content::write(std::uint64_t position, bytes::Span data) {
    if (data.empty()) return;
    overwrite(current_, position, data);
    unsynced_.push_back({Change::Kind::kWrite, position, {data.begin(), data.end()}});
}

void Content::resize(std::uint64_t bytes) {
    current_.resize(bytes);
    unsynced_.push_back({Change::Kind::kResize, bytes, {}});
}

void Content::sync() {
    for (const auto& change : unsynced_) apply(change, change.data.size());
    unsynced_.clear();
}

void Content::fail_sync(Random& random) {
    apply_subset(random);
    unsynced_.clear();
}

void Content::power_fails(Loss loss, Random& random) {
    if (loss == Loss::kNone) durable_ = current_;
    if (loss == Loss::kPrefix) apply_prefix(random);
    if (loss == Loss::kSubset) apply_subset(random);
    unsynced_.clear();
    current_ = durable_;
}

void Content::flip_bit(std::uint64_t position, unsigned bit) {
    CHECK(position < current_.size() && bit < 8);
    const auto mask = static_cast<std::uint8_t>(1U << bit);
    current_[position] ^= mask;
    if (position < durable_.size()) durable_[position] ^= mask;
    for (auto& change : unsynced_) {
        if (change.kind != Change::Kind::kWrite || position < change.position) continue;
        const auto offset = position - change.position;
        if (offset < change.data.size()) change.data[offset] ^= mask;
    }
}

void Content::apply(const Change& change, std::size_t bytes_max) {
    if (change.kind == Change::Kind::kResize) {
        durable_.resize(change.position);
    } else {
        overwrite(durable_, change.position, bytes::Span{change.data}.first(bytes_max));
    }
}

void Content::apply_prefix(Random& random) {
    const std::uint64_t whole = random.between(0, unsynced_.size());
    for (std::size_t index = 0; index < whole; ++index) apply(unsynced_[index], unsynced_[index].data.size());
    if (whole == unsynced_.size() || unsynced_[whole].kind != Change::Kind::kWrite) return;
    const auto& torn = unsynced_[whole];
    std::size_t length = 0;
    while (length < torn.data.size() && random.chance(50)) {
        length += to_sector_end(torn.position + length, torn.data.size() - length);
    }
    apply(torn, length);
}

void Content::apply_subset(Random& random) {
    // Mostly lost, mostly kept and anything between are all worth meeting.
    const std::uint64_t percent = random.below(101);
    bool grew = false;
    for (const auto& change : unsynced_) {
        const auto end = change.position + change.data.size();
        grew = grew || end > durable_.size();
        if (change.kind == Change::Kind::kWrite) {
            apply_some_sectors(change, percent, random);
        } else if (random.chance(percent)) {
            apply(change, 0);
        }
    }
    if (!grew || durable_.size() >= current_.size() || random.chance(50)) return;
    std::uint64_t bytes = random.between(durable_.size(), current_.size());
    // File systems record sizes in sectors until the file's last.
    if (random.chance(50))
        bytes = current_.size();
    else
        bytes = std::max<std::uint64_t>(durable_.size(), bytes - bytes % kSectorBytes);
    durable_.resize(bytes);
}

void Content::apply_some_sectors(const Change& change, std::uint64_t percent, Random& random) {
    const bytes::Span data{change.data};
    for (std::size_t done = 0; done < data.size();) {
        const auto length = to_sector_end(change.position + done, data.size() - done);
        if (random.chance(percent)) overwrite(durable_, change.position + done, data.subspan(done, length));
        done += length;
    }
}

}  // namespace moldau::sim
