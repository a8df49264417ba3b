// Commands that need no broker: one struct of options and one `run` per command, in the file named after it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/frame/global.h"

namespace moldau::cli {

class Grammar;

// The filters read standard input.
enum class Filter { kWireDecode, kWireEncode, kBatchDecode };
struct FilterLines {
    Filter filter = Filter::kWireDecode;
};

// What the records of a log are, beyond keys and values.
enum class RecordKind : std::uint8_t { kPlain, kOffsets, kTransactions, kMetadata, kKafkaMetadata };
enum class PrintRecords : std::uint8_t { kNo, kYes };
struct LogDump {
    std::vector<std::string> files;
    PrintRecords records = PrintRecords::kNo;
    std::optional<RecordKind> decode;
};

struct LogCheck {
    std::vector<std::string> folders;  // of partitions, or data directories
};

struct Import {
    enum class Transfer : std::uint8_t { kCopy, kMove };
    enum class DryRun : std::uint8_t { kNo, kYes };
    enum class Recovery : std::uint8_t { kNone, kAllowed };
    enum class Missing : std::uint8_t { kRefuse, kCreate };
    enum class Checksums : std::uint8_t { kSkip, kVerify };
    enum class KafkaMetadata : std::uint8_t { kRead, kIgnore };

    std::vector<std::string> sources;  // none: finishes or takes back an earlier import
    std::vector<std::string> data_dirs;
    std::vector<std::string> topic_configs;  // topic:key=value
    std::string config_file;                 // the same, one a line
    std::vector<std::string> skipped;        // topics
    std::string metadata_dir;                // a `__cluster_metadata-0` elsewhere
    std::optional<std::int32_t> node_id;
    Transfer transfer = Transfer::kCopy;
    DryRun dry_run = DryRun::kNo;
    Recovery recovery = Recovery::kNone;
    Missing missing = Missing::kRefuse;
    Checksums checksums = Checksums::kSkip;
    KafkaMetadata metadata = KafkaMetadata::kRead;

    std::string contradiction() const;
};

Result<void> run(const Global& global, const FilterLines& options);
Result<void> run(const Global& global, const LogDump& options);
Result<void> run(const Global& global, const LogCheck& options);
Result<void> run(const Global& global, const Import& options);

void declare_offline(Grammar& grammar);

}  // namespace moldau::cli
