// Writing, reading and carrying out the journal.

#include "cli/offline/import_journal.h"

#include <charconv>
#include <filesystem>
#include <set>

#include "cli/offline/file_copy.h"
#include "cli/offline/import_target.h"
#include "cli/offline/segment_file.h"
#include "io/posix_calls.h"

namespace moldau::cli {
namespace {

constexpr const char* kJournalFile = "/journal";
constexpr const char* kReplacedSuffix = ".replaced";
constexpr std::size_t kJournalBytesMax = 1 << 30;

std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool exists(const std::string& path) {
    std::error_code error;
    return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

bool is_folder(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
}

Result<void> rename_into_place(const ImportStep& step) {
    if (!exists(step.from)) {
        if (exists(step.to)) return {};  // done before
        return fail(Errc::kCorrupt, step.from + ": is missing, and not at " + step.to +
                                        " either; restore it and say the same "
                                        "again");
    }
    if (is_folder(step.to)) {
        const auto aside = folder_of(step.to) + kStagingFolder + '/' + name_of(step.to) + kReplacedSuffix;
        MOLDAU_TRY(io::posix::remove_dir(aside));
        MOLDAU_TRY(io::posix::rename(step.to, aside));
    }
    return io::posix::rename(step.from, step.to);
}

}  // namespace

std::string format_journal(const std::vector<ImportStep>& steps) {
    std::string text = "0\n" + std::to_string(steps.size()) + '\n';
    for (const auto& step : steps) text += step.from + '\n' + step.to + '\n';
    return text;
}

Result<std::vector<ImportStep>> parse_journal(std::string_view text) {
    const auto version = take_line(text);
    if (version && *version != "0")
        return fail(Errc::kNewerFormat, "version " + std::string{*version} + " of an import's journal");
    const auto count_line = take_line(text);
    std::size_t count = 0;
    if (!count_line ||
        std::from_chars(count_line->data(), count_line->data() + count_line->size(), count).ec != std::errc{} ||
        std::to_string(count) != *count_line) {
        return fail(Errc::kCorrupt, "no journal of an import");
    }
    std::vector<ImportStep> steps;
    while (!text.empty()) {
        const auto from = take_line(text);
        const auto to = take_line(text);
        if (!from || !to || from->empty()) return fail(Errc::kCorrupt, "the journal of an import is torn");
        steps.push_back({std::string{*from}, std::string{*to}});
    }
    if (steps.size() != count) return fail(Errc::kCorrupt, "the journal of an import has lost steps");
    return steps;
}

Result<void> write_journal(const std::string& staging, const std::vector<ImportStep>& steps) {
    return write_durably(staging + kJournalFile, format_journal(steps));
}

Result<std::optional<std::vector<ImportStep>>> read_journal(const std::string& staging) {
    const auto path = staging + kJournalFile;
    const auto text = read_small_file(path, kJournalBytesMax);
    if (!text && text.error().code == Errc::kNotFound) return std::nullopt;
    if (!text) return fail(text.error());
    auto steps = parse_journal(*text);
    if (!steps) return fail(steps.error().code, path + ": " + steps.error().context);
    return *std::move(steps);
}

Result<void> carry_out(const std::vector<ImportStep>& steps) {
    std::set<std::string> changed;
    for (const auto& step : steps) {
        MOLDAU_TRY(step.to.empty() ? io::posix::remove_file(step.from) : rename_into_place(step));
        changed.insert(folder_of(step.from));
        if (!step.to.empty()) changed.insert(folder_of(step.to));
    }
    for (const auto& folder : changed) MOLDAU_TRY(io::posix::sync_dir(folder));
    return {};
}

}  // namespace moldau::cli
