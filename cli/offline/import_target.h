// The data directory that an import goes to, as it is before: new, or a stopped broker's own.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/offline/findings.h"
#include "io/posix_calls.h"
#include "store/data_dir.h"

namespace moldau::cli {

// Where an import under way keeps everything, inside each data directory.
inline constexpr const char* kStagingFolder = "/.moldau-import";

struct ImportTarget {
    std::string path;
    bool is_new = true;  // nothing is there, or an empty folder
    store::MetaProperties meta;
    io::posix::Descriptor lock;
    std::uint64_t bytes = 0;  // that come to it

    std::string staging() const { return path + kStagingFolder; }
};

// `meta` gives cluster and node for a new directory; one that exists keeps its own.
ImportTarget read_target(const std::string& path, const store::MetaProperties& meta, Findings& findings);

// Where `path` is or will be: itself, or the nearest folder above it that exists.
std::string existing_part(const std::string& path);
// Is one the other, or inside it?
bool overlap(const std::string& left, const std::string& right);
// Are both on one file system, so that a rename goes from one to the other?
bool on_same_file_system(const std::string& left, const std::string& right);

}  // namespace moldau::cli
