// The hash and the table.

#include "compaction/key_offsets.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace moldau::compaction {

namespace {

// At most so full: then a search looks at few slots.
constexpr std::size_t kFullNumerator = 3;
constexpr std::size_t kFullDenominator = 4;
constexpr std::size_t kSlotsMin = 16;

std::uint64_t load_little(const std::uint8_t* in) {
    std::uint64_t word = 0;
    std::memcpy(&word, in, sizeof word);
    return std::endian::native == std::endian::little ? word : std::byteswap(word);
}

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    void round() {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void absorb(std::uint64_t word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }
    std::uint64_t squeeze() {
        for (int count = 0; count < 4; ++count) round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
};

}  // namespace

KeyHash hash_key(bytes::Span key, HashSeed seed) {
    SipState state{seed.first ^ 0x736f6d6570736575, seed.second ^ 0x646f72616e646f6d ^ 0xee, seed.first ^ 0x6c7967656e657261,
                   seed.second ^ 0x7465646279746573};
    std::size_t at = 0;
    for (; at + 8 <= key.size(); at += 8) state.absorb(load_little(key.data() + at));
    std::uint64_t last = std::uint64_t{key.size() & 0xff} << 56;
    for (std::size_t index = 0; at + index < key.size(); ++index) last |= std::uint64_t{key[at + index]} << (8 * index);
    state.absorb(last);
    KeyHash hash;
    state.v2 ^= 0xee;
    hash.high = state.squeeze();
    state.v1 ^= 0xdd;
    hash.low = state.squeeze();
    return hash;
}

KeyOffsets::KeyOffsets(Size size, HashSeed seed) : seed_(seed) {
    const std::size_t affordable = size.bytes_max / sizeof(Slot);
    const std::size_t wanted = size.keys_wanted / kFullNumerator * kFullDenominator + kFullDenominator;
    slots_ = std::max(kSlotsMin, std::min(affordable, wanted));
    keys_max_ = slots_ / kFullDenominator * kFullNumerator;
    table_.reset(static_cast<Slot*>(std::calloc(slots_, sizeof(Slot))));
    CHECK(table_ != nullptr);
}

// The slot that has `hash`, or the empty one where it belongs.
std::size_t KeyOffsets::slot_of(const KeyHash& hash) const {
    std::size_t slot = hash.high % slots_;
    while (table_[slot].offset_and_one != 0 && table_[slot].hash != hash) slot = slot + 1 == slots_ ? 0 : slot + 1;
    return slot;
}

bool KeyOffsets::put(bytes::Span key, Offset offset) {
    CHECK(offset >= Offset{0});
    const KeyHash hash = hash_key(key, seed_);
    Slot& slot = table_[slot_of(hash)];
    if (slot.offset_and_one == 0) {
        if (count_ == keys_max_) return false;
        ++count_;
        slot.hash = hash;
    }
    slot.offset_and_one = offset.value + 1;
    return true;
}

std::optional<Offset> KeyOffsets::find(bytes::Span key) const {
    const Slot& slot = table_[slot_of(hash_key(key, seed_))];
    if (slot.offset_and_one == 0) return std::nullopt;
    return Offset{slot.offset_and_one - 1};
}

}  // namespace moldau::compaction
