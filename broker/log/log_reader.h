// Reads what the hot tail does not have: ranges of batches from files, and records by timestamp.
//
// The problem: a consumer that is hours behind must get its data without pushing the newest out of memory, while segments
// are rolled and deleted under it. The idea: bounded pieces straight from the files, nothing of it cached but where each
// reader will go on; a segment in use is shared, so that it may be deleted meanwhile. Batches are checked for plausibility,
// not for their checksum: that is the consumer's, and recovery's. Who only sends batches on gets file ranges
// (log/cached_run.h): at once while the page cache has them, else after bringing them in together with what comes after.
// Place: one per `Log`.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "io/file.h"
#include "log/log_types.h"
#include "log/segment_list.h"
#include "log/segment_search.h"

namespace moldau::log {

// Lifetime: that of its log. Thread: its log's core. Everything below `end` of a read must be in segments.
class LogReader {
public:
    LogReader(io::FileSystem& files, std::string dir, const SegmentList& segments);

    // As Log::read, below what the segments have. Errors: kIo, kCorrupt, kOffsetOutOfRange when the segment goes meanwhile.
    Task<Result<ReadRange>> read(ReadOptions options);
    // The same without waiting, as a file range: where a reader went on before and the page cache has what comes now.
    std::optional<ReadRange> read_cached(const ReadOptions& options);
    Task<Result<std::optional<TimestampedOffset>>> find_timestamp(TimestampQuery query);
    Task<Result<std::optional<TimestampedOffset>>> find_max_timestamp(Offset from, Offset end);

    void set_index_interval(std::int32_t bytes) { index_interval_bytes_ = bytes; }
    // Offsets were cut away: remembered places count no more.
    void forget_places() { places_ = {}; }

private:
    // Where a read ended: the next one that begins there needs no index.
    struct Place {
        Offset offset{-1};
        Offset segment{-1};
        std::uint64_t position = 0;
        bool is_cold = false;            // the disk was asked for what came before
        bool has_small_batches = false;  // before
    };
    SearchContext context(std::size_t piece_bytes) const;
    Task<Result<ReadRange>> read_segment(SegmentRef segment, ReadOptions options);
    Task<Result<std::optional<ReadRange>>> read_file_range(SegmentRef segment, ReadOptions options);
    Task<Result<Sought>> start(SegmentRef segment, Offset offset, std::size_t piece_bytes);
    const Place* find_place(const Segment& segment, Offset offset) const;
    void remember(Place place);
    void use_file_of(const SegmentRef& segment);

    io::FileSystem& files_;
    std::string dir_;
    const SegmentList& segments_;
    std::int32_t index_interval_bytes_ = 4096;
    std::array<Place, 4> places_;
    std::size_t next_place_ = 0;
    std::weak_ptr<Segment> open_segment_;  // the closed one whose file is kept open
};

}  // namespace moldau::log
