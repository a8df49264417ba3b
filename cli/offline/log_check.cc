// `moldau log check`: do the files of partitions agree?

#include <algorithm>

#include "cli/frame/print.h"
#include "cli/frame/progress.h"
#include "cli/frame/table.h"
#include "cli/offline/commands.h"
#include "cli/offline/partition_check.h"
#include "cli/offline/row.h"
#include "io/posix_calls.h"
#include "store/data_dir.h"

namespace moldau::cli {
namespace {

// A data directory stands for all partitions in it.
Result<std::vector<std::string>> folders_of(const LogCheck& options) {
    std::vector<std::string> folders;
    for (const auto& path : options.folders) {
        const auto entries = io::posix::list(path);
        if (!entries) return fail(Errc::kUsage, entries.error().context);
        if (std::ranges::find(*entries, "meta.properties", &io::DirEntry::name) == entries->end()) {
            folders.push_back(path);
            continue;
        }
        for (const auto& entry : *entries) {
            if (entry.is_dir && store::parse_partition_folder(entry.name)) folders.push_back(path + '/' + entry.name);
        }
    }
    return folders;
}

void print_json(const std::string& folder, const PartitionCheck& check) {
    Row row{Output::kJson};
    row.put("folder", folder);
    row.put("segments", check.segments);
    row.put("batches", check.batches);
    row.put("records", check.records);
    row.put("bytes", check.bytes);
    row.put("startOffset", check.start.value);
    row.put("endOffset", check.end.value);
    row.put("gaps", check.gaps);
    row.put("faults", check.faults.size());
    row.print();
}

}  // namespace

Result<void> run(const Global& global, const LogCheck& options) {
    MOLDAU_TRY_ASSIGN(folders, folders_of(options));
    Table table{{"PARTITION", "SEGMENTS", "BATCHES", "RECORDS", "BYTES", "START", "END", "GAPS", "FAULTS"}};
    std::string faults;
    {
        Progress progress{static_cast<std::int64_t>(folders.size()), "checking partitions"};
        for (const auto& folder : folders) {
            const auto check = check_partition(folder);
            progress.advance(1);
            for (const auto& fault : check.faults) faults += (faults.empty() ? "" : "\n") + fault;
            if (global.output == Output::kJson) {
                print_json(folder, check);
                continue;
            }
            table.add_row({folder.substr(folder.rfind('/') + 1), std::to_string(check.segments),
                           std::to_string(check.batches), std::to_string(check.records), std::to_string(check.bytes),
                           std::to_string(check.start.value), std::to_string(check.end.value), std::to_string(check.gaps),
                           std::to_string(check.faults.size())});
        }
    }
    if (global.output == Output::kText) print(table.text());
    if (!faults.empty()) return fail(Errc::kUsage, faults);
    return {};
}

}  // namespace moldau::cli
