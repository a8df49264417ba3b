// The words of the commands that need no broker.

#include <map>
#include <string>

#include "cli/frame/grammar.h"
#include "cli/offline/commands.h"

namespace moldau::cli {
namespace {

const std::map<std::string, RecordKind> kRecordKinds = {{"offsets", RecordKind::kOffsets},
                                                        {"transactions", RecordKind::kTransactions},
                                                        {"metadata", RecordKind::kMetadata},
                                                        {"kafka-metadata", RecordKind::kKafkaMetadata},
                                                        {"plain", RecordKind::kPlain}};

void declare_filters(Grammar& grammar) {
    auto* wire = grammar.family("wire", "Protocol messages, line by line from standard input");
    grammar.command<FilterLines>(wire, "decode", "Name TAB version TAB hex to Name TAB version TAB JSON").options.filter =
        Filter::kWireDecode;
    grammar.command<FilterLines>(wire, "encode", "Name TAB version TAB JSON to Name TAB version TAB hex").options.filter =
        Filter::kWireEncode;
    auto* batch = grammar.family("batch", "Record batches, line by line from standard input");
    grammar.command<FilterLines>(batch, "decode", "hex to JSON").options.filter = Filter::kBatchDecode;
}

void declare_log(Grammar& grammar) {
    auto* log = grammar.family("log", "Look into the files of a log, without a broker");
    auto dump = grammar.command<LogDump>(
        log, "dump", "Print batches, records, indexes, snapshots and checkpoints; what is damaged is named at the end");
    auto& made = dump.options;
    dump->add_option("file", made.files, "Segments, indexes, snapshots, checkpoints, meta.properties")->required();
    Grammar::add_choice(dump.app, "-r,--records", made.records, PrintRecords::kYes, "Print the records too");
    dump->add_option_function<std::string>(
            "--decode", [&made](const std::string& kind) { made.decode = kRecordKinds.at(kind); },
            "Print the records, decoded as what they are (default with --records: by the name of the folder)")
        ->check(CLI::IsMember(kRecordKinds))
        ->option_text("offsets|transactions|metadata|kafka-metadata|plain");
    auto check = grammar.command<LogCheck>(
        log, "check", "Read whole partitions and say whether checksums, offsets, indexes and transactions agree");
    check->add_option("folder", check.options.folders, "Partitions' folders, or data directories")->required();
}

void declare_import_choices(Grammar::Declared<Import>& import) {
    auto* app = import.app;
    auto& made = import.options;
    Grammar::add_choice(app, "--move", made.transfer, Import::Transfer::kMove,
                        "Move the logs instead of copying them; on one file system only, Kafka has them no more then");
    Grammar::add_choice(app, "--dry-run", made.dry_run, Import::DryRun::kYes, "Say what would be done, change nothing");
    Grammar::add_choice(app, "--recover", made.recovery, Import::Recovery::kAllowed,
                        "Also when Kafka did not stop cleanly: the first start of moldau-broker looks through the logs");
    Grammar::add_choice(app, "--create-missing", made.missing, Import::Missing::kCreate,
                        "Make partitions empty that a topic has and the directories lack");
    Grammar::add_choice(app, "--verify", made.checksums, Import::Checksums::kVerify,
                        "Check the checksum of every batch first, which reads everything once more");
    Grammar::add_choice(app, "--without-metadata", made.metadata, Import::KafkaMetadata::kIgnore,
                        "Take no settings from Kafka's __cluster_metadata-0");
}

void declare_import(Grammar& grammar) {
    auto import = grammar.command<Import>(&grammar.root(), "import",
                                          "Take over the data directories of a stopped Kafka broker; without a directory, "
                                          "finish or take back an earlier import");
    auto& made = import.options;
    import->add_option("directory", made.sources, "The directories of Kafka's log.dirs");
    import->add_option("-d,--data-dir", made.data_dirs, "The data directory to import into; one for all, or one for each")
        ->required()
        ->allow_extra_args(false);
    import->add_option("-c,--topic-config", made.topic_configs, "A setting of a topic; it counts more than Kafka's own")
        ->allow_extra_args(false)
        ->option_text("TOPIC:KEY=VALUE ...");
    import->add_option("--config-file", made.config_file, "The same from a file, one a line, # before comments");
    import->add_option("--skip", made.skipped, "Leave this topic out; may be repeated")->allow_extra_args(false);
    import->add_option("--metadata-dir", made.metadata_dir,
                       "Kafka's __cluster_metadata-0, when it is not in the directories");
    import->add_option("--node-id", made.node_id, "The node id of the new data directory (default: Kafka's)")
        ->check(CLI::NonNegativeNumber);
    declare_import_choices(import);
}

}  // namespace

void declare_offline(Grammar& grammar) {
    declare_filters(grammar);
    declare_log(grammar);
    declare_import(grammar);
}

}  // namespace moldau::cli
