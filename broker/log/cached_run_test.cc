// Runs of batches as file ranges: how far they go, when they are refused, and that a log on real files gives the same bytes
// either way.

#include "log/cached_run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "io/core.h"
#include "log/log.h"
#include "log/log_testing.h"

namespace moldau::log {
namespace {

using testing::batch_bytes;
using testing::batch_of;
using FirstBatch = ReadOptions::FirstBatch;
using Form = ReadOptions::Form;

// A file whose first `cached` bytes are in the page cache.
class CachedFile final : public io::File {
public:
    void add(bytes::View batch) {
        content_.insert(content_.end(), batch.data(), batch.data() + batch.size());
        cached = content_.size();
    }
    std::uint64_t size() const { return content_.size(); }
    std::vector<std::uint8_t>& content() { return content_; }
    std::uint64_t cached = 0;

    bool read_cached(std::uint64_t position, bytes::MutableSpan into) override {
        if (position + into.size() > cached) return false;
        std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(position), into.size(), into.begin());
        return true;
    }
    std::optional<bytes::FileRange> cached_range(std::uint64_t position, std::size_t length) override {
        if (position + length > cached) return std::nullopt;
        return bytes::FileRange{{}, 0, position, length};
    }
    void read(std::uint64_t, std::size_t, io::Done<bytes::View> done) override { done(bytes::View{}); }
    void write(std::uint64_t, bytes::ChunkList, io::Done<void> done) override { done({}); }
    void sync(io::Done<void> done) override { done({}); }
    void truncate(std::uint64_t, io::Done<void> done) override { done({}); }
    void allocate(std::uint64_t, io::Done<void> done) override { done({}); }
    const std::string& path() const override { return path_; }

private:
    std::vector<std::uint8_t> content_;
    std::string path_ = "cached";
};

constexpr std::size_t kValueBytes = 20'000;

class CachedRunTest : public ::testing::Test {
protected:
    void SetUp() override {
        for (int index = 0; index < kBatches; ++index) {
            const auto batch = batch_bytes({.value_bytes = kValueBytes, .base = Offset{index}});
            batch_size_ = batch.size();
            file_.add(batch);
        }
    }
    std::optional<CachedRun> run_from(std::int64_t batch, ReadOptions options) {
        options.from = Offset{batch};
        return cached_run(file_, {static_cast<std::uint64_t>(batch) * batch_size_, file_.size(), Offset{batch}}, options);
    }

