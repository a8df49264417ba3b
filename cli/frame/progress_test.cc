// The progress line: when it is drawn, what it says, that it goes away.

#include "cli/frame/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace moldau::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Terminal {
    std::vector<std::string> drawn;
    std::chrono::steady_clock::time_point now;

    ProgressScreen screen() {
        return {.draw = [this](const std::string& text) { drawn.push_back(text); }, .now = [this] { return now; }};
    }
    void pass(int ms) { now += std::chrono::milliseconds(ms); }
};

TEST(Progress, ShowsBarShareAndCount) {
    Terminal terminal;
    Progress progress{200, "creating topics", terminal.screen()};
    terminal.pass(100);
    progress.advance(50);
    EXPECT_THAT(terminal.drawn, ElementsAre(HasSubstr("creating topics [#######.......................] 25% 50/200")));
}

TEST(Progress, IsDrawnAtMostTenTimesASecond) {
    Terminal terminal;
    Progress progress{1000, "reading", terminal.screen()};
    for (int at = 0; at < 1000; ++at) {
        terminal.pass(1);
        progress.advance(1);
    }
    EXPECT_EQ(terminal.drawn.size(), 10U);
}

TEST(Progress, WipesItsLineOnce) {
    Terminal terminal;
    Progress progress{0, "reading", terminal.screen()};
    terminal.pass(100);
    progress.advance(7);
    progress.finish();
    progress.finish();
    EXPECT_THAT(terminal.drawn, ElementsAre(HasSubstr("reading 7"), "\r\x1b[K"));
}

TEST(Progress, LeavesNoTraceOfShortWork) {
    Terminal terminal;
    {
        Progress progress{2, "reading", terminal.screen()};
        terminal.pass(99);
        progress.advance(2);
    }
    EXPECT_THAT(terminal.drawn, IsEmpty());
}

TEST(Progress, NeverPassesAHundredPercent) {
    Terminal terminal;
    Progress progress{1, "reading", terminal.screen()};
    terminal.pass(100);
    progress.advance(5);
    EXPECT_THAT(terminal.drawn, ElementsAre(HasSubstr("[##############################] 100% 5/1")));
}

TEST(Progress, IsSilentWithoutATerminal) {
    Progress progress{10, "reading", ProgressScreen{}};
    progress.advance(5);
    progress.finish();
}

}  // namespace
}  // namespace moldau::cli
