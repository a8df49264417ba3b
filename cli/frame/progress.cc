// A bar, a share and a count, redrawn in place.

#include "cli/frame/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace moldau::cli {

ProgressScreen ProgressScreen::standard_error() {
    ProgressScreen screen;
    if (::isatty(STDERR_FILENO) == 0) return screen;
    screen.draw = [](const std::string& text) {
        std::fputs(text.c_str(), stderr);
        std::fflush(stderr);
    };
    screen.now = [] { return std::chrono::steady_clock::now(); };
    return screen;
}

Progress::Progress(std::int64_t total, std::string label, ProgressScreen screen)
    : total_(total), label_(std::move(label)), screen_(std::move(screen)) {
    if (screen_.draw) drawn_ = screen_.now();  // work that ends within the first tenth of a second draws nothing
}

Progress::~Progress() { finish(); }

void Progress::advance(std::int64_t count) {
    done_ += count;
    if (!screen_.draw) return;
    const auto now = screen_.now();
    if (now - drawn_ < kDrawEvery) return;
    drawn_ = now;
    is_drawn_ = true;
    screen_.draw("\r" + line() + "\x1b[K");
}

void Progress::finish() {
    if (is_drawn_) screen_.draw("\r\x1b[K");
    is_drawn_ = false;
    screen_.draw = nullptr;
}

std::string Progress::line() const {
    if (total_ <= 0) return label_ + " " + std::to_string(done_);
    constexpr std::int64_t kWidth = 30;
    // By floating point: the product of two counts may not fit.
    const double share = std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(share * kWidth);
    std::string bar(filled, '#');
    bar.resize(kWidth, '.');
    return label_ + " [" + bar + "] " + std::to_string(static_cast<int>(share * 100)) + "% " + std::to_string(done_) + "/" +
           std::to_string(total_);
}

}  // namespace moldau::cli
