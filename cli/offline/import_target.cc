// Reading a data directory that may not be there yet.

#include "cli/offline/import_target.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/offline/kafka_directory.h"
#include "cli/offline/segment_file.h"

namespace moldau::cli {
namespace {

bool has(const std::vector<io::DirEntry>& entries, std::string_view name) {
    return std::ranges::find(entries, name, &io::DirEntry::name) != entries.end();
}

std::filesystem::path resolved(const std::string& path) {
    std::error_code error;
    auto whole = std::filesystem::weakly_canonical(path, error);
    return error ? std::filesystem::path{path} : whole;
}

void read_existing(ImportTarget& target, const std::vector<io::DirEntry>& entries, Findings& findings) {
    target.is_new = false;
    const auto file = target.path + "/meta.properties";
    const auto text = read_small_file(file, 64 << 10);
    if (!text) return findings.refuse(text.error().context);
    const auto meta = store::parse_meta_properties(*text, {});
    if (!meta) return findings.refuse(file + ": " + meta.error().context);
    target.meta = *meta;
    if (!has(entries, ".moldau-boot")) {
        findings.refuse(target.path +
                        ": was never used by Moldau (there is no .moldau-boot); name an empty directory, the data "
                        "comes there");
    }
    if (has(entries, ".lock")) {
        auto lock = io::posix::lock(target.path + "/.lock");
        if (!lock) {
            return findings.refuse(lock.error().code == Errc::kLocked
                                       ? target.path + "/.lock: a broker is running on this directory; stop it first"
                                       : lock.error().context);
        }
        target.lock = *std::move(lock);
    }
    if (!has(entries, ".kafka_cleanshutdown")) {
        findings.refuse(target.path + kKafkaCleanFile +
                        ": is missing, so the broker did not stop cleanly; start moldau-broker "
                        "on it once, stop it with SIGTERM, and import then");
    }
}

}  // namespace

std::string existing_part(const std::string& path) {
    std::error_code error;
    auto at = resolved(path);
    while (!std::filesystem::exists(at, error) && at.has_parent_path() && at != at.parent_path()) at = at.parent_path();
    return at.string();
}

bool overlap(const std::string& left, const std::string& right) {
    const auto one = resolved(left);
    const auto other = resolved(right);
    const auto [at_one, at_other] = std::ranges::mismatch(one, other);
    return at_one == one.end() || at_other == other.end();
}

bool on_same_file_system(const std::string& left, const std::string& right) {
    struct stat one{};
    struct stat other{};
    return ::stat(existing_part(left).c_str(), &one) == 0 && ::stat(existing_part(right).c_str(), &other) == 0 &&
           one.st_dev == other.st_dev;
}

ImportTarget read_target(const std::string& path, const store::MetaProperties& meta, Findings& findings) {
    ImportTarget target;
    target.path = path;
    target.meta = meta;
    target.meta.directory_id = {};
    const auto entries = io::posix::list(path);
    if (!entries) {
        if (entries.error().code != Errc::kNotFound) findings.refuse(entries.error().context);
        return target;
    }
    if (has(*entries, kStagingFolder + 1)) {
        findings.refuse(target.staging() +
                        ": an earlier import into this directory was not finished; `moldau import --data-dir " + path +
                        "` finishes it, or takes it back when nothing had been changed yet");
        return target;
    }
    if (has(*entries, "meta.properties")) {
        read_existing(target, *entries, findings);
    } else if (std::ranges::any_of(*entries, [](const auto& entry) { return entry.name != "lost+found"; })) {
        findings.refuse(path + ": is neither empty nor a data directory (there is no meta.properties); name another one");
    }
    return target;
}

}  // namespace moldau::cli
