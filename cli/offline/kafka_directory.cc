// Reading what is beside the partitions, and which partitions there are.

#include "cli/offline/kafka_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/offline/segment_file.h"

namespace moldau::cli {
namespace {

constexpr std::string_view kMetadataFolder = "__cluster_metadata-0";
constexpr const char* kStopCleanly = "start Kafka once more, stop it with SIGTERM, and import then";

bool has(const std::vector<io::DirEntry>& entries, std::string_view name) {
    return std::ranges::find(entries, name, &io::DirEntry::name) != entries.end();
}

// The number of the first line that begins with `key`, 0 when there is none.
std::size_t line_of(std::string_view text, std::string_view key) {
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        if (text.substr(0, end).starts_with(key)) return number;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return 0;
}

class Reader {
public:
    Reader(KafkaDirectory& into, Findings& findings) : into_(into), findings_(findings) {}

    void read(Unclean unclean) {
        auto entries = io::posix::list(into_.path);
        if (!entries) return findings_.refuse(entries.error().context + "; name the directories of Kafka's log.dirs");
        entries_ = *std::move(entries);
        if (!has(entries_, "meta.properties")) {
            return findings_.refuse(into_.path +
                                    "/meta.properties: is missing, so this is no data directory of Kafka; name a "
                                    "directory of its log.dirs");
        }
        read_meta();
        take_lock();
        check_shutdown(unclean);
        into_.recovery_points = read_checkpoint(store::kRecoveryPointFile);
        into_.high_watermarks = read_checkpoint(store::kHighWatermarkFile);
        into_.log_starts = read_checkpoint(store::kLogStartFile);
        into_.cleaned = read_checkpoint(store::kCleanedFile);
        for (const auto& entry : entries_) {
            if (entry.is_dir) take_folder(entry.name);
        }
    }

private:
    std::string path(std::string_view name) const { return into_.path + '/' + std::string{name}; }

    void read_meta() {
        const auto file = path("meta.properties");
        const auto text = read_small_file(file, 64 << 10);
        if (!text) return findings_.refuse(text.error().context);
        const auto at = [&](std::string_view key) {
            const auto line = line_of(*text, key);
            return line == 0 ? file : file + ':' + std::to_string(line);
        };
        const auto meta = store::parse_meta_properties(*text, {.node_id = BrokerId{-1}, .directory_id = {}});
        if (!meta) {
            return findings_.refuse(at("version") + ": " + meta.error().context +
                                    "; Moldau knows what Kafka 3.3 to 4.4 in KRaft mode writes");
        }
        if (line_of(*text, "version=0") > 0) {
            return findings_.refuse(at("version") +
                                    ": version 0 is that of a broker with ZooKeeper; migrate the cluster to KRaft "
                                    "with Kafka 3.9 first");
        }
        if (meta->cluster_id.empty()) findings_.refuse(file + ": has no cluster.id; restore the file from a copy");
        if (meta->node_id.value < 0) findings_.refuse(file + ": has no node.id; restore the file from a copy");
        into_.meta = *meta;
    }

    void take_lock() {
        if (!has(entries_, ".lock")) return;
        const auto file = path(".lock");
        auto locked = io::posix::lock(file);
        if (locked) {
            into_.lock = *std::move(locked);
        } else if (locked.error().code == Errc::kLocked || is_held(file)) {
            findings_.refuse(file + ": a broker is running on this directory; stop it first");
        }
    }

