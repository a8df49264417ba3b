// Names, folders, and which of their changes a power failure leaves.

#include "sim/tree.h"

#include <algorithm>
#include <utility>

namespace moldau::sim {

namespace {

std::unexpected<Error> failed(Errc code, const char* operation, const std::string& path, const char* reason) {
    return fail(code, std::string{operation} + ' ' + path + ": " + reason);
}

std::vector<std::string> components(const std::string& path) {
    std::vector<std::string> names;
    std::size_t start = 0;
    while (start <= path.size()) {
        const auto end = std::min(path.find('/', start), path.size());
        auto name = path.substr(start, end - start);
        if (!name.empty() && name != ".") names.push_back(std::move(name));
        start = end + 1;
    }
    return names;
}

NodeRef make_folder() {
    auto node = std::make_shared<Node>();
    node->is_dir = true;
    return node;
}

NodeRef child(const NodeRef& folder, const std::string& name) {
    const auto found = folder->entries.find(name);
    return found == folder->entries.end() ? nullptr : found->second;
}

bool contains(const NodeRef& folder, const NodeRef& wanted) {
    if (folder == wanted) return true;
    return std::ranges::any_of(folder->entries, [&](const auto& entry) { return contains(entry.second, wanted); });
}

std::uint64_t bytes_below(const Node& node) {
    std::uint64_t bytes = node.content.size();
    for (const auto& [name, entry] : node.entries) bytes += bytes_below(*entry);
    return bytes;
}

void set_entry(std::map<std::string, NodeRef>& entries, const std::string& name, const NodeRef& node) {
    if (node) {
        entries.insert_or_assign(name, node);
    } else {
        entries.erase(name);
    }
}

// Every node that a name led to before or leads to now loses power once.
void lose_power(const NodeRef& node, std::set<const Node*>& seen, Loss loss, Random& random) {
    if (!seen.insert(node.get()).second) return;
    node->content.power_fails(loss, random);
    node->entries = node->durable_entries;
    for (const auto& [name, entry] : node->entries) lose_power(entry, seen, loss, random);
}

}  // namespace

Tree::Tree() : root_(make_folder()) {}

Tree::Place Tree::locate(const std::string& path) const {
    const auto names = components(path);
    if (names.empty()) return {.folder = nullptr, .name = {}, .node = root_};
    NodeRef folder = root_;
    for (std::size_t index = 0; index + 1 < names.size(); ++index) {
        folder = child(folder, names[index]);
        if (!folder || !folder->is_dir) return {.folder = nullptr, .name = names.back(), .node = nullptr};
    }
    return {.folder = folder, .name = names.back(), .node = child(folder, names.back())};
}

NodeRef Tree::find(const std::string& path) const { return locate(path).node; }

void Tree::change(std::vector<Entry> entries) {
    Change made;
    for (auto& entry : entries) {
        set_entry(entry.folder->entries, entry.name, entry.node);
        made.unsynced.insert(entry.folder.get());
    }
    made.entries = std::move(entries);
    changes_.push_back(std::move(made));
}

Result<NodeRef> Tree::open(const std::string& path, io::OpenMode mode) {
    const auto place = locate(path);
    if (place.node && place.node->is_dir) return failed(Errc::kIo, "open", path, "Is a directory");
    if (place.node && mode == io::OpenMode::kCreateNew) return failed(Errc::kIo, "open", path, "File exists");
    if (place.node) return place.node;
    const bool creates = mode == io::OpenMode::kCreate || mode == io::OpenMode::kCreateNew;
    if (!creates || !place.folder) return failed(Errc::kNotFound, "open", path, "No such file or directory");
    auto node = std::make_shared<Node>();
    change({{place.folder, place.name, node}});
    return node;
}

Result<std::vector<io::DirEntry>> Tree::list(const std::string& path) const {
    const auto node = find(path);
    if (!node) return failed(Errc::kNotFound, "list", path, "No such file or directory");
    if (!node->is_dir) return failed(Errc::kIo, "list", path, "Not a directory");
    std::vector<io::DirEntry> entries;
    for (const auto& [name, entry] : node->entries) {
        entries.push_back({.name = name, .is_dir = entry->is_dir, .bytes = entry->content.size()});
    }
    return entries;
}

Result<void> Tree::make_dirs(const std::string& path) {
    NodeRef folder = root_;
    for (const auto& name : components(path)) {
        auto next = child(folder, name);
        if (!next) {
            next = make_folder();
            change({{folder, name, next}});
        }
        if (!next->is_dir) return failed(Errc::kIo, "make directory", path, "Not a directory");
        folder = std::move(next);
    }
    return {};
}

Result<void> Tree::remove_file(const std::string& path) {
    const auto place = locate(path);
    if (!place.node) return {};
    if (place.node->is_dir) return failed(Errc::kIo, "remove", path, "Is a directory");
    change({{place.folder, place.name, nullptr}});
    return {};
}

Result<void> Tree::remove_dir(const std::string& path) {
    const auto place = locate(path);
    if (!place.node) return {};
    if (!place.folder) return failed(Errc::kIo, "remove directory", path, "Device or resource busy");
    remove_all(place);
    return {};
}

void Tree::remove_all(const Place& place) {
    const auto entries = place.node->entries;
    for (const auto& [name, node] : entries) remove_all({.folder = place.node, .name = name, .node = node});
    change({{place.folder, place.name, nullptr}});
}

Result<void> Tree::rename(const std::string& from, const std::string& to) {
    const auto source = locate(from);
    const auto target = locate(to);
    const std::string both = from + " to " + to;
    if (!source.node || !target.folder) return failed(Errc::kNotFound, "rename", both, "No such file or directory");
    if (source.node == target.node) return {};
    if (!source.folder || contains(source.node, target.folder)) {
        return failed(Errc::kIo, "rename", both, "Invalid argument");
    }
    if (target.node && target.node->is_dir != source.node->is_dir) {
        return failed(Errc::kIo, "rename", both, target.node->is_dir ? "Is a directory" : "Not a directory");
    }
    if (target.node && !target.node->entries.empty()) return failed(Errc::kIo, "rename", both, "Directory not empty");
    change({{source.folder, source.name, nullptr}, {target.folder, target.name, source.node}});
    return {};
}

Result<void> Tree::sync_dir(const std::string& path) {
    const auto node = find(path);
    if (!node) return failed(Errc::kNotFound, "sync directory", path, "No such file or directory");
    if (!node->is_dir) return failed(Errc::kIo, "sync directory", path, "Not a directory");
    for (auto& change : changes_) change.unsynced.erase(node.get());
    settle();
    return {};
}

// Later changes may be durable before earlier ones of other folders; they take effect in order all the same.
void Tree::settle() {
    const auto first = std::ranges::find_if(changes_, [](const Change& change) { return !change.unsynced.empty(); });
    for (auto change = changes_.begin(); change != first; ++change) {
        for (const auto& entry : change->entries) set_entry(entry.folder->durable_entries, entry.name, entry.node);
    }
    changes_.erase(changes_.begin(), first);
}

std::uint64_t Tree::used_bytes() const { return bytes_below(*root_); }

void Tree::power_fails(Loss loss, Random& random) {
    const std::uint64_t percent = random.below(101);
    const std::uint64_t prefix = random.between(0, changes_.size());
    for (std::size_t index = 0; index < changes_.size(); ++index) {
        const bool is_durable = changes_[index].unsynced.empty();
        const bool is_kept = loss == Loss::kNone || (loss == Loss::kPrefix && index < prefix) ||
                             (loss == Loss::kSubset && random.chance(percent));
        if (!is_durable && !is_kept) changes_[index].entries.clear();
        changes_[index].unsynced.clear();
    }
    settle();
    std::set<const Node*> seen;
    lose_power(root_, seen, loss, random);
}

}  // namespace moldau::sim
