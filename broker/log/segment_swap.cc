// The steps of the exchange, and its end after a crash.

#include "log/segment_swap.h"

#include <algorithm>
#include <array>
#include <optional>

#include "log/batch_cursor.h"
#include "log/log_events.h"

namespace moldau::log {

namespace {

constexpr std::array kIndexSuffixes{kOffsetIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix};

std::string with(std::string_view suffix, std::string_view state) { return std::string{suffix} + std::string{state}; }

// Some files need not be there.
Task<Result<void>> rename_if_present(io::FileSystem& files, std::string from, std::string to) {
    auto renamed = co_await io::rename(files, std::move(from), std::move(to));
    if (!renamed && renamed.error().code == Errc::kNotFound) co_return Result<void>{};
    co_return renamed;
}

struct StateChange {
    Offset base;
    std::string_view from;
    std::string_view to;
};

Task<Result<void>> rename_indexes(SegmentFolder folder, StateChange change) {
    for (const auto suffix : kIndexSuffixes) {
        MOLDAU_CO_TRY(co_await rename_if_present(folder.files,
                                                 segment_path(folder.dir, change.base, with(suffix, change.from)),
                                                 segment_path(folder.dir, change.base, with(suffix, change.to))));
    }
    co_return Result<void>{};
}

}  // namespace

Task<Result<void>> prepare_swap(SegmentFolder folder, SegmentRef fresh) {
    const Offset base = fresh->base_offset();
    // An empty one, where the old segment has one: a start that finds none takes it for exchanged already.
    const auto old = co_await io::open(folder.files, segment_path(folder.dir, base, kTxnIndexSuffix), io::OpenMode::kRead);
    if (old && fresh->txn_index().entries() == 0) {
        MOLDAU_CO_TRY(co_await io::open(folder.files, segment_path(folder.dir, base, with(kTxnIndexSuffix, kCleanedSuffix)),
                                        io::OpenMode::kCreate));
    }
    MOLDAU_CO_TRY(co_await rename_indexes(folder, {base, kCleanedSuffix, kSwapSuffix}));
    co_return co_await io::sync_dir(folder.files, folder.dir);
}

Task<Result<void>> announce_swap(SegmentFolder folder, SegmentRef fresh) {
    const Offset base = fresh->base_offset();
    MOLDAU_CO_TRY(co_await io::rename(folder.files, segment_path(folder.dir, base, with(kLogSuffix, kCleanedSuffix)),
                                      segment_path(folder.dir, base, with(kLogSuffix, kSwapSuffix))));
    MOLDAU_CO_TRY(co_await io::sync_dir(folder.files, folder.dir));
    fresh->set_suffix(kSwapSuffix);
    co_return Result<void>{};
}

Task<void> discard_cleaned(SegmentFolder folder, Offset base) {
    for (const auto state : {kSwapSuffix, kCleanedSuffix}) {  // `.log.swap` first: while it is there the exchange counts
        static_cast<void>(co_await io::remove_file(folder.files, segment_path(folder.dir, base, with(kLogSuffix, state))));
        for (const auto suffix : kIndexSuffixes) {
            static_cast<void>(co_await io::remove_file(folder.files, segment_path(folder.dir, base, with(suffix, state))));
        }
    }
}

Task<Result<void>> mark_deleted(SegmentFolder folder, SegmentRef segment) {
    const Offset base = segment->base_offset();
    const std::string path = segment->path();
    segment->set_suffix(kDeletedSuffix);
    MOLDAU_CO_TRY(co_await rename_indexes(folder, {base, "", kDeletedSuffix}));
    co_return co_await rename_if_present(folder.files, path, segment->path());
}

Task<Result<void>> complete_swap(SegmentFolder folder, SegmentRef fresh, std::vector<SegmentRef> old) {
    const Offset base = fresh->base_offset();
    for (const auto& segment : old) {
        if (segment->base_offset() == base) continue;
        MOLDAU_CO_TRY(co_await mark_deleted(folder, segment));
        MOLDAU_CO_TRY(
            co_await io::remove_file(folder.files, segment_path(folder.dir, segment->base_offset(), kSnapshotSuffix)));
    }
    // Its index files are replaced under the old names; nobody must write them any more.
    const std::string path = segment_path(folder.dir, base, kLogSuffix);
    old.front()->set_suffix(kDeletedSuffix);
    if (fresh->txn_index().entries() == 0)
        MOLDAU_CO_TRY(co_await io::remove_file(folder.files, segment_path(folder.dir, base, kTxnIndexSuffix)));
    MOLDAU_CO_TRY(co_await rename_indexes(folder, {base, kSwapSuffix, ""}));
    MOLDAU_CO_TRY(co_await io::sync_dir(folder.files, folder.dir));
    MOLDAU_CO_TRY(co_await io::rename(folder.files, path, old.front()->path()));
    MOLDAU_CO_TRY(co_await io::rename(folder.files, fresh->path(), path));
    fresh->set_suffix("");
    co_return co_await io::sync_dir(folder.files, folder.dir);
}

Task<Result<void>> remove_files(SegmentFolder folder, SegmentRef segment) {
    MOLDAU_CO_TRY(co_await io::remove_file(folder.files, segment->path()));
    MOLDAU_CO_TRY(co_await io::remove_file(folder.files, segment->offset_index().storage().path()));
    MOLDAU_CO_TRY(co_await io::remove_file(folder.files, segment->txn_index().path()));
    co_return co_await io::remove_file(folder.files, segment->time_index().storage().path());
}

namespace {

using Entries = std::map<std::string, std::uint64_t>;

class SwapRecovery {
public:
    SwapRecovery(SegmentFolder folder, Entries& entries) : folder_(std::move(folder)), entries_(entries) {}

