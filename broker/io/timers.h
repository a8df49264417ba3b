// The timers of one loop: thousands at once, most of them cancelled before they are due.
//
// A binary heap of slots, each of which knows its place in the heap, so that setting and cancelling are O(log n) and nothing
// cancelled lingers. Equal times fire in the order of setting. Used by the real loop and by the simulated one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "io/executor.h"

namespace moldau::io {

// Thread: one. An id carries its slot's generation: one that has fired or was cancelled never names a later timer.
class TimerQueue {
public:
    TimerId schedule(MonoTime when, Callback callback) {
        const std::uint32_t slot = take_slot();
        slots_[slot].when = when;
        slots_[slot].order = ++order_;
        slots_[slot].callback = std::move(callback);
        heap_.push_back(slot);
        slots_[slot].place = heap_.size() - 1;
        sift_up(heap_.size() - 1);
        return TimerId{(std::uint64_t{slots_[slot].generation} << 32) | (slot + 1)};
    }

    void cancel(TimerId timer) {
        const auto number = static_cast<std::uint32_t>(timer.value);
        if (number == 0 || number > slots_.size()) return;
        Slot& slot = slots_[number - 1];
        if (slot.generation != timer.value >> 32 || !slot.callback) return;
        // Destroyed last: what the callback holds may come back here.
        const Callback dropped = remove(slot.place);
    }

    // When the earliest timer is due.
    std::optional<MonoTime> next() const {
        if (heap_.empty()) return std::nullopt;
        return slots_[heap_.front()].when;
    }

    // Takes out the earliest timer that is due at `now`; empty when there is none.
    Callback pop_due(MonoTime now) {
        if (heap_.empty() || slots_[heap_.front()].when > now) return {};
        return remove(0);
    }

    std::size_t size() const { return heap_.size(); }

private:
    struct Slot {
        MonoTime when;
        std::uint64_t order = 0;
        std::size_t place = 0;  // in the heap
        std::uint32_t generation = 0;
        Callback callback;
    };

    std::uint32_t take_slot() {
        if (free_.empty()) {
            slots_.emplace_back();
            return static_cast<std::uint32_t>(slots_.size() - 1);
        }
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        return slot;
    }

    Callback remove(std::size_t place) {
        const std::uint32_t number = heap_[place];
        move_to(place, heap_.back());
        heap_.pop_back();
        if (place < heap_.size()) {
            sift_up(place);
            sift_down(place);
        }
        ++slots_[number].generation;
        free_.push_back(number);
        return std::exchange(slots_[number].callback, nullptr);
    }

    bool before(std::uint32_t left, std::uint32_t right) const {
        const Slot& a = slots_[left];
        const Slot& b = slots_[right];
        return a.when != b.when ? a.when < b.when : a.order < b.order;
    }
    void move_to(std::size_t place, std::uint32_t slot) {
        heap_[place] = slot;
        slots_[slot].place = place;
    }
    void swap(std::size_t left, std::size_t right) {
        const std::uint32_t moved = heap_[left];
        move_to(left, heap_[right]);
        move_to(right, moved);
    }
    void sift_up(std::size_t place) {
        while (place > 0 && before(heap_[place], heap_[(place - 1) / 2])) {
            swap(place, (place - 1) / 2);
            place = (place - 1) / 2;
        }
    }
    void sift_down(std::size_t place) {
        for (;;) {
            std::size_t first = place;
            for (const std::size_t child : {2 * place + 1, 2 * place + 2}) {
                if (child < heap_.size() && before(heap_[child], heap_[first])) first = child;
            }
            if (first == place) return;
            swap(place, first);
            place = first;
        }
    }

    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
    std::vector<std::uint32_t> heap_;  // of slots, the earliest first
    std::uint64_t order_ = 0;
};

}  // namespace moldau::io
