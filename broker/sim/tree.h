// The simulated disk's folders and names: as the processes see them, and as they would be if the power failed now.
//
// The problem: a created, renamed or removed name is durable only after its folder was synced; before that each change may
// have happened or not. A rename is one change: never half. The idea: the list of changes since the last sync of their
// folders, each a set of (folder, name) entries with what they point to then. Place: inside `Disk`; errors are those of the
// system calls.

#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "sim/content.h"

namespace moldau::sim {

// A file or a folder. Names point to it; it goes when no name, open file or unsynced change does.
struct Node {
    bool is_dir = false;
    Content content;
    std::map<std::string, std::shared_ptr<Node>> entries;
    std::map<std::string, std::shared_ptr<Node>> durable_entries;
};
using NodeRef = std::shared_ptr<Node>;

// Paths are cut at '/', absolute or not; the root is there from the start.
class Tree {
public:
    Tree();

    // nullptr when absent.
    NodeRef find(const std::string& path) const;
    Result<NodeRef> open(const std::string& path, io::OpenMode mode);
    Result<std::vector<io::DirEntry>> list(const std::string& path) const;
    Result<void> make_dirs(const std::string& path);
    Result<void> remove_file(const std::string& path);
    Result<void> remove_dir(const std::string& path);
    Result<void> rename(const std::string& from, const std::string& to);
    Result<void> sync_dir(const std::string& path);
    // Sizes of all files together.
    std::uint64_t used_bytes() const;

    void power_fails(Loss loss, Random& random);

private:
    struct Entry {
        NodeRef folder;
        std::string name;
        NodeRef node;  // nullptr: the name is gone
    };
    struct Change {
        std::vector<Entry> entries;
        std::set<const Node*> unsynced;  // folders whose sync is still to come
    };
    struct Place {
        NodeRef folder;  // nullptr when absent
        std::string name;
        NodeRef node;  // nullptr when absent
    };
    Place locate(const std::string& path) const;
    void change(std::vector<Entry> entries);
    void remove_all(const Place& place);
    void settle();

    NodeRef root_;
    std::vector<Change> changes_;  // in order; those without unsynced folders leave from the front
};

}  // namespace moldau::sim