    Task<Result<void>> run() {
        for (const auto& name : names()) {
            if (const auto base = offset_in_name(name, with(kLogSuffix, kSwapSuffix))) MOLDAU_CO_TRY(co_await finish(*base));
        }
        for (const auto& name : names()) {
            const bool is_leftover =
                name.ends_with(kCleanedSuffix) || name.ends_with(kDeletedSuffix) || name.ends_with(kSwapSuffix);
            if (is_leftover) MOLDAU_CO_TRY(co_await remove(name));
        }
        co_return Result<void>{};
    }

private:
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& [name, bytes] : entries_) names.push_back(name);
        return names;
    }
    std::string name_of(Offset base, const std::string& suffix) const { return segment_path("", base, suffix).substr(1); }
    Task<Result<void>> remove(std::string name) {
        entries_.erase(name);
        co_return co_await io::remove_file(folder_.files, folder_.dir + '/' + name);
    }
    Task<Result<void>> rename(std::string from, std::string to) {
        const auto found = entries_.find(from);
        if (found == entries_.end()) co_return Result<void>{};
        entries_.insert_or_assign(to, found->second);
        entries_.erase(found);
        co_return co_await io::rename(folder_.files, folder_.dir + '/' + from, folder_.dir + '/' + to);
    }

    // Where the new segment ends.
    Task<Result<Offset>> end_of(std::string name, Offset base) {
        MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(folder_.files, folder_.dir + '/' + name, io::OpenMode::kRead));
        BatchCursor cursor{std::move(opened.file), {.position = 0, .end = opened.bytes, .offset_min = base}};
        Offset end = base;
        while (true) {
            MOLDAU_CO_TRY_ASSIGN(batch, co_await cursor.next());
            if (!batch) co_return end;
            if (!wire::BatchSpan{batch->header, batch->bytes.span()}.has_valid_crc())
                co_return fail(Errc::kCorrupt, folder_.dir + '/' + name + " at " + std::to_string(batch->position));
            end = batch->end();
        }
    }

    Task<Result<void>> finish(Offset base) {
        const std::string swap = name_of(base, with(kLogSuffix, kSwapSuffix));
        MOLDAU_CO_TRY_ASSIGN(end, co_await end_of(swap, base));
        for (const auto& name : names()) {
            for (const auto suffix : {kLogSuffix, kOffsetIndexSuffix, kTimeIndexSuffix, kTxnIndexSuffix, kSnapshotSuffix}) {
                const auto of = offset_in_name(name, suffix);
                if (of && *of > base && *of < end) MOLDAU_CO_TRY(co_await remove(name));
            }
        }
        for (const auto suffix : kIndexSuffixes) {
            MOLDAU_CO_TRY(co_await rename(name_of(base, with(suffix, kSwapSuffix)), name_of(base, std::string{suffix})));
        }
        MOLDAU_CO_TRY(co_await io::sync_dir(folder_.files, folder_.dir));
        MOLDAU_CO_TRY(co_await rename(swap, name_of(base, std::string{kLogSuffix})));
        report_repair(folder_.dir + '/' + swap + ": finished its exchange");
        co_return co_await io::sync_dir(folder_.files, folder_.dir);
    }

    SegmentFolder folder_;
    Entries& entries_;
};

}  // namespace

Task<Result<void>> recover_swaps(SegmentFolder folder, Entries& entries) {
    SwapRecovery recovery{std::move(folder), entries};
    co_return co_await recovery.run();
}

}  // namespace moldau::log
