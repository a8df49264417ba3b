// The walk, and the indexes that are followed along it.

#include "cli/offline/partition_check.h"

#include <algorithm>
#include <optional>

#include "bytes/endian.h"
#include "cli/offline/segment_file.h"
#include "log/leader_epochs.h"
#include "log/offset_index.h"
#include "log/segment.h"
#include "log/time_index.h"
#include "log/txn_index.h"
#include "producers/producer_snapshot.h"
#include "producers/producer_states.h"

namespace moldau::cli {
namespace {

constexpr const char* kCopyRemedy = "; restore the file from a copy or a replica";
constexpr const char* kIndexRemedy = "; remove the file, the broker builds it anew at start";

bytes::Span span_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// One index file as its entries, and how far the walk has followed it. A file that is missing has none.
class IndexFile {
public:
    IndexFile(std::string path, std::size_t entry_bytes, std::vector<std::string>& faults)
        : path_(std::move(path)), entry_bytes_(entry_bytes), faults_(faults) {
        auto text = read_small_file(path_);
        if (!text && text.error().code != Errc::kNotFound) faults_.push_back(text.error().context);
        if (!text) return;
        text_ = *std::move(text);
        // Kafka reserves room in the index that it writes, which reads as zeros.
        const auto last = text_.find_last_not_of('\0');
        const auto used = last == text_.npos ? 0 : (last / entry_bytes_ + 1) * entry_bytes_;
        if (used + entry_bytes_ < text_.size()) text_.resize(used);
        if (text_.size() % entry_bytes_ != 0) fault("is no whole number of entries");
    }
    // The next entry; null after the last.
    const std::uint8_t* peek() const {
        return next_ + entry_bytes_ > text_.size() ? nullptr : span_of(text_).data() + next_;
    }
    void take() { next_ += entry_bytes_; }
    // One fault says enough of an index.
    void fault(const std::string& what) {
        faults_.push_back(path_ + " at " + std::to_string(next_) + ": " + what + kIndexRemedy);
        next_ = text_.size();
    }

private:
    std::string path_;
    std::size_t entry_bytes_;
    std::vector<std::string>& faults_;
    std::string text_;
    std::size_t next_ = 0;
};

// The indexes of one segment, shown each of its batches.
class SegmentIndexes {
public:
    SegmentIndexes(const std::string& folder, Offset base, std::vector<std::string>& faults)
        : base_(base),
          offsets_(log::segment_path(folder, base, log::kOffsetIndexSuffix), log::OffsetIndex::kEntryBytes, faults),
          times_(log::segment_path(folder, base, log::kTimeIndexSuffix), log::TimeIndex::kEntryBytes, faults),
          transactions_(log::segment_path(folder, base, ".txnindex"), log::kAbortedBytes, faults) {}

    void batch(const FileBatch& batch, std::optional<wire::EndTransactionMarker> marker) {
        follow_offsets(batch);
        follow_times(batch.header.last_offset());
        largest_ = std::max(largest_, batch.header.max_timestamp);
        if (marker && marker->type == wire::ControlType::kAbort) follow_transactions(batch.header.base_offset);
    }
    void end(std::uint64_t bytes, Offset end) {
        if (offsets_.peek() != nullptr) offsets_.fault("points beyond the segment's " + std::to_string(bytes) + " bytes");
        follow_times(end);
        if (transactions_.peek() != nullptr)
            transactions_.fault("names a transaction of which the segment has no abort marker");
    }

private:
    // An entry points at the start of a batch, and covers at least that batch.
    void follow_offsets(const FileBatch& batch) {
        while (const auto* entry = offsets_.peek()) {
            const auto position = static_cast<std::uint64_t>(bytes::load_be<std::uint32_t>(entry + 4));
            if (position > batch.position) return;
            const auto offset = base_ + bytes::load_be<std::int32_t>(entry);
            if (position < batch.position) return offsets_.fault("points at no batch");
            if (offset < batch.header.last_offset()) {
                return offsets_.fault("says offset " + std::to_string(offset.value) + " where offset " +
                                      std::to_string(batch.header.last_offset().value) + " is");
            }
            offsets_.take();
        }
    }

    // No batch that ends before an entry's offset may be newer than it says: a search would miss it.
    void follow_times(Offset reached) {
        while (const auto* entry = times_.peek()) {
            const auto offset = base_ + bytes::load_be<std::int32_t>(entry + 8);
            if (offset >= reached) return;
            const auto timestamp = bytes::load_be<std::int64_t>(entry);
            if (timestamp < largest_) {
                return times_.fault("says timestamp " + std::to_string(timestamp) + ", but " + std::to_string(largest_) +
                                    " comes before offset " + std::to_string(offset.value));
            }
            times_.take();
        }
    }

    void follow_transactions(Offset marker) {
        const auto* entry = transactions_.peek();
        const auto aborted = entry != nullptr ? log::decode_aborted({entry, log::kAbortedBytes}, Offset{0})
                                              : fail(Errc::kCorrupt, "the abort marker has no entry");
        if (!aborted || aborted->last != marker) {
            return transactions_.fault("has no entry for the abort marker at offset " + std::to_string(marker.value));
        }
        transactions_.take();
    }

