// The objects of one kind as the API server last told them, by namespace and name, with indexes.
//
// The problem: reconcilers must find "the Topics of this Cluster" or "the Pods of that StatefulSet" among ten thousand
// objects without a request and without looking at each, and all of them must fit into little memory. The idea: an ordered
// map of packed objects, stripped of what nobody reads, and named indexes that map a value (an owner's uid, a label) to
// keys. Place: filled by an Informer from a list and watch; reconcilers only read.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "operator/kube/object.h"

namespace moldau::informer {

// The values under which an object is found; may be empty.
using IndexFunction = std::function<std::vector<std::string>(const kube::Object&)>;

// By the uids of all owners.
std::vector<std::string> owner_uids(const kube::Object& object);
// By the namespace and a label's value: "ns/value". Objects without the label are not in the index.
IndexFunction by_label(std::string label);
// By the namespace and the text at a JSON pointer: "ns/value".
IndexFunction by_text(std::string pointer);

// apiVersion, kind, and of the metadata what names the object, its versions and its finalizers: for kinds whose objects
// somebody else keeps in a smaller form.
kube::Object identity_of(const kube::Object& object);

struct StoreOptions {
    // JSON pointers to what is dropped before storing, besides managed fields and kubectl's copy of the last apply.
    std::vector<std::string> strip;
    // What is stored of a stripped object; indexes are made of that. Absent: all of it.
    std::function<kube::Object(const kube::Object&)> keep;
    std::map<std::string, IndexFunction, std::less<>> indexes;
};

// Lifetime: that of its Informer. Thread: the loop's. Invariant: every index holds exactly the keys of the stored objects
// under the values that its function gives for them. References to keys stay valid until their object is erased.
class Store {
public:
    explicit Store(StoreOptions options = {});
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    std::optional<kube::Object> get(const kube::ObjectKey& key) const;
    bool contains(const kube::ObjectKey& key) const { return entries_.contains(key); }
    std::size_t size() const { return entries_.size(); }
    // In the order of namespace and name.
    std::vector<kube::Object> list() const;
    std::vector<kube::Object> list(std::string_view ns) const;
    std::vector<kube::ObjectKey> keys() const;

    // The keys under `value`, in their order. The index must exist.
    std::vector<kube::ObjectKey> keys_by(std::string_view index, const std::string& value) const;
    std::vector<kube::Object> list_by(std::string_view index, const std::string& value) const;
    std::size_t count_by(std::string_view index, const std::string& value) const;

    // `object` without what is not for storing.
    kube::Object strip(kube::Object object) const;
    // Stores what is to be kept of a stripped object, packed, marked with the number of a listing (0: none). Returns what
    // was there before.
    std::optional<kube::Object> put(const kube::Object& object, std::uint64_t listing = 0);
    // Marks an object that is there already.
    void mark(const kube::ObjectKey& key, std::uint64_t listing);
    std::optional<kube::Object> erase(const kube::ObjectKey& key);
    // The keys that were last put with another number than `listing`.
    std::vector<kube::ObjectKey> not_in(std::uint64_t listing) const;

private:
    struct Entry {
        kube::Object object;
        std::uint64_t listing = 0;
    };
    struct Index {
        IndexFunction values_of;
        std::map<std::string, std::set<const kube::ObjectKey*>> keys;
    };
    void index(const kube::ObjectKey& key, const kube::Object& object);
    void unindex(const kube::ObjectKey& key, const kube::Object& object);
    const std::set<const kube::ObjectKey*>* find(std::string_view index, const std::string& value) const;

    std::vector<std::string> strip_;
    std::function<kube::Object(const kube::Object&)> keep_;
    std::map<kube::ObjectKey, Entry> entries_;
    std::map<std::string, Index, std::less<>> indexes_;
};

}  // namespace moldau::informer
