// The walk over a partition's files.

#include "cli/offline/partition_scan.h"

#include <algorithm>

#include "cli/offline/segment_file.h"
#include "log/leader_epochs.h"
#include "log/segment.h"
#include "producers/producer_snapshot.h"

namespace moldau::cli {
namespace {

constexpr std::string_view kEpochFile = "leader-epoch-checkpoint";
constexpr std::string_view kMetadataFile = "partition.metadata";
constexpr std::string_view kTransactionIndexSuffix = ".txnindex";

class Scan {
public:
    Scan(const KafkaDirectory& directory, const KafkaPartition& partition, ScanOptions options, Findings& findings)
        : directory_(directory), partition_(partition), options_(options), findings_(findings) {}

    PartitionScan run() {
        for (const auto& file : partition_.files) take_file(file);
        std::ranges::sort(bases_);
        if (bases_.empty()) {
            findings_.refuse(partition_.path +
                             ": has no segment (a file of 20 digits and .log), so the log's offsets are "
                             "unknown; restore the folder from a copy");
            return std::move(scan_);
        }
        for (std::size_t index = 0; index < bases_.size(); ++index) {
            if (!walk(index)) break;
        }
        find_start();
        read_epochs();
        read_snapshot();
        return std::move(scan_);
    }

private:
    std::string path(std::string_view name) const { return partition_.path + '/' + std::string{name}; }
    bool recovers() const { return options_.unclean == Unclean::kRecover; }

    void take_file(const io::DirEntry& file) {
        if (file.is_dir) return findings_.warn(path(file.name) + ": is skipped, a folder inside a partition");
        if (file.name.ends_with(".swap")) {
            return findings_.refuse(path(file.name) +
                                    ": Kafka was exchanging segments when it ended; start it once more, stop "
                                    "it with SIGTERM, and import then");
        }
        if (!is_log_file(file.name)) {
            const bool is_usual = file.name.ends_with(".deleted") || file.name.ends_with(".cleaned");
            if (!is_usual) findings_.warn(path(file.name) + ": is skipped, no file of a log");
            return;
        }
        if (const auto base = log::offset_in_name(file.name, log::kLogSuffix)) bases_.push_back(*base);
        scan_.bytes += file.bytes;
        scan_.files.push_back(file);
    }

    // False when there is no use in going on.
    bool walk(std::size_t index) {
        const bool is_last = index + 1 == bases_.size();
        auto file = SegmentFile::open(log::segment_path(partition_.path, bases_[index], log::kLogSuffix));
        if (!file) return refuse(file.error().context);
        scan_.end = bases_[index];
        while (true) {
            auto batch = file->next();
            if (!batch) return bad_batch(batch.error(), is_last);
            if (!*batch) return true;
            if (!take_batch(*file, **batch)) return false;
            if (!is_last && scan_.end > bases_[index + 1]) {
                return refuse(file->path() + " at " + std::to_string((*batch)->position) + ": holds offset " +
                              std::to_string(scan_.end.value - 1) +
                              ", which the next segment begins before; restore the folder "
                              "from a copy");
            }
        }
    }

    bool take_batch(const SegmentFile& file, const FileBatch& batch) {
        const auto& header = batch.header;
        const auto where = file.path() + " at " + std::to_string(batch.position);
        if (header.base_offset < scan_.end) {
            return refuse(where + ": offset " + std::to_string(header.base_offset.value) + " after " +
                          std::to_string(scan_.end.value) + "; restore the folder from a copy");
        }
        if (options_.verify == Verify::kChecksums) {
            const auto bytes = file.read(batch);
            if (!bytes) return refuse(bytes.error().context);
            if (!wire::BatchSpan{header, bytes->span()}.has_valid_crc()) {
                return refuse(where + ": the batch at offset " + std::to_string(header.base_offset.value) +
                              " fails its checksum; restore the file from a copy");
            }
        }
        scan_.end = header.next_offset();
        scan_.epoch = std::max(scan_.epoch, header.leader_epoch);
        scan_.producer_id_max = std::max(scan_.producer_id_max, header.producer_id.value);
        return true;
    }

