// Columns of text for people: a line of heads, then rows, each column as wide as its widest cell.

#pragma once

#include <string>
#include <vector>

namespace moldau::cli {

class Table {
public:
    explicit Table(std::vector<std::string> heads);

    // As many cells as there are heads.
    void add_row(std::vector<std::string> cells);
    // Every line ends with a line end and without blanks before it.
    std::string text() const;

private:
    std::vector<std::vector<std::string>> rows_;  // the first has the heads
};

}  // namespace moldau::cli