    // The same question where the file cannot be opened for writing.
    static bool is_held(const std::string& file) {
        const io::posix::Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
        struct flock whole{};
        whole.l_type = F_WRLCK;
        whole.l_whence = SEEK_SET;
        return descriptor.number() >= 0 && ::fcntl(descriptor.number(), F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    }

    void check_shutdown(Unclean unclean) {
        if (has(entries_, ".kafka_cleanshutdown") || unclean == Unclean::kRecover) return;
        findings_.refuse(into_.path + kKafkaCleanFile + ": is missing, so Kafka did not stop cleanly or is still running; " +
                         kStopCleanly + ", or say --recover to let Moldau's own recovery look through the logs");
    }

    store::OffsetCheckpoint read_checkpoint(const std::string& name) {
        if (!has(entries_, name)) return {};
        const auto text = read_small_file(path(name));
        if (!text) {
            findings_.refuse(text.error().context);
            return {};
        }
        if (auto offsets = store::parse_checkpoint(*text)) return *std::move(offsets);
        findings_.refuse(path(name) + ':' + std::to_string(bad_line(*text)) + ": no checkpoint of version 0; " +
                         kStopCleanly + ", which writes it anew");
        return {};
    }

    // The first line with which `text` is no checkpoint file.
    static std::size_t bad_line(const std::string& text) {
        std::size_t number = 1;
        if (!text.starts_with("0\n")) return number;
        for (auto at = text.find('\n'); at != text.npos && at + 1 < text.size(); at = text.find('\n', at + 1)) {
            ++number;
            const auto line = std::string_view{text}.substr(at + 1, text.find('\n', at + 1) - at - 1);
            const bool is_count = number == 2;
            if (!is_count && !store::parse_checkpoint("0\n1\n" + std::string{line} + '\n')) return number;
        }
        return 2;  // every entry is one, so the count is wrong
    }

    void take_folder(const std::string& name) {
        if (name == kMetadataFolder) {
            into_.metadata_log = path(name);
            return;
        }
        auto partition = store::parse_partition_folder(name);
        if (!partition) return skip_folder(name);
        KafkaPartition found{.name = *std::move(partition), .topic_id = {}, .path = path(name), .files = {}};
        auto files = io::posix::list(found.path);
        if (!files) return findings_.refuse(files.error().context);
        found.files = *std::move(files);
        if (read_topic_id(found)) into_.partitions.push_back(std::move(found));
    }

    void skip_folder(const std::string& name) {
        if (name.ends_with("-delete")) return findings_.warn(path(name) + ": is skipped, Kafka had deleted it");
        if (name.ends_with("-stray")) return findings_.warn(path(name) + ": is skipped, Kafka did not know it any more");
        if (name.ends_with("-future")) {
            return findings_.warn(path(name) +
                                  ": is skipped, an unfinished move between directories; the log that it was made "
                                  "from is taken");
        }
        if (name != "lost+found" && !name.starts_with('.')) findings_.warn(path(name) + ": is skipped, no partition");
    }

    bool read_topic_id(KafkaPartition& partition) {
        const auto file = partition.path + "/partition.metadata";
        const char* remedy = "Kafka 2.8 and later write it at start: start Kafka once more and stop it";
        if (!has(partition.files, "partition.metadata")) {
            findings_.refuse(file + ": is missing, so the topic's id is unknown; " + remedy);
            return false;
        }
        const auto text = read_small_file(file, 64 << 10);
        if (!text) {
            findings_.refuse(text.error().context);
            return false;
        }
        constexpr std::string_view kKey = "topic_id: ";
        const auto at = text->find(kKey);
        const auto value = at == text->npos ? std::string_view{} : std::string_view{*text}.substr(at + kKey.size());
        const auto id = Uuid::parse(value.substr(0, value.find('\n')));
        if (!text->starts_with("version: 0\n") || !id || id->is_zero()) {
            const auto line = text->starts_with("version: 0\n") ? std::max<std::size_t>(line_of(*text, kKey), 2) : 1;
            findings_.refuse(file + ':' + std::to_string(line) + ": no topic id in version 0 of this file; " + remedy);
            return false;
        }
        partition.topic_id = TopicId{*id};
        return true;
    }

    KafkaDirectory& into_;
    Findings& findings_;
    std::vector<io::DirEntry> entries_;
};

}  // namespace

KafkaDirectory read_kafka_directory(const std::string& path, Unclean unclean, Findings& findings) {
    KafkaDirectory directory;
    directory.path = path;
    Reader{directory, findings}.read(unclean);
    std::ranges::sort(directory.partitions, {}, &KafkaPartition::name);
    return directory;
}

}  // namespace moldau::cli
