// The last step of an import, such that a crash anywhere leaves all of it to do or nothing.
//
// The problem: hundreds of folders, a new metadata log and checkpoints must appear together. The idea: they are made ready
// in `.moldau-import` inside the data directories; then a journal, one small file in the first directory's, says what is to
// be renamed to where. From the moment that it is on the disk the import counts: whoever comes later carries it out again,
// which is harmless. Before, it is simply removed. A broker refuses a directory in which the folder is.
//
//   journal = "0\n" count "\n" (from "\n" to "\n"){count}       0 is the version; a line has no line end in it; an empty
//                                                              `to` means: remove `from`
//
// Docs: docs/formats/import-journal.md.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace moldau::cli {

struct ImportStep {
    std::string from;
    std::string to;  // empty: removes `from`
    bool operator==(const ImportStep&) const = default;
};

std::string format_journal(const std::vector<ImportStep>& steps);
// Errors: kCorrupt, kNewerFormat.
Result<std::vector<ImportStep>> parse_journal(std::string_view text);

// `staging` is the first data directory's. When it resolves, the import counts.
Result<void> write_journal(const std::string& staging, const std::vector<ImportStep>& steps);
// Nullopt when there is none.
Result<std::optional<std::vector<ImportStep>>> read_journal(const std::string& staging);
// Renames and removes, also what a run before has done in part. What stands where something goes is moved into the staging
// folder of that place, whose contents go with it later.
Result<void> carry_out(const std::vector<ImportStep>& steps);

}  // namespace moldau::cli