    static constexpr int kBatches = 10;
    CachedFile file_;
    std::size_t batch_size_ = 0;
};

TEST_F(CachedRunTest, HoldsWholeBatchesUpToTheLimit) {
    const auto run = run_from(2, {.end = Offset{100}, .bytes_max = 3 * batch_size_ + 1});
    ASSERT_TRUE(run);
    EXPECT_EQ(run->end, Offset{5});
    EXPECT_EQ(run->range.position, 2 * batch_size_);
    EXPECT_EQ(run->range.length, 3 * batch_size_);
    EXPECT_EQ(run->position_end, 5 * batch_size_);
}

TEST_F(CachedRunTest, EndsBelowTheOffsetThatMayBeRead) {
    const auto run = run_from(0, {.end = Offset{4}, .bytes_max = 1 << 20});
    ASSERT_TRUE(run);
    EXPECT_EQ(run->end, Offset{4});
    EXPECT_FALSE(run_from(4, {.end = Offset{4}, .bytes_max = 1 << 20}));
}

TEST_F(CachedRunTest, HoldsAFirstBatchThatIsTooLongOnlyWhenAsked) {
    EXPECT_FALSE(run_from(0, {.end = Offset{9}, .bytes_max = 100}));
    const auto run = run_from(0, {.end = Offset{9}, .bytes_max = 100, .first_batch = FirstBatch::kAlways});
    ASSERT_TRUE(run);
    EXPECT_EQ(run->range.length, batch_size_);
}

TEST_F(CachedRunTest, EndsWhereThePageCacheDoes) {
    file_.cached = 3 * batch_size_ + wire::kBatchHeaderBytes - 1;
    const auto run = run_from(0, {.end = Offset{100}, .bytes_max = 1 << 20});
    ASSERT_TRUE(run);
    EXPECT_EQ(run->end, Offset{3});
    EXPECT_FALSE(run_from(3, {.end = Offset{100}, .bytes_max = 1 << 20}));
}

TEST_F(CachedRunTest, RefusesARangeWhoseMiddleMustBeReadFromTheDisk) {
    file_.cached = batch_size_ + wire::kBatchHeaderBytes;
    EXPECT_FALSE(run_from(1, {.end = Offset{2}, .bytes_max = 1 << 20}));
}

TEST_F(CachedRunTest, RefusesWhatIsNoBatch) {
    file_.content()[batch_size_ + 16] = 9;  // of the second one: no such format
    EXPECT_FALSE(run_from(0, {.end = Offset{100}, .bytes_max = 1 << 20}));
    EXPECT_FALSE(run_from(1, {.end = Offset{100}, .bytes_max = 1 << 20}));
}

TEST_F(CachedRunTest, LeavesSmallBatchesToMemory) {
    CachedFile file;
    for (int index = 0; index < 20; ++index) file.add(batch_bytes({.value_bytes = 1'000, .base = Offset{index}}));
    const ReadOptions options{.from = Offset{0}, .end = Offset{20}, .bytes_max = 1 << 20};
    EXPECT_FALSE(cached_run(file, {0, file.size(), Offset{0}}, options));
    // Few of them are not worth the judgement.
    EXPECT_TRUE(cached_run(file, {0, file.size(), Offset{0}}, {.from = Offset{0}, .end = Offset{3}, .bytes_max = 1 << 20}));
}

// A log on real files, most of it beyond the hot tail.
class FileRangeLogTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "moldau-ranges-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        auto opened = io::run(core_, Log::open({.dir = folder_ + "/orders-0", .name = {"orders", PartitionIndex{0}}},
                                               config_, {.executor = core_.executor(), .files = core_.files()}));
        ASSERT_TRUE(opened) << opened.error().to_string();
        log_ = *std::move(opened);
    }
    void TearDown() override {
        EXPECT_TRUE(io::run(core_, log_->close()));
        std::filesystem::remove_all(folder_);
    }
    void append(int batches, std::size_t value_bytes) {
        for (int index = 0; index < batches; ++index) {
            const auto fill = static_cast<char>('a' + index % 26);
            auto batch = batch_of({.value_bytes = value_bytes, .fill = fill, .base = log_->end_offset()});
            ASSERT_TRUE(log_->append(std::move(batch), LeaderEpoch{0}, core_.executor().now()));
        }
        ASSERT_TRUE(io::run(core_, log_->flush()));
    }
    ReadRange read(Offset from, Form form) {
        const ReadOptions options{
            .from = from, .end = log_->end_offset(), .bytes_max = 200'000, .first_batch = FirstBatch::kAlways, .form = form};
        auto range = io::run(core_, log_->read(options));
        EXPECT_TRUE(range) << range.error().to_string();
        return *std::move(range);
    }
    // The pieces put together, those of files by reading them.
    static std::string content(const bytes::ChunkList& list) {
        std::string all;
        std::size_t next = 0;
        const auto& chunks = list.memory_chunks();
        for (const auto& [before, range] : list.file_ranges()) {
            for (; next < before; ++next) all += chunks[next].text();
            std::string part(range.length, ' ');
            EXPECT_EQ(::pread(range.descriptor, part.data(), part.size(), static_cast<off_t>(range.position)),
                      static_cast<ssize_t>(part.size()));
            all += part;
        }
        for (; next < chunks.size(); ++next) all += chunks[next].text();
        return all;
    }
    // Reads all in both forms, which must agree; how many reads gave file ranges.
    int compare_forms() {
        int ranges = 0;
        for (Offset from = log_->log_start_offset(); from < log_->end_offset();) {
            const auto either = read(from, Form::kMemoryOrFile);
            std::string in_memory;
            Offset reached = from;
            while (reached < either.end) {
                const auto part = read(reached, Form::kMemory);
                in_memory += content(part.batches);
                reached = part.end;
            }
            const auto text = content(either.batches);
            EXPECT_EQ(text, in_memory.substr(0, text.size())) << from.value;
            EXPECT_GT(either.end, from);
            if (!either.batches.file_ranges().empty()) ++ranges;
            from = either.end;
        }
        return ranges;
    }

    io::IoThreads threads_{{.writers = 2, .readers = 2}};
    io::Core core_{0, threads_};
    std::string folder_;
    LogConfig config_{.segment_bytes = 1 << 20, .durability = Durability::kReplicated, .hot_tail_bytes = 50'000};
    std::unique_ptr<Log> log_;
};

TEST_F(FileRangeLogTest, GivesTheSameBytesAsMemory) {
    append(150, 30'000);
    EXPECT_GT(compare_forms(), 15);
    EXPECT_GT(log_->stats().segments, 3u);
}

TEST_F(FileRangeLogTest, ReadsSmallBatchesIntoMemory) {
    append(500, 500);
    EXPECT_EQ(compare_forms(), 0);
}

TEST_F(FileRangeLogTest, GoesOnWithoutWaitingWhereAReaderWasBefore) {
    append(30, 30'000);
    const ReadOptions options{.from = Offset{0},
                              .end = Offset{30},
                              .bytes_max = 200'000,
                              .first_batch = FirstBatch::kAlways,
                              .form = Form::kMemoryOrFile};
    EXPECT_FALSE(log_->read_now(options));
    const auto first = read(Offset{0}, Form::kMemoryOrFile);
    ReadOptions next = options;
    next.from = first.end;
    const auto second = log_->read_now(next);
    ASSERT_TRUE(second && *second);
    EXPECT_EQ((*second)->batches.memory_bytes(), 0u);
    EXPECT_EQ(content((*second)->batches), content(read(first.end, Form::kMemory).batches));
}

TEST_F(FileRangeLogTest, KeepsAFileThatIsBeingSentThoughItIsDeleted) {
    append(150, 30'000);
    const auto range = read(Offset{0}, Form::kMemoryOrFile);
    ASSERT_FALSE(range.batches.file_ranges().empty());
    const auto before = content(range.batches);
    ASSERT_TRUE(io::run(core_, log_->advance_start(Offset{140})));
    EXPECT_EQ(content(range.batches), before);
}

}  // namespace
}  // namespace moldau::log