    bool bad_batch(const Error& error, bool is_last) {
        if (recovers() && is_last && error.code == Errc::kCorrupt) {
            findings_.warn(error.context + "; recovery cuts it there");
            return true;
        }
        const std::string after = " (the log is good up to offset " + std::to_string(scan_.end.value) + ")";
        if (error.code != Errc::kCorrupt) return refuse(error.context + after);
        return refuse(error.context + after +
                      (is_last ? "; start Kafka once more, which repairs it, and stop it with SIGTERM"
                               : "; restore the file from a copy"));
    }

    void find_start() {
        scan_.start = bases_.front();
        const auto found = directory_.log_starts.find(partition_.name);
        if (found == directory_.log_starts.end()) return;
        if (found->second < bases_.front() && !recovers()) {
            findings_.refuse(
                partition_.path + ": begins at offset " + std::to_string(bases_.front().value) + ", but " + directory_.path +
                '/' + store::kLogStartFile + " says " + std::to_string(found->second.value) +
                ": the start is in tiered storage, which Moldau does not read; turn remote.storage.enable off for "
                "the topic with Kafka and wait until the data is back or gone, or leave it out with --skip " +
                partition_.name.topic);
        }
        scan_.start = std::clamp(found->second, bases_.front(), std::max(bases_.front(), scan_.end));
    }

    void read_epochs() {
        if (!has(kEpochFile)) return;
        const auto text = read_small_file(path(kEpochFile));
        const auto epochs = text ? log::LeaderEpochs::parse(*text) : fail(text.error());
        if (!epochs) {
            return findings_.warn(path(kEpochFile) + ": " + epochs.error().context +
                                  "; the epochs are found again in the batches");
        }
        scan_.epoch = std::max(scan_.epoch, epochs->latest());
    }

    // The newest snapshot tells which transactions are open; producers that it has forgotten are harmless.
    void read_snapshot() {
        std::optional<Offset> newest;
        for (const auto& file : scan_.files) {
            const auto offset = log::offset_in_name(file.name, log::kSnapshotSuffix);
            if (offset && *offset <= scan_.end) newest = std::max(newest.value_or(*offset), *offset);
        }
        if (!newest) return;
        const auto file = log::segment_path(partition_.path, *newest, log::kSnapshotSuffix);
        const auto text = read_small_file(file);
        const auto entries =
            text ? producers::decode_producer_snapshot({reinterpret_cast<const std::uint8_t*>(text->data()), text->size()})
                 : fail(text.error());
        if (!entries) {
            return findings_.warn(file + ": " + entries.error().context + "; the producers are found again in the batches");
        }
        for (const auto& entry : *entries) {
            scan_.producer_id_max = std::max(scan_.producer_id_max, entry.id.value);
            const auto first = entry.transaction_first_offset;
            if (first >= Offset{0}) scan_.open_transaction = std::min(scan_.open_transaction.value_or(first), first);
        }
    }

    bool has(std::string_view name) const {
        return std::ranges::find(scan_.files, name, &io::DirEntry::name) != scan_.files.end();
    }
    bool refuse(std::string what) {
        findings_.refuse(std::move(what));
        return false;
    }

    const KafkaDirectory& directory_;
    const KafkaPartition& partition_;
    const ScanOptions options_;
    Findings& findings_;
    std::vector<Offset> bases_;
    PartitionScan scan_;
};

}  // namespace

bool is_log_file(const std::string& name) {
    if (name == kEpochFile || name == kMetadataFile) return true;
    return std::ranges::any_of(
        std::initializer_list<std::string_view>{log::kLogSuffix, log::kOffsetIndexSuffix, log::kTimeIndexSuffix,
                                                log::kSnapshotSuffix, kTransactionIndexSuffix},
        [&](std::string_view suffix) { return log::offset_in_name(name, suffix).has_value(); });
}

PartitionScan scan_partition(const KafkaDirectory& directory, const KafkaPartition& partition, const ScanOptions& options,
                             Findings& findings) {
    return Scan{directory, partition, options, findings}.run();
}

}  // namespace moldau::cli
