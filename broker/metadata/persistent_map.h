// A hash map whose copies are one pointer and whose changed copies share everything that did not change.
//
// The problem: a metadata image is immutable and published to every core, yet thousands of topics are created a second, each
// making a new image. The idea: a tree of two fixed levels above small buckets; a change copies one path (two nodes and a
// bucket of a few entries), all else is shared. Place: the topic tables of `Image`.

#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace moldau::metadata {

// A value: copying is O(1), set() and erase() change only this copy. Thread: one per object; objects that share may be on
// any.
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<>>
class PersistentMap {
public:
    // Anything that Hash and Equal take.
    template <class Lookup>
    const Value* find(const Lookup& key) const {
        const Bucket* bucket = bucket_of(Hash{}(key));
        if (!bucket) return nullptr;
        for (const auto& entry : *bucket) {
            if (Equal{}(entry.first, key)) return &entry.second;
        }
        return nullptr;
    }

    void set(Key key, Value value) {
        Bucket bucket;
        const std::size_t hash = Hash{}(key);
        if (const Bucket* old = bucket_of(hash)) bucket = *old;
        for (auto& entry : bucket) {
            if (Equal{}(entry.first, key)) {
                entry.second = std::move(value);
                return put(hash, std::move(bucket));
            }
        }
        bucket.emplace_back(std::move(key), std::move(value));
        ++size_;
        put(hash, std::move(bucket));
    }

    template <class Lookup>
    void erase(const Lookup& key) {
        const std::size_t hash = Hash{}(key);
        const Bucket* old = bucket_of(hash);
        if (!old) return;
        Bucket bucket = *old;
        size_ -= std::erase_if(bucket, [&](const auto& entry) { return Equal{}(entry.first, key); });
        put(hash, std::move(bucket));
    }

    // In no particular order.
    template <class Visit>
    void for_each(Visit visit) const {
        if (!root_) return;
        for (const auto& node : *root_) {
            if (!node) continue;
            for (const auto& bucket : *node) {
                if (!bucket) continue;
                for (const auto& [key, value] : *bucket) visit(key, value);
            }
        }
    }

    // `visit(before, after)` with pointers to values, null where a key is absent, for each key whose value changed. Shared
    // parts cost nothing. In no particular order.
    template <class Visit>
    static void for_each_difference(const PersistentMap& before, const PersistentMap& after, Visit visit) {
        if (before.root_ == after.root_) return;
        static const Root kNoRoot{};
        static const Node kNoNode{};
        static const Bucket kNoBucket;
        const Root& roots_before = before.root_ ? *before.root_ : kNoRoot;
        const Root& roots_after = after.root_ ? *after.root_ : kNoRoot;
        for (std::size_t slot = 0; slot < kFanOut; ++slot) {
            if (roots_before[slot] == roots_after[slot]) continue;
            const Node& node_before = roots_before[slot] ? *roots_before[slot] : kNoNode;
            const Node& node_after = roots_after[slot] ? *roots_after[slot] : kNoNode;
            for (std::size_t place = 0; place < kFanOut; ++place) {
                if (node_before[place] == node_after[place]) continue;
                visit_difference(node_before[place] ? *node_before[place] : kNoBucket,
                                 node_after[place] ? *node_after[place] : kNoBucket, visit);
            }
        }
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

private:
    static constexpr std::size_t kFanOut = 64;
    using Bucket = std::vector<std::pair<Key, Value>>;
    using Node = std::array<std::shared_ptr<const Bucket>, kFanOut>;
    using Root = std::array<std::shared_ptr<const Node>, kFanOut>;

    template <class Visit>
    static void visit_difference(const Bucket& before, const Bucket& after, Visit& visit) {
        const auto find_in = [](const Bucket& bucket, const Key& key) -> const Value* {
            for (const auto& entry : bucket) {
                if (Equal{}(entry.first, key)) return &entry.second;
            }
            return nullptr;
        };
        for (const auto& [key, value] : before) {
            const Value* now = find_in(after, key);
            if (!now || !(*now == value)) visit(&value, now);
        }
        for (const auto& [key, value] : after) {
            if (!find_in(before, key)) visit(static_cast<const Value*>(nullptr), &value);
        }
    }

    static std::size_t root_slot(std::size_t hash) { return mixed(hash) % kFanOut; }
    static std::size_t node_slot(std::size_t hash) { return mixed(hash) / kFanOut % kFanOut; }
    // std::hash of an integer is the integer: spread its bits.
    static std::size_t mixed(std::size_t hash) { return (hash * 0x9e3779b97f4a7c15ULL) >> 40; }

    const Bucket* bucket_of(std::size_t hash) const {
        if (!root_) return nullptr;
        const auto& node = (*root_)[root_slot(hash)];
        return node ? (*node)[node_slot(hash)].get() : nullptr;
    }
    void put(std::size_t hash, Bucket bucket) {
        auto root = root_ ? std::make_shared<Root>(*root_) : std::make_shared<Root>();
        auto& slot = (*root)[root_slot(hash)];
        auto node = slot ? std::make_shared<Node>(*slot) : std::make_shared<Node>();
        (*node)[node_slot(hash)] = bucket.empty() ? nullptr : std::make_shared<const Bucket>(std::move(bucket));
        slot = std::move(node);
        root_ = std::move(root);
    }

    std::shared_ptr<const Root> root_;
    std::size_t size_ = 0;
};

}  // namespace moldau::metadata
