// The journal as text, and carried out from wherever it stopped.

#include "cli/offline/import_journal.h"

#include "cli/offline/offline_testing.h"

namespace moldau::cli {
namespace {

using ImportJournalTest = FolderTest;

TEST(ImportJournal, ReadsWhatItWrote) {
    const std::vector<ImportStep> steps = {{"/a/b", "/c/b"}, {"/c/old", ""}};
    EXPECT_EQ(format_journal(steps), "0\n2\n/a/b\n/c/b\n/c/old\n\n");
    EXPECT_EQ(parse_journal(format_journal(steps)), steps);
    EXPECT_EQ(parse_journal("0\n0\n"), std::vector<ImportStep>{});
}

TEST(ImportJournal, RefusesWhatIsTornOrNewer) {
    const auto text = format_journal({{"/a/b", "/c/b"}, {"/c/old", ""}});
    for (std::size_t length = 0; length < text.size(); ++length)
        EXPECT_FALSE(parse_journal(text.substr(0, length))) << length;
    EXPECT_EQ(parse_journal("1\n0\n").error().code, Errc::kNewerFormat);
    EXPECT_FALSE(parse_journal("0\n1\n/a\n/b\n/c\n/d\n"));
    EXPECT_FALSE(parse_journal("0\n1\n\n/b\n"));
}

TEST_F(ImportJournalTest, CarriesOutTheRestAfterACrashAtAnyStep) {
    const std::vector<ImportStep> steps = {{path("data/clean"), ""},
                                           {path("data/.moldau-import/log"), path("data/log")},
                                           {path("data/.moldau-import/meta"), path("data/meta")},
                                           {path("data/.moldau-import/file"), path("data/file")}};
    for (std::size_t done = 0; done <= steps.size(); ++done) {
        std::filesystem::remove_all(path("data"));
        write_file(path("data/clean"), "");
        write_file(path("data/meta/a"), "old");
        write_file(path("data/file"), "old");
        write_file(path("data/.moldau-import/log/a"), "log");
        write_file(path("data/.moldau-import/meta/a"), "new");
        write_file(path("data/.moldau-import/file"), "new");
        ASSERT_TRUE(carry_out({steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(done)}));
        ASSERT_TRUE(carry_out(steps)) << done;
        EXPECT_FALSE(std::filesystem::exists(path("data/clean")));
        EXPECT_EQ(content_of(path("data/log/a")), "log");
        EXPECT_EQ(content_of(path("data/meta/a")), "new");
        EXPECT_EQ(content_of(path("data/file")), "new");
    }
}

TEST_F(ImportJournalTest, GoesOnWhenAFolderWasMovedAsideAndNotReplacedYet) {
    write_file(path("data/.moldau-import/meta.replaced/a"), "old");
    write_file(path("data/.moldau-import/meta/a"), "new");
    ASSERT_TRUE(carry_out({{path("data/.moldau-import/meta"), path("data/meta")}}));
    EXPECT_EQ(content_of(path("data/meta/a")), "new");
}

TEST_F(ImportJournalTest, SaysWhatIsMissing) {
    const auto done = carry_out({{path("from"), path("to")}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace moldau::cli
