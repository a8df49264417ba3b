// Buffers, varints, byte order and the checksum.

#include <gtest/gtest.h>

#include <limits>
#include <string_view>

#include "bytes/buffer.h"
#include "bytes/crc32c.h"
#include "bytes/endian.h"
#include "bytes/varint.h"

namespace moldau::bytes {
namespace {

TEST(View, KeepsTheMemoryOfItsBuffer) {
    View view;
    {
        Buffer buffer{8};
        buffer.append(View::copy_of("moldau").span());
        view = buffer.view(1, 3);
    }
    EXPECT_EQ(view.text(), "old");
}

TEST(ChunkList, EqualsAnotherCut) {
    ChunkList whole{View::copy_of("abcdef")};
    ChunkList cut;
    cut.append(View::copy_of("ab"));
    cut.append(View::copy_of("cdef"));
    EXPECT_EQ(whole, cut);
    EXPECT_EQ(cut.flatten().text(), "abcdef");
}

TEST(ChunkList, KeepsFileRangesInTheirPlaceWhenItIsAppended) {
    ChunkList records;
    records.append(FileRange{{}, 7, 100, 50});
    records.append(View::copy_of("tail"));
    ChunkList answer{View::copy_of("head")};
    answer.append(records);
    answer.append(FileRange{{}, 7, 200, 5});
    EXPECT_EQ(answer.size(), 63u);
    EXPECT_EQ(answer.memory_bytes(), 8u);
    ASSERT_EQ(answer.file_ranges().size(), 2u);
    EXPECT_EQ(answer.file_ranges()[0].chunks_before, 1u);
    EXPECT_EQ(answer.file_ranges()[1].chunks_before, 2u);
    EXPECT_EQ(answer.memory_chunks()[1].text(), "tail");
}

TEST(ChunkListDeathTest, NeverPassesAFileRangeForMemory) {
    ChunkList records;
    records.append(FileRange{{}, 7, 100, 50});
    EXPECT_DEATH(records.chunks(), "");
    EXPECT_DEATH(records.flatten(), "");
}

TEST(Varint, ReadsWhatItWritesAtEveryLength) {
    for (unsigned bit = 0; bit < 64; ++bit) {
        const std::uint64_t value = std::uint64_t{1} << bit;
        std::uint8_t out[kVarintBytesMax];
        const auto count = put_varint(out, value);
        EXPECT_EQ(count, varint_bytes(value));
        const auto read = get_varint({out, count}, 64);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->value, value);
        EXPECT_FALSE(get_varint({out, count - 1}, 64));
    }
}

TEST(Varint, RefusesBitsBeyondTheType) {
    const std::uint8_t too_wide[] = {0xff, 0xff, 0xff, 0xff, 0x1f};
    EXPECT_FALSE(get_varint(too_wide, 32));
    EXPECT_TRUE(get_varint(too_wide, 64));
    const std::uint8_t endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
    EXPECT_FALSE(get_varint(endless, 64));
}

TEST(Varint, ZigZagIsItsOwnWayBack) {
    for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1},
                                     std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        EXPECT_EQ(unzigzag(zigzag(value)), value);
    }
}

TEST(Crc32c, AgreesWithTheRfcsCheckValue) {
    // RFC 3720, appendix B.4, and the common check string.
    EXPECT_EQ(crc32c(View::copy_of("123456789").span()), 0xe3069283u);
    const std::uint8_t zeros[32] = {};
    EXPECT_EQ(crc32c(zeros), 0x8a9136aau);
    ChunkList cut;
    cut.append(View::copy_of("1234"));
    cut.append(View::copy_of("56789"));
    EXPECT_EQ(crc32c(cut), 0xe3069283u);
}

TEST(Endian, IsBig) {
    std::uint8_t out[4];
    store_be<std::int32_t>(out, 0x01020304);
    EXPECT_EQ(out[0], 1);
    EXPECT_EQ(load_be<std::int32_t>(out), 0x01020304);
}

}  // namespace
}  // namespace moldau::bytes
