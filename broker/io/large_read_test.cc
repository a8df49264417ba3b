// Large reads give the file's bytes from wherever they start and however much of them is cached.

#include "io/large_read.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace moldau::io::posix {
namespace {

constexpr std::size_t kFileBytes = 1'000'003;

std::string content() {
    std::string bytes(kFileBytes, ' ');
    for (std::size_t index = 0; index < bytes.size(); ++index) bytes[index] = static_cast<char>(index * 31 + index / 4096);
    return bytes;
}

// A file of its own in `folder`, gone with the fixture.
class LargeRead : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        path_ = std::string{GetParam()} + "/moldau-large-read-XXXXXX";
        const int number = ::mkstemp(path_.data());
        if (number < 0) GTEST_SKIP() << GetParam() << " cannot be written to";
        file_ = OpenFile{Descriptor{number}, path_};
        const bytes::Span all{reinterpret_cast<const std::uint8_t*>(content_.data()), content_.size()};
        ASSERT_TRUE(write_at(file_, 0, {&all, 1}).result);
    }
    void TearDown() override {
        if (file_.descriptor.number() >= 0) std::filesystem::remove(path_);
    }
    // The next read finds nothing of [position, position + bytes) in memory.
    void forget(std::uint64_t position, std::uint64_t bytes) {
        ASSERT_TRUE(sync(file_));
        ASSERT_EQ(::posix_fadvise(file_.descriptor.number(), static_cast<off_t>(position), static_cast<off_t>(bytes),
                                  POSIX_FADV_DONTNEED),
                  0);
    }
    void expect_read(std::uint64_t position, std::size_t length) {
        const auto read = read_large(file_, position, length);
        ASSERT_TRUE(read) << read.error().to_string();
        EXPECT_EQ(read->text(), std::string_view{content_}.substr(position, length)) << position << " + " << length;
        EXPECT_LE(read->held_bytes(), length + 3 * 4096);
    }

    const std::string content_ = content();
    std::string path_;
    OpenFile file_;
};

TEST_P(LargeRead, GivesWhatIsCached) {
    expect_read(0, 300'000);
    expect_read(4'097, 500'000);
}

TEST_P(LargeRead, GivesWhatIsOnTheDisk) {
    for (const std::uint64_t position : {0UZ, 1UZ, 4'095UZ, 4'096UZ, 70'001UZ}) {
        for (const std::size_t length : {262'144UZ, 300'001UZ, 8'192UZ * 40}) {
            forget(0, kFileBytes);
            expect_read(position, length);
        }
    }
}

TEST_P(LargeRead, PutsCachedAndOtherBytesTogether) {
    for (const std::uint64_t cached : {10'000UZ, 131'072UZ, 299'999UZ}) {
        forget(0, kFileBytes);
        std::string into(cached, ' ');
        ASSERT_TRUE(read_at(file_, 0, {reinterpret_cast<std::uint8_t*>(into.data()), into.size()}));
        forget(cached, kFileBytes - cached);
        expect_read(777, 600'000);
    }
}

TEST_P(LargeRead, EndsWhereTheFileEnds) {
    forget(0, kFileBytes);
    expect_read(kFileBytes - 300'000, 400'000);
    expect_read(kFileBytes - 1, 400'000);
    expect_read(kFileBytes, 400'000);
    EXPECT_EQ(read_large(file_, kFileBytes + 50'000, 300'000)->size(), 0u);
}

TEST_P(LargeRead, SeesWhatWasJustWritten) {
    forget(0, kFileBytes);
    const std::string fresh(100'000, 'n');
    const bytes::Span piece{reinterpret_cast<const std::uint8_t*>(fresh.data()), fresh.size()};
    ASSERT_TRUE(write_at(file_, 200'000, {&piece, 1}).result);
    const auto read = read_large(file_, 100'000, 400'000);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->text().substr(100'000, fresh.size()), fresh);
    EXPECT_EQ(read->text().substr(0, 100'000), std::string_view{content_}.substr(100'000, 100'000));
}

TEST_P(LargeRead, OfAFileThatIsGoneByNameStillWorks) {
    forget(0, kFileBytes);
    std::filesystem::remove(path_);
    expect_read(5'000, 300'000);
}

// A disk, and a file system in memory, where direct reads may be refused.
INSTANTIATE_TEST_SUITE_P(FileSystems, LargeRead, testing::Values("/var/tmp", "/dev/shm"));

}  // namespace
}  // namespace moldau::io::posix
