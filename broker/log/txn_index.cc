// Entries of aborted transactions: their bytes, searches and file.

#include "log/txn_index.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "bytes/endian.h"

namespace moldau::log {

namespace {

constexpr std::int16_t kVersion = 0;
// How many entries are read at once.
constexpr std::uint32_t kBlockEntries = 1024;
constexpr std::uint64_t kEntriesMax = std::numeric_limits<std::uint32_t>::max();

std::uint64_t position_of(std::uint32_t entry) { return std::uint64_t{entry} * kAbortedBytes; }

Task<Result<bytes::View>> read_entries(io::File& file, std::uint32_t first, std::uint32_t count) {
    MOLDAU_CO_TRY_ASSIGN(block, co_await io::read(file, position_of(first), std::size_t{count} * kAbortedBytes));
    if (block.size() < std::size_t{count} * kAbortedBytes) co_return fail(Errc::kCorrupt, file.path() + " became shorter");
    co_return block;
}

}  // namespace

void encode_aborted(std::uint8_t* out, const AbortedTransaction& aborted) {
    bytes::store_be(out, kVersion);
    bytes::store_be(out + 2, aborted.producer.value);
    bytes::store_be(out + 10, aborted.first.value);
    bytes::store_be(out + 18, aborted.last.value);
    bytes::store_be(out + 26, aborted.last_stable.value);
}

Result<AbortedTransaction> decode_aborted(bytes::Span bytes, Offset marker_min) {
    if (bytes.size() < kAbortedBytes) return fail(Errc::kCorrupt, "transaction index ends inside an entry");
    const auto version = bytes::load_be<std::int16_t>(bytes.data());
    if (version > kVersion) return fail(Errc::kNewerFormat, "transaction index version " + std::to_string(version));
    const AbortedTransaction aborted{.producer = ProducerId{bytes::load_be<std::int64_t>(bytes.data() + 2)},
                                     .first = Offset{bytes::load_be<std::int64_t>(bytes.data() + 10)},
                                     .last = Offset{bytes::load_be<std::int64_t>(bytes.data() + 18)},
                                     .last_stable = Offset{bytes::load_be<std::int64_t>(bytes.data() + 26)}};
    const bool is_plausible = version == kVersion && aborted.producer >= ProducerId{0} && aborted.first >= Offset{0} &&
                              aborted.first < aborted.last && aborted.last >= marker_min &&
                              aborted.last_stable >= Offset{0} && aborted.last_stable.value - 1 <= aborted.last.value;
    if (!is_plausible) return fail(Errc::kCorrupt, "transaction index entry is implausible");
    return aborted;
}

void AbortedSearch::take(const AbortedTransaction& aborted) {
    if (is_complete) return;
    if (aborted.last >= from && aborted.first < end) found.push_back(aborted);
    is_complete = aborted.last_stable >= end;
}

void TxnIndex::append(const AbortedTransaction& aborted) {
    if (held_.size() >= 2 * kHeldMax) let_go();
    held_.push_back(aborted);
    ++entries_;
}

// What the file has too need not stay in memory.
void TxnIndex::let_go() {
    const std::size_t unwritten = entries_ - in_file_;
    if (unwritten > kHeldMax) return;
    const std::size_t count = held_.size() - kHeldMax;
    unheld_last_ = held_[count - 1].last;
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count));
}

void TxnIndex::clear() {
    std::vector<AbortedTransaction>{}.swap(held_);
    entries_ = 0;
    in_file_ = 0;
    on_disk_ = 0;
    unheld_last_ = Offset{-1};
    file_is_unknown_ = true;
}

Task<Result<bool>> TxnIndex::adopt(io::FileSystem& files, Offset base, Offset end) {
    clear();
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files, path_, io::OpenMode::kRead));
    const std::uint64_t count = opened.bytes / kAbortedBytes;
    bool is_sound = opened.bytes % kAbortedBytes == 0 && count <= kEntriesMax;
    Offset marker_min = base;
    while (is_sound && entries_ < count) {
        const auto length = static_cast<std::uint32_t>(std::min<std::uint64_t>(kBlockEntries, count - entries_));
        auto block = co_await read_entries(*opened.file, entries_, length);
        if (!block && block.error().code != Errc::kCorrupt) co_return fail(std::move(block).error());
        for (std::uint32_t index = 0; block && is_sound && index < length; ++index) {
            const auto aborted = decode_aborted(block->span().subspan(position_of(index)), marker_min);
            if (!aborted && aborted.error().code == Errc::kNewerFormat) co_return fail(Errc::kNewerFormat, path_);
            is_sound = aborted.has_value();
            if (!is_sound) break;
            if (aborted->last >= end) co_return true;
            append(*aborted);
            on_disk_ = in_file_ = entries_;
            marker_min = aborted->last + 1;
        }
        is_sound = is_sound && block.has_value();
    }
    if (!is_sound) clear();
    if (is_sound) file_is_unknown_ = false;
    co_return is_sound;
}

