// The simulated disk forgets exactly what it may forget, and fails where it is told to.

#include "sim/disk.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/loop.h"

namespace moldau::sim {
namespace {

bytes::ChunkList chunk(std::string_view text) { return bytes::ChunkList{bytes::View::copy_of(text)}; }

// A process on the disk: its loop and file system. Another one is started after each crash.
struct Process {
    explicit Process(Disk& of) : disk(of) {}
    Disk& disk;
    Loop loop;
    FileSystem files{disk, loop};

    template <class T>
    T run(Task<T> task) {
        return sim::run(loop, std::move(task));
    }
    std::unique_ptr<io::File> open(const std::string& path, io::OpenMode mode = io::OpenMode::kCreate) {
        auto opened = run(io::open(files, path, mode));
        EXPECT_TRUE(opened);
        return std::move(opened->file);
    }
    void write(io::File& file, std::uint64_t position, std::string_view text) {
        EXPECT_TRUE(run(io::write(file, position, chunk(text))));
    }
};

class DiskTest : public testing::Test {
protected:
    // "/f" with `synced` on the disk and "/" synced.
    std::unique_ptr<io::File> lay_down(Disk& disk, Process& process, std::string_view synced) {
        disk.put("/f", synced);
        return process.open("/f");
    }
};

TEST_F(DiskTest, ForgetsExactlyWhatWasNotSynced) {
    Disk disk{{.loss = Loss::kAll}};
    Process process{disk};
    auto file = lay_down(disk, process, "aaaa");
    process.write(*file, 4, "bbbb");
    EXPECT_TRUE(process.run(io::sync(*file)));
    process.write(*file, 2, "cccccccc");
    EXPECT_EQ(disk.content("/f"), "aacccccccc");
    disk.power_fails();
    EXPECT_EQ(disk.content("/f"), "aaaabbbb");
}

TEST_F(DiskTest, AProcessDeathForgetsNothingThatCompleted) {
    Disk disk;
    Process process{disk};
    auto file = process.open("/f");
    process.write(*file, 0, "hello");
    disk.process_dies();
    EXPECT_EQ(disk.content("/f"), "hello");
    Process next{disk};
    EXPECT_EQ(next.run(io::read_file(next.files, "/f"))->text(), "hello");
}

TEST_F(DiskTest, TearsWritesAtSectorsOnly) {
    std::set<std::string> outcomes;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Disk disk{{.seed = seed}};
        Process process{disk};
        auto file = lay_down(disk, process, std::string(2'048, '.'));
        process.write(*file, 256, std::string(1'536, 'x'));
        disk.power_fails();
        const auto content = disk.content("/f");
        ASSERT_EQ(content.size(), 2'048u);
        std::string sectors;
        const std::vector<std::size_t> borders = {0, 256, 512, 1'024, 1'536, 1'792, 2'048};
        for (std::size_t index = 0; index + 1 < borders.size(); ++index) {
            const auto piece = content.substr(borders[index], borders[index + 1] - borders[index]);
            ASSERT_EQ(piece, std::string(piece.size(), piece[0])) << "torn inside a sector, seed " << seed;
            sectors += piece[0];
        }
        ASSERT_EQ(sectors.front(), '.');
        outcomes.insert(sectors);
    }
    EXPECT_EQ(outcomes.size(), 16u) << "four sectors, each there or not";
}

TEST_F(DiskTest, ReordersUnsyncedWritesOfOneFileAndOfTwo) {
    std::set<std::pair<bool, bool>> within;
    std::set<std::pair<bool, bool>> between;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Disk disk{{.seed = seed}};
        Process process{disk};
        auto file = lay_down(disk, process, std::string(1'024, '.'));
        disk.put("/g", ".");
        auto other = process.open("/g");
        process.write(*file, 0, "1");
        process.write(*file, 600, "2");
        process.write(*other, 0, "3");
        disk.power_fails();
        const auto content = disk.content("/f");
        within.emplace(content[0] == '1', content[600] == '2');
        between.emplace(content[0] == '1', disk.content("/g") == "3");
    }
    EXPECT_EQ(within.size(), 4u);
    EXPECT_EQ(between.size(), 4u);
}

TEST_F(DiskTest, APrefixLossKeepsOrderWithinAFile) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Disk disk{{.seed = seed, .loss = Loss::kPrefix}};
        Process process{disk};
        auto file = lay_down(disk, process, "");
        for (std::uint64_t index = 0; index < 4; ++index) process.write(*file, index * 512, std::string(512, 'x'));
        disk.power_fails();
        const auto content = disk.content("/f");
        ASSERT_EQ(content, std::string(content.size(), 'x'));
    }
}

TEST_F(DiskTest, AnUnsyncedSizeMayOutliveItsBytesAndReadsAsZeros) {
    std::set<std::string> outcomes;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Disk disk{{.seed = seed}};
        Process process{disk};
        auto file = lay_down(disk, process, "");
        process.write(*file, 0, std::string(100, 'x'));
        disk.power_fails();
        outcomes.insert(disk.content("/f"));
    }
    EXPECT_EQ(outcomes, (std::set<std::string>{"", std::string(100, '\0'), std::string(100, 'x')}));
}

TEST_F(DiskTest, AFileIsGoneWhenItsFolderWasNotSynced) {
    Disk disk{{.loss = Loss::kAll}};
    Process process{disk};
    EXPECT_TRUE(process.run(io::make_dirs(process.files, "/d/e")));
    auto file = process.open("/d/e/f");
    process.write(*file, 0, "x");
    EXPECT_TRUE(process.run(io::sync(*file)));
    EXPECT_TRUE(process.run(io::sync_dir(process.files, "/d/e")));
    EXPECT_TRUE(process.run(io::sync_dir(process.files, "/")));
    disk.power_fails();
    // "/d" itself is durable, "e" in it was not.
    EXPECT_EQ(disk.names("/"), std::vector<std::string>{"d"});
    EXPECT_TRUE(disk.names("/d").empty());
}

TEST_F(DiskTest, ARenameIsWholeOrNotAtAll) {
    std::set<std::string> outcomes;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Disk disk{{.seed = seed}};
        Process process{disk};
        disk.put("/old", "new content");
        disk.put("/name", "old content");
        EXPECT_TRUE(process.run(io::rename(process.files, "/old", "/name")));
        disk.power_fails();
        const bool renamed = !disk.exists("/old");
        ASSERT_EQ(disk.content("/name"), renamed ? "new content" : "old content");
        outcomes.insert(disk.content("/name"));
    }
    EXPECT_EQ(outcomes.size(), 2u);
}

TEST_F(DiskTest, SyncDirMakesCreatesRenamesAndRemovesDurable) {
    Disk disk{{.loss = Loss::kAll}};
    Process process{disk};
    disk.put("/d/a", "a");
    disk.put("/d/b", "b");
    EXPECT_TRUE(process.run(io::rename(process.files, "/d/a", "/d/c")));
    EXPECT_TRUE(process.run(io::remove_file(process.files, "/d/b")));
    process.open("/d/n");
    EXPECT_TRUE(process.run(io::sync_dir(process.files, "/d")));
    process.open("/d/later");
    EXPECT_TRUE(process.run(io::remove_dir(process.files, "/d")));
    disk.power_fails();
    EXPECT_EQ(disk.names("/d"), (std::vector<std::string>{"c", "n"}));
}

TEST_F(DiskTest, ReplaceFileLeavesOldOrNewAfterACrashAnywhere) {
    std::set<std::string> outcomes;
    for (std::uint64_t crash = 1;; ++crash) {
        Disk disk{{.seed = crash}};
        disk.put("/d/f", "old");
        disk.crash_after_operation(crash);
        Process process{disk};
        const auto done = try_run(process.loop, io::replace_file(process.files, "/d/f", bytes::View::copy_of("new")));
        const bool crashed = disk.is_crashed();
        ASSERT_TRUE(done.has_value() || crashed);
        disk.power_fails();
        const auto content = disk.content("/d/f");
        outcomes.insert(content);
        ASSERT_TRUE(content == "old" || content == "new") << content;
        if (done) {
            ASSERT_EQ(content, "new");
        }
        disk.unwind_the_dead();
        process.loop.run_until_idle();
        if (!crashed) break;
    }
    EXPECT_EQ(outcomes.size(), 2u);
}

TEST_F(DiskTest, NothingCompletesAfterTheCrashUntilTheDeadAreUnwound) {
    Disk disk;
    Process process{disk};
    auto file = process.open("/f");
    disk.crash_after_operation(disk.operations() + 1);
    process.write(*file, 0, "a");
    int failed = 0;
    file->write(1, chunk("b"), [&](auto result) { failed += result ? 0 : 1; });
    process.loop.advance(std::chrono::hours{1});
    EXPECT_TRUE(disk.is_crashed());
    disk.process_dies();
    process.loop.advance(std::chrono::hours{1});
    EXPECT_EQ(failed, 0);
    disk.unwind_the_dead();
    EXPECT_EQ(failed, 1);
    file->sync([&](auto result) { failed += result ? 0 : 1; });
    process.loop.run_until_idle();
    EXPECT_EQ(failed, 2);
    EXPECT_EQ(disk.content("/f")[0], 'a');
}

TEST_F(DiskTest, OperationsUnderWayAtADeathHappenUpToAPoint) {
    std::set<std::string> outcomes;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Disk disk{{.seed = seed}};
        Process process{disk};
        auto file = process.open("/f");
        for (std::uint64_t index = 0; index < 3; ++index) {
            file->write(index * 2, chunk(std::string(2, static_cast<char>('a' + index))), [](auto) {});
        }
        disk.process_dies();
        outcomes.insert(disk.content("/f"));
    }
    EXPECT_EQ(outcomes, (std::set<std::string>{"", "a", "aa", "aab", "aabb", "aabbc", "aabbcc"}));
}

TEST_F(DiskTest, FailsTheOperationsThatItIsToldTo) {
    Disk disk;
    Process process{disk};
    disk.put("/f", "abc");
    auto file = process.open("/f");
    disk.fail_nth(OpKind::kRead, 2, Fault::kIo);
    disk.fail_operation(disk.operations() + 4, Fault::kDiskFull);
    EXPECT_TRUE(process.run(io::read(*file, 0, 1)));
    EXPECT_EQ(process.run(io::read(*file, 0, 1)).error().code, Errc::kIo);
    EXPECT_TRUE(process.run(io::read(*file, 0, 1)));
    EXPECT_EQ(process.run(io::rename(process.files, "/f", "/g")).error().code, Errc::kDiskFull);
    EXPECT_TRUE(disk.exists("/f"));
    disk.fail_all(OpKind::kOpen, Fault::kIo);
    EXPECT_FALSE(process.run(io::open(process.files, "/f", io::OpenMode::kRead)));
    EXPECT_FALSE(process.run(io::open(process.files, "/f", io::OpenMode::kRead)));
    disk.heal();
    EXPECT_TRUE(process.run(io::open(process.files, "/f", io::OpenMode::kRead)));
    EXPECT_EQ(disk.log().back().to_string(), std::to_string(disk.operations()) + " open /f");
}

TEST_F(DiskTest, AShortWriteLeavesAPartAndFails) {
    Disk disk;
    Process process{disk};
    auto file = process.open("/f");
    disk.fail_nth(OpKind::kWrite, 1, Fault::kShortDiskFull, "f");
    const auto written = process.run(io::write(*file, 0, chunk("0123456789")));
    EXPECT_EQ(written.error().code, Errc::kDiskFull);
    EXPECT_EQ(written.error().context, "write /f at 0: No space left on device (injected)");
    EXPECT_LT(disk.content("/f").size(), 10u);
    EXPECT_TRUE(std::string_view{"0123456789"}.starts_with(disk.content("/f")));
}

TEST_F(DiskTest, AFailedSyncLosesItsWritesEvenIfALaterOneSucceeds) {
    std::set<std::string> outcomes;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Disk disk{{.seed = seed, .loss = Loss::kAll}};
        Process process{disk};
        auto file = lay_down(disk, process, "old");
        process.write(*file, 0, "new");
        disk.fail_nth(OpKind::kSync, 1, Fault::kIo);
        EXPECT_FALSE(process.run(io::sync(*file)));
        EXPECT_TRUE(process.run(io::sync(*file)));
        EXPECT_EQ(disk.content("/f"), "new");
        disk.power_fails();
        outcomes.insert(disk.content("/f"));
    }
    EXPECT_EQ(outcomes, (std::set<std::string>{"new", "old"}));
}

TEST_F(DiskTest, IsFullAtItsCapacity) {
    Disk disk{{.capacity_bytes = 10}};
    Process process{disk};
    auto file = process.open("/f");
    process.write(*file, 0, "01234567");
    EXPECT_EQ(process.run(io::space(process.files, "/"))->free_bytes, 2u);
    EXPECT_EQ(process.run(io::write(*file, 8, chunk("89a"))).error().code, Errc::kDiskFull);
    EXPECT_EQ(process.run(io::allocate(*file, 11)).error().code, Errc::kDiskFull);
    process.write(*file, 0, "overwrites");
    EXPECT_TRUE(process.run(io::truncate(*file, 4)));
    EXPECT_EQ(process.run(io::space(process.files, "/"))->free_bytes, 6u);
}

TEST_F(DiskTest, AFlippedBitStaysFlipped) {
    Disk disk{{.loss = Loss::kAll}};
    disk.put("/f", "aaa");
    disk.flip_bit("/f", 1, 1);
    EXPECT_EQ(disk.content("/f"), "aca");
    disk.power_fails();
    EXPECT_EQ(disk.content("/f"), "aca");
}

TEST_F(DiskTest, ALockIsFreedByItsObjectOrByDeath) {
    Disk disk;
    Process process{disk};
    auto held = process.run(io::lock(process.files, "/lock"));
    ASSERT_TRUE(held);
    EXPECT_EQ(process.run(io::lock(process.files, "/lock")).error().code, Errc::kLocked);
    held->reset();
    auto again = process.run(io::lock(process.files, "/lock"));
    EXPECT_TRUE(again);
    disk.process_dies();
    Process next{disk};
    auto of_next = next.run(io::lock(next.files, "/lock"));
    EXPECT_TRUE(of_next);
    again->reset();
    EXPECT_EQ(next.run(io::lock(next.files, "/lock")).error().code, Errc::kLocked);
}

TEST_F(DiskTest, ErrorsAreThoseOfTheRealDisk) {
    Disk disk;
    Process process{disk};
    disk.put("/d/f", "x");
    auto& files = process.files;
    EXPECT_EQ(process.run(io::open(files, "/no", io::OpenMode::kRead)).error().code, Errc::kNotFound);
    EXPECT_EQ(process.run(io::open(files, "/no/f", io::OpenMode::kCreate)).error().code, Errc::kNotFound);
    EXPECT_EQ(process.run(io::open(files, "/d", io::OpenMode::kRead)).error().code, Errc::kIo);
    EXPECT_EQ(process.run(io::open(files, "/d/f", io::OpenMode::kCreateNew)).error().code, Errc::kIo);
    EXPECT_EQ(process.run(io::list(files, "/no")).error().code, Errc::kNotFound);
    EXPECT_EQ(process.run(io::rename(files, "/no", "/x")).error().code, Errc::kNotFound);
    EXPECT_EQ(process.run(io::rename(files, "/d", "/d/in")).error().code, Errc::kIo);
    EXPECT_EQ(process.run(io::rename(files, "/d/f", "/d")).error().code, Errc::kIo);
    EXPECT_EQ(process.run(io::sync_dir(files, "/no")).error().code, Errc::kNotFound);
    EXPECT_EQ(process.run(io::remove_file(files, "/d")).error().code, Errc::kIo);
    EXPECT_TRUE(process.run(io::remove_file(files, "/no")));
    EXPECT_TRUE(process.run(io::remove_dir(files, "/no")));
    EXPECT_TRUE(process.run(io::make_dirs(files, "d")));
    EXPECT_EQ(process.run(io::list(files, "d"))->front().bytes, 1u);
}

// Writes to several files with latencies, dies by power; the outcome as text.
std::string seeded_run(std::uint64_t seed) {
    const LatencyRange latency{.min = Millis{1}, .max = Millis{20}};
    Disk disk{{.seed = seed, .read_latency = latency, .write_latency = latency, .sync_latency = latency}};
    Process process{disk};
    std::string order;
    std::vector<std::unique_ptr<io::File>> files;
    for (char name = 'a'; name <= 'e'; ++name) {
        files.push_back(process.open(std::string{"/"} + name));
        files.back()->write(0, chunk(std::string(3'000, name)), [&order, name](auto) { order += name; });
        files.back()->sync([&order, name](auto) { order += static_cast<char>(name - 'a' + 'A'); });
    }
    process.loop.advance(Millis{15});
    disk.power_fails();
    for (const auto& name : disk.names("/")) order += '|' + disk.content('/' + name);
    return order;
}

TEST_F(DiskTest, TheSameSeedGivesTheSameRun) {
    EXPECT_EQ(seeded_run(3), seeded_run(3));
    EXPECT_NE(seeded_run(3), seeded_run(4));
}

TEST_F(DiskTest, LatencyDelaysButKeepsTheOrderOfAFile) {
    Disk disk{{.write_latency = {.min = Millis{5}, .max = Millis{5}}, .sync_latency = {.min = Millis{7}, .max = Millis{7}}}};
    Process process{disk};
    auto file = process.open("/f");
    std::string order;
    file->write(0, chunk("x"), [&](auto) { order += 'w'; });
    file->sync([&](auto) { order += 's'; });
    process.loop.advance(Millis{4});
    EXPECT_EQ(order, "");
    process.loop.advance(Millis{1});
    EXPECT_EQ(order, "w");
    process.loop.advance(Millis{7});
    EXPECT_EQ(order, "ws");
}

}  // namespace
}  // namespace moldau::sim
