// Columns of text.

#include "cli/frame/table.h"

#include <algorithm>

#include "base/check.h"

namespace moldau::cli {

Table::Table(std::vector<std::string> heads) { rows_.push_back(std::move(heads)); }

void Table::add_row(std::vector<std::string> cells) {
    CHECK(cells.size() == rows_.front().size());
    rows_.push_back(std::move(cells));
}

std::string Table::text() const {
    constexpr std::size_t kGap = 2;
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_) {
        for (std::size_t column = 0; column < row.size(); ++column)
            widths[column] = std::max(widths[column], row[column].size());
    }
    std::string text;
    for (const auto& row : rows_) {
        std::string line;
        std::size_t begin = 0;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line.resize(std::max(begin, line.size()), ' ');
            line += row[column];
            begin += widths[column] + kGap;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

}  // namespace moldau::cli