Task<Result<void>> TxnIndex::truncate_to(io::FileSystem& files, Offset end) {
    if (entries_ == 0 || (!held_.empty() && held_.back().last < end)) co_return Result<void>{};
    file_is_unknown_ = true;
    while (!held_.empty() && held_.back().last >= end) {
        held_.pop_back();
        --entries_;
    }
    if (held_.empty() && entries_ > 0 && unheld_last_ >= end) {
        MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files, path_, io::OpenMode::kRead));
        MOLDAU_CO_TRY_ASSIGN(count, co_await lower_bound(*opened.file, entries_, end));
        entries_ = count;
    }
    in_file_ = std::min(in_file_, entries_);
    on_disk_ = std::min(on_disk_, entries_);
    co_return Result<void>{};
}

bool TxnIndex::search_now(AbortedSearch& search) const {
    if (first_held() > 0 && search.from <= unheld_last_) return false;
    for (const auto& aborted : held_) search.take(aborted);
    return true;
}

// The first of the file's entries before `end` whose marker is at or after `from`, else `end`.
Task<Result<std::uint32_t>> TxnIndex::lower_bound(io::File& file, std::uint32_t end, Offset from) {
    std::uint32_t low = 0;
    while (low < end) {
        // A block at a time once it is one.
        const bool is_block = end - low <= kBlockEntries;
        const std::uint32_t middle = is_block ? low : low + (end - low) / 2;
        MOLDAU_CO_TRY_ASSIGN(bytes, co_await read_entries(file, middle, is_block ? end - low : 1));
        for (std::size_t at = 0; at < bytes.size(); at += kAbortedBytes) {
            MOLDAU_CO_TRY_ASSIGN(aborted, decode_aborted(bytes.span().subspan(at), Offset{0}));
            if (aborted.last >= from) {
                end = middle + static_cast<std::uint32_t>(at / kAbortedBytes);
                break;
            }
            low = middle + static_cast<std::uint32_t>(at / kAbortedBytes) + 1;
        }
        if (is_block) break;
    }
    co_return low;
}

Task<Result<AbortedSearch>> TxnIndex::search(io::FileSystem& files, AbortedSearch search) {
    if (search_now(search)) co_return search;
    // Copied: the tail may be written and let go of meanwhile.
    const std::uint32_t end = first_held();
    const auto held = held_;
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files, path_, io::OpenMode::kRead));
    MOLDAU_CO_TRY_ASSIGN(next, co_await lower_bound(*opened.file, end, search.from));
    while (next < end && !search.is_complete) {
        MOLDAU_CO_TRY_ASSIGN(block, co_await read_entries(*opened.file, next, std::min(kBlockEntries, end - next)));
        for (std::size_t at = 0; at < block.size(); at += kAbortedBytes) {
            MOLDAU_CO_TRY_ASSIGN(aborted, decode_aborted(block.span().subspan(at), Offset{0}));
            search.take(aborted);
        }
        next += static_cast<std::uint32_t>(block.size() / kAbortedBytes);
    }
    for (const auto& aborted : held) search.take(aborted);
    co_return search;
}

Task<Result<void>> TxnIndex::write_tail_to(io::File& file) {
    const std::uint32_t count = entries_ - in_file_;
    if (count == 0) co_return Result<void>{};
    bytes::Buffer buffer{std::size_t{count} * kAbortedBytes};
    for (std::uint32_t index = 0; index < count; ++index) {
        encode_aborted(buffer.data() + std::size_t{index} * kAbortedBytes, held_[in_file_ - first_held() + index]);
    }
    buffer.commit(std::size_t{count} * kAbortedBytes);
    const std::uint32_t end = entries_;
    MOLDAU_CO_TRY(co_await io::write(file, position_of(in_file_), bytes::ChunkList{buffer.view()}));
    in_file_ = std::max(in_file_, end);
    co_return Result<void>{};
}

Task<Result<void>> TxnIndex::write_tail(io::FileSystem& files) {
    if (entries_ == in_file_) co_return Result<void>{};
    if (in_file_ == 0) name_is_unsynced_ = true;
    MOLDAU_CO_TRY_ASSIGN(opened, co_await io::open(files, path_, io::OpenMode::kCreate));
    co_return co_await write_tail_to(*opened.file);
}

Task<Result<void>> TxnIndex::finish(io::FileSystem& files) {
    if (!is_unfinished()) co_return Result<void>{};
    if (in_file_ == 0 && entries_ > 0) name_is_unsynced_ = true;
    auto opened = co_await io::open(files, path_, entries_ == 0 ? io::OpenMode::kReadWrite : io::OpenMode::kCreate);
    if (!opened && opened.error().code == Errc::kNotFound) {
        file_is_unknown_ = false;
        co_return Result<void>{};
    }
    if (!opened) co_return fail(std::move(opened).error());
    const std::uint32_t end = entries_;
    MOLDAU_CO_TRY(co_await write_tail_to(*opened->file));
    if (opened->bytes > position_of(in_file_)) MOLDAU_CO_TRY(co_await io::truncate(*opened->file, position_of(in_file_)));
    MOLDAU_CO_TRY(co_await io::sync(*opened->file));
    if (name_is_unsynced_) MOLDAU_CO_TRY(co_await io::sync_dir(files, path_.substr(0, path_.rfind('/'))));
    name_is_unsynced_ = false;
    file_is_unknown_ = false;
    on_disk_ = std::max(on_disk_, end);
    co_return Result<void>{};
}

}  // namespace moldau::log
