// How far a long piece of work has come, on a terminal's last line.
//
// The problem: creating a thousand topics or reading a gigabyte is silent for long; but a line that redraws itself ruins a
// log file. The idea: one line on standard error, drawn only where that is a terminal, at most ten times a second, wiped at
// the end. Use: `Progress progress{total, "importing partitions"}; ...; progress.advance(n); ...; progress.finish();`

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace moldau::cli {

// Where it is drawn and by which clock.
struct ProgressScreen {
    std::function<void(const std::string&)> draw;  // empty: nothing is drawn
    std::function<std::chrono::steady_clock::time_point()> now;

    // Standard error, when it is a terminal.
    static ProgressScreen standard_error();
};

// Thread: one at a time. Ends by itself when destroyed.
class Progress {
public:
    // `total` <= 0: not known, so only the count is shown.
    Progress(std::int64_t total, std::string label, ProgressScreen screen = ProgressScreen::standard_error());
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void advance(std::int64_t count);
    // Wipes the line, so that what is printed next stands alone. Later calls do nothing.
    void finish();

private:
    static constexpr std::chrono::milliseconds kDrawEvery{100};
    std::string line() const;

    std::int64_t total_;
    std::string label_;
    ProgressScreen screen_;
    std::int64_t done_ = 0;
    bool is_drawn_ = false;
    std::chrono::steady_clock::time_point drawn_;
};

}  // namespace moldau::cli