    Offset base_;
    IndexFile offsets_;
    IndexFile times_;
    IndexFile transactions_;
    std::int64_t largest_ = -1;
};

class Check {
public:
    explicit Check(const std::string& folder) : folder_(folder) {}

    PartitionCheck run() {
        auto entries = io::posix::list(folder_);
        if (!entries) {
            fault(entries.error().context);
            return std::move(check_);
        }
        std::vector<Offset> bases;
        for (const auto& entry : *entries) {
            if (const auto base = log::offset_in_name(entry.name, log::kLogSuffix)) bases.push_back(*base);
        }
        std::ranges::sort(bases);
        if (bases.empty())
            fault(folder_ + ": has no segment (a file of 20 digits and .log); name the folder of a partition");
        if (!bases.empty()) check_.start = check_.end = bases.front();
        for (const auto base : bases) check_segment(base);
        for (const auto& entry : *entries) check_small_file(entry.name, bases);
        return std::move(check_);
    }

private:
    void fault(std::string what) { check_.faults.push_back(std::move(what)); }

    void check_segment(Offset base) {
        ++check_.segments;
        auto file = SegmentFile::open(log::segment_path(folder_, base, log::kLogSuffix));
        if (!file) return fault(file.error().context);
        if (base < check_.end) {
            fault(file->path() + ": begins before offset " + std::to_string(check_.end.value) +
                  ", where the segment before it ends" + kCopyRemedy);
        }
        check_.bytes += file->bytes();
        SegmentIndexes indexes{folder_, base, check_.faults};
        Offset end = base;
        while (true) {
            const auto batch = file->next();
            if (!batch)
                return fault(batch.error().context + " (whole up to offset " + std::to_string(end.value) + ')' +
                             kCopyRemedy);
            if (!*batch) break;
            check_batch(*file, **batch, end, indexes);
            end = std::max(end, (*batch)->header.next_offset());
        }
        indexes.end(file->bytes(), end);
        check_.end = std::max(check_.end, end);
    }

    void check_batch(const SegmentFile& file, const FileBatch& batch, Offset expected, SegmentIndexes& indexes) {
        const auto& header = batch.header;
        const auto where = file.path() + " at " + std::to_string(batch.position) + ": ";
        const auto bytes = file.read(batch);
        if (!bytes) return fault(bytes.error().context);
        if (!wire::BatchSpan{header, bytes->span()}.has_valid_crc()) {
            fault(where + "the batch at offset " + std::to_string(header.base_offset.value) + " fails its checksum" +
                  kCopyRemedy);
        }
        if (header.base_offset < expected) {
            fault(where + "offset " + std::to_string(header.base_offset.value) + " after " + std::to_string(expected.value) +
                  kCopyRemedy);
        }
        if (header.leader_epoch < epoch_) {
            fault(where + "leader epoch " + std::to_string(header.leader_epoch.value) + " after " +
                  std::to_string(epoch_.value) + kCopyRemedy);
        }
        epoch_ = std::max(epoch_, header.leader_epoch);
        if (check_.batches > 0 && header.base_offset > last_end_) ++check_.gaps;
        last_end_ = header.next_offset();
        ++check_.batches;
        check_.records += header.record_count;
        indexes.batch(batch, producers::marker_in(header, bytes->span().subspan(wire::kBatchHeaderBytes)));
    }

    void check_small_file(const std::string& name, const std::vector<Offset>& bases) {
        const auto path = folder_ + '/' + name;
        if (log::offset_in_name(name, log::kSnapshotSuffix)) {
            const auto text = read_small_file(path);
            const auto entries = text ? producers::decode_producer_snapshot(span_of(*text)) : fail(text.error());
            if (!entries) fault(path + ": " + entries.error().context + kIndexRemedy);
        }
        if (name == "leader-epoch-checkpoint") check_epochs(path);
        for (const auto suffix : {log::kOffsetIndexSuffix, log::kTimeIndexSuffix}) {
            const auto base = log::offset_in_name(name, suffix);
            if (base && !std::ranges::binary_search(bases, *base)) fault(path + ": has no segment; remove it");
        }
        if (name.find(".damaged-") != name.npos) {
            fault(path + ": was kept aside by recovery as damaged; look what is missing, then remove it");
        }
    }

    void check_epochs(const std::string& path) {
        const auto text = read_small_file(path);
        const auto epochs = text ? log::LeaderEpochs::parse(*text) : fail(text.error());
        if (!epochs) return fault(path + ": " + epochs.error().context + kIndexRemedy);
        if (epochs->latest() < epoch_ || (!epochs->entries().empty() && epochs->entries().back().start > check_.end)) {
            fault(path + ": ends with epoch " + std::to_string(epochs->latest().value) + ", the batches with " +
                  std::to_string(epoch_.value) + kIndexRemedy);
        }
    }

    const std::string& folder_;
    PartitionCheck check_;
    LeaderEpoch epoch_ = kNoLeaderEpoch;
    Offset last_end_{0};  // of the newest batch
};

}  // namespace

PartitionCheck check_partition(const std::string& folder) { return Check{folder}.run(); }

}  // namespace moldau::cli
