// Real files in a temporary folder: transfers, order, errors, locks, replacing a file.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "io/core.h"
#include "io/page_cache.h"

namespace moldau::io {
namespace {

bytes::ChunkList chunks(std::initializer_list<std::string_view> pieces) {
    bytes::ChunkList list;
    for (const auto piece : pieces) list.append(bytes::View::copy_of(piece));
    return list;
}

std::string content_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

class FilesTest : public testing::Test {
protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "moldau-files-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string path(std::string_view name) const { return folder_ + '/' + std::string{name}; }
    template <class T>
    T run(Task<T> task) {
        return io::run(core_, std::move(task));
    }
    std::unique_ptr<File> open_file(std::string_view name, OpenMode mode = OpenMode::kCreate) {
        auto opened = run(open(files_, path(name), mode));
        EXPECT_TRUE(opened) << opened.error().to_string();
        return std::move(opened->file);
    }

    IoThreads threads_{{.writers = 3, .readers = 2}};
    Core core_{0, threads_};
    FileSystem& files_ = core_.files();
    std::string folder_;
};

TEST_F(FilesTest, ReadsBackWhatWasWritten) {
    auto file = open_file("a");
    ASSERT_TRUE(run(write(*file, 0, chunks({"hello ", "", "world"}))));
    ASSERT_TRUE(run(sync(*file)));
    EXPECT_EQ(run(read(*file, 6, 5))->text(), "world");
    EXPECT_EQ(content_of(path("a")), "hello world");
    EXPECT_EQ(run(open(files_, path("a"), OpenMode::kRead))->bytes, 11u);
}

TEST_F(FilesTest, ReadsFewerBytesOnlyWhereTheFileEnds) {
    auto file = open_file("a");
    ASSERT_TRUE(run(write(*file, 0, chunks({"0123456789"}))));
    EXPECT_EQ(run(read(*file, 7, 100))->text(), "789");
    EXPECT_EQ(run(read(*file, 10, 4))->size(), 0u);
    EXPECT_EQ(run(read(*file, 50, 4))->size(), 0u);
    EXPECT_EQ(run(read(*file, 7, 100))->held_bytes(), 3u);
}

TEST_F(FilesTest, ReadsWithoutWaitingWhatThePageCacheHas) {
    auto file = open_file("a");
    ASSERT_TRUE(run(write(*file, 0, chunks({"0123456789"}))));
    std::array<std::uint8_t, 4> bytes{};
    EXPECT_TRUE(file->read_cached(6, bytes));
    EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "6789");
    EXPECT_FALSE(file->read_cached(7, bytes)) << "the file ends before";
}

TEST_F(FilesTest, GivesARangeOfAFileThatStaysOpenWhenTheFileIsGone) {
    auto file = open_file("a");
    ASSERT_TRUE(run(write(*file, 0, chunks({"0123456789"}))));
    auto range = file->cached_range(2, 5);
    ASSERT_TRUE(range);
    file.reset();
    ASSERT_TRUE(run(remove_file(files_, path("a"))));
    std::string text(range->length, ' ');
    EXPECT_EQ(::pread(range->descriptor, text.data(), text.size(), static_cast<off_t>(range->position)), 5);
    EXPECT_EQ(text, "23456");
}

TEST_F(FilesTest, BringsInWhatThePageCacheLacks) {
    constexpr std::size_t kBytes = 3 << 20;
    auto file = open_file("a");
    ASSERT_TRUE(run(write(*file, 0, chunks({std::string(kBytes, 'x')}))));
    ASSERT_TRUE(run(sync(*file)));
    ASSERT_TRUE(file->cached_range(0, kBytes));
    const int other = ::open(path("a").c_str(), O_RDONLY);
    ::posix_fadvise(other, 0, 0, POSIX_FADV_DONTNEED);
    ::close(other);
    if (file->cached_range(0, kBytes)) GTEST_SKIP() << "this file system is its own page cache";
    const auto found = run(bring_in(*file, 0, {1 << 20, kBytes - (1 << 20)}));
    ASSERT_TRUE(found);
    auto opened = posix::open_file(path("a"), OpenMode::kRead);
    const posix::OpenFile again{std::move(opened->descriptor), path("a")};
    const bool kernel_tells = posix::ask_page_cache(again, 0, 1) != posix::Cached::kUnknown;
    EXPECT_EQ(*found, kernel_tells ? File::Found::kOnDisk : File::Found::kCached);
    EXPECT_TRUE(file->cached_range(0, 1 << 20));
    EXPECT_EQ(run(bring_in(*file, 0, {1 << 20, 0})), File::Found::kCached);
}

TEST_F(FilesTest, CarriesOutWritesInOrderOfSubmission) {
    auto file = open_file("a");
    constexpr int kWrites = 3'000;  // more than one job takes
    auto submit = [](File& target) -> Task<std::vector<int>> {
        std::vector<int> completed;
        for (int index = 0; index < kWrites; ++index) {
            // Each overwrites the last byte of the one before.
            const std::string text{static_cast<char>('a' + index % 26), static_cast<char>('a' + (index + 1) % 26)};
            target.write(static_cast<std::uint64_t>(index), chunks({text}), [&completed, index](Result<void> result) {
                EXPECT_TRUE(result);
                completed.push_back(index);
            });
        }
        EXPECT_TRUE(co_await sync(target));
        co_return completed;
    };
    const auto completed = run(submit(*file));
    ASSERT_EQ(completed.size(), std::size_t{kWrites});
    EXPECT_TRUE(std::ranges::is_sorted(completed));
    const auto content = content_of(path("a"));
    ASSERT_EQ(content.size(), std::size_t{kWrites} + 1);
    for (std::size_t index = 0; index < content.size(); ++index)
        ASSERT_EQ(content[index], 'a' + static_cast<int>(index % 26));
}

TEST_F(FilesTest, WritesMorePiecesThanOneSystemCallTakes) {
    auto file = open_file("a");
    bytes::ChunkList list;
    std::string expected;
    for (int index = 0; index < 5'000; ++index) {
        const auto text = std::to_string(index) + ' ';
        list.append(bytes::View::copy_of(text));
        expected += text;
    }
    ASSERT_TRUE(run(write(*file, 0, list)));
    EXPECT_EQ(content_of(path("a")), expected);
}

TEST_F(FilesTest, TruncatesAndAllocatesWithZeros) {
    auto file = open_file("a");
    ASSERT_TRUE(run(write(*file, 0, chunks({"0123456789"}))));
    ASSERT_TRUE(run(truncate(*file, 4)));
    ASSERT_TRUE(run(allocate(*file, 4'096)));
    EXPECT_EQ(content_of(path("a")), "0123" + std::string(4'092, '\0'));
    ASSERT_TRUE(run(allocate(*file, 16)));
    EXPECT_EQ(std::filesystem::file_size(path("a")), 4'096u);
}

TEST_F(FilesTest, AFullDiskIsKDiskFullWithPathAndPosition) {
    auto full = run(open(files_, "/dev/full", OpenMode::kReadWrite));
    ASSERT_TRUE(full);
    const auto written = run(write(*full->file, 7, chunks({"x"})));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::kDiskFull);
    EXPECT_EQ(written.error().context, "write /dev/full at 7: No space left on device");
}

TEST_F(FilesTest, OfAdjoiningWritesThoseBeforeTheErrorSucceed) {
    auto file = open_file("a");
    auto submit = [](File& target) -> Task<std::array<bool, 3>> {
        std::array<bool, 3> results{};
        for (std::size_t index = 0; index < 3; ++index) {
            target.write(index * 10, chunks({"0123456789"}),
                         [&results, index](auto result) { results[index] = result.has_value(); });
        }
        static_cast<void>(co_await sync(target));
        co_return results;
    };
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{15, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto results = run(submit(*file));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_DFL);
    EXPECT_EQ(results, (std::array{true, false, false}));
    EXPECT_EQ(std::filesystem::file_size(path("a")), 15u);
}

TEST_F(FilesTest, OpenErrorsSayWhatIsWrong) {
    EXPECT_EQ(run(open(files_, path("no"), OpenMode::kRead)).error().code, Errc::kNotFound);
    EXPECT_EQ(run(open(files_, path("no"), OpenMode::kReadWrite)).error().code, Errc::kNotFound);
    EXPECT_EQ(run(open(files_, path("no/where"), OpenMode::kCreate)).error().code, Errc::kNotFound);
    EXPECT_EQ(run(open(files_, folder_, OpenMode::kRead)).error().context, "open " + folder_ + ": Is a directory");
    open_file("a", OpenMode::kCreateNew);
    EXPECT_EQ(run(open(files_, path("a"), OpenMode::kCreateNew)).error().code, Errc::kIo);
    auto read_only = open_file("a", OpenMode::kRead);
    EXPECT_EQ(run(write(*read_only, 0, chunks({"x"}))).error().code, Errc::kIo);
}

TEST_F(FilesTest, FoldersListMoveAndGo) {
    ASSERT_TRUE(run(make_dirs(files_, path("x/y/z"))));
    ASSERT_TRUE(run(make_dirs(files_, path("x/y/z"))));
    ASSERT_TRUE(run(write(*open_file("x/file"), 0, chunks({"abc"}))));
    ASSERT_TRUE(run(sync_dir(files_, path("x"))));
    auto entries = run(list(files_, path("x")));
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 2u);
    EXPECT_EQ((*entries)[0].name, "file");
    EXPECT_EQ((*entries)[0].bytes, 3u);
    EXPECT_TRUE((*entries)[1].is_dir);
    ASSERT_TRUE(run(rename(files_, path("x"), path("w"))));
    EXPECT_EQ(run(list(files_, path("x"))).error().code, Errc::kNotFound);
    EXPECT_TRUE(run(remove_file(files_, path("w/file"))));
    EXPECT_TRUE(run(remove_file(files_, path("w/file"))));
    EXPECT_TRUE(run(remove_dir(files_, path("w"))));
    EXPECT_TRUE(run(remove_dir(files_, path("w"))));
    EXPECT_TRUE(run(list(files_, folder_))->empty());
    EXPECT_EQ(run(sync_dir(files_, path("w"))).error().code, Errc::kNotFound);
}

TEST_F(FilesTest, SpaceIsThatOfTheDisk) {
    const auto space = run(io::space(files_, folder_));
    ASSERT_TRUE(space);
    EXPECT_GT(space->total_bytes, space->free_bytes);
}

TEST_F(FilesTest, ASecondLockIsRefusedUntilTheFirstIsGone) {
    auto first = run(lock(files_, path("lock")));
    ASSERT_TRUE(first);
    EXPECT_EQ(run(lock(files_, path("lock"))).error().code, Errc::kLocked);
    first->reset();
    EXPECT_TRUE(run(lock(files_, path("lock"))));
}

TEST_F(FilesTest, OperationsUnderWayFinishWhenTheFileIsClosed) {
    auto submit = [](FileSystem& files, std::string name) -> Task<bool> {
        auto opened = co_await open(files, name, OpenMode::kCreate);
        int done = 0;
        opened->file->write(0, chunks({"abc"}), [&](auto result) { done += result.has_value() ? 1 : 0; });
        auto file = std::move(opened->file);
        co_return co_await completion<bool>([&](auto finished) {
            file->sync([finished = std::move(finished), &done](auto) mutable { finished(done == 1); });
            file.reset();
        });
    };
    EXPECT_TRUE(run(submit(files_, path("a"))));
    EXPECT_EQ(content_of(path("a")), "abc");
}

TEST_F(FilesTest, ACoreWaitsForItsOperationsWhenItEnds) {
    auto file = open_file("a");
    {
        Core core{1, threads_};
        core.executor().post([&] {
            for (int index = 0; index < 500; ++index) core.files().make_dirs(path(std::to_string(index)), [](auto) {});
        });
        core.poll();
    }
    std::filesystem::directory_iterator entries{folder_};
    EXPECT_EQ(std::distance(begin(entries), end(entries)), 501);
}

TEST_F(FilesTest, ReadFileIsWholeAndBounded) {
    ASSERT_TRUE(run(write(*open_file("a"), 0, chunks({"0123456789"}))));
    open_file("empty");
    EXPECT_EQ(run(read_file(files_, path("a")))->text(), "0123456789");
    EXPECT_EQ(run(read_file(files_, path("empty")))->size(), 0u);
    EXPECT_EQ(run(read_file(files_, path("a"), 9)).error().code, Errc::kLimitExceeded);
    EXPECT_EQ(run(read_file(files_, path("no"))).error().code, Errc::kNotFound);
}

TEST_F(FilesTest, ReplaceFileLeavesOnlyTheNewContent) {
    ASSERT_TRUE(run(write(*open_file("a.tmp"), 0, chunks({"left over by a crash"}))));
    ASSERT_TRUE(run(replace_file(files_, path("a"), bytes::View::copy_of("one"))));
    EXPECT_EQ(content_of(path("a")), "one");
    ASSERT_TRUE(run(replace_file(files_, path("a"), bytes::View::copy_of("two"))));
    EXPECT_EQ(content_of(path("a")), "two");
    EXPECT_EQ(run(list(files_, folder_))->size(), 1u);
}

TEST_F(FilesTest, ReplaceFileThatFailsKeepsTheOldContent) {
    ASSERT_TRUE(run(make_dirs(files_, path("a"))));
    ASSERT_TRUE(run(write(*open_file("a/inside"), 0, chunks({"x"}))));
    EXPECT_FALSE(run(replace_file(files_, path("a"), bytes::View::copy_of("one"))));
    EXPECT_EQ(run(list(files_, folder_))->size(), 1u);
    EXPECT_FALSE(run(replace_file(files_, path("no/where"), bytes::View::copy_of("one"))));
}

}  // namespace
}  // namespace moldau::io
