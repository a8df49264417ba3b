// `moldau import`: judge, tell, make ready, put in place.

#include <cstdio>

#include "cli/frame/print.h"
#include "cli/frame/progress.h"
#include "cli/frame/table.h"
#include "cli/offline/commands.h"
#include "cli/offline/file_copy.h"
#include "cli/offline/import_journal.h"
#include "cli/offline/import_metadata.h"
#include "cli/offline/import_plan.h"
#include "cli/offline/row.h"
#include "cli/offline/segment_file.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

constexpr const char* kMetadataFolder = "/__cluster_metadata-0";
constexpr const char* kBootFile = "/.moldau-boot";
constexpr const char* kMetaFile = "/meta.properties";
constexpr const char* kImportedText = "imported\n";  // no machine's boot id
constexpr const char* kCleanText = "{\"version\":0,\"brokerEpoch\":-1}";

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += (text.empty() ? "" : "\n") + line;
    return text;
}

std::string folder_name(const PlannedTopic& topic, std::size_t index) { return topic.name + '-' + std::to_string(index); }

// --- telling

void print_json(const ImportPlan& plan, const PlannedTopic& topic) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("topic", topic.name);
    json.member("topicId", topic.id.value);
    json.key("configs");
    json.begin_object();
    for (const auto& [name, value] : topic.configs) json.member(name.c_str(), value);
    json.end_object();
    json.key("partitions");
    json.begin_array();
    for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
        const auto& partition = topic.partitions[index];
        json.begin_object();
        json.member("partition", index);
        json.member("from", partition.from);
        json.member("to", plan.targets[partition.target].path + '/' + folder_name(topic, index));
        json.member("logStartOffset", partition.scan.start.value);
        json.member("logEndOffset", partition.scan.end.value);
        json.member("leaderEpoch", partition.epoch.value);
        json.member("bytes", partition.scan.bytes);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    print(json.take() + "\n");
}

std::string configs_text(const TopicConfigs& configs) {
    std::string text;
    for (const auto& [name, value] : configs) text += (text.empty() ? "" : " ") + name + '=' + value;
    return text;
}

void print_table(const ImportPlan& plan) {
    Table table{{"TOPIC", "PARTITIONS", "OFFSETS", "BYTES", "SETTINGS"}};
    for (const auto& topic : plan.topics) {
        std::int64_t offsets = 0;
        std::uint64_t bytes = 0;
        for (const auto& partition : topic.partitions) {
            offsets += partition.scan.end - partition.scan.start;
            bytes += partition.scan.bytes;
        }
        table.add_row({topic.name, std::to_string(topic.partitions.size()), std::to_string(offsets), std::to_string(bytes),
                       configs_text(topic.configs)});
    }
    print(table.text());
}

void tell(const Global& global, const ImportPlan& plan, const Findings& findings) {
    for (const auto& warning : findings.warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
    if (!findings.refusals.empty()) return;
    if (global.output == Output::kText) return print_table(plan);
    for (const auto& topic : plan.topics) print_json(plan, topic);
}

// --- making ready

class ImportRun {
public:
    ImportRun(const Import& options, ImportPlan plan) : options_(options), plan_(std::move(plan)) {}

    Result<void> run() {
        MOLDAU_TRY(open_targets());
        if (auto ready = make_ready(); !ready) {
            discard();
            return fail(ready.error().code, ready.error().context +
                                                "\nnothing was imported, and nothing changed in the "
                                                "directories that were to be imported");
        }
        MOLDAU_TRY(carry_out(steps_));
        return remove_staging();
    }

private:
    bool moves() const { return options_.transfer == Import::Transfer::kMove; }
    bool recovers() const { return options_.recovery == Import::Recovery::kAllowed; }

    Result<void> open_targets() {
        for (auto& target : plan_.targets) {
            MOLDAU_TRY(io::posix::make_dirs(target.staging()));
            MOLDAU_TRY(io::posix::sync_dir(target.path));
            if (target.lock.number() < 0) {
                MOLDAU_TRY_ASSIGN(lock, io::posix::lock(target.path + "/.lock"));
                target.lock = std::move(lock);
            }
            if (target.meta.directory_id.is_zero()) target.meta.directory_id = new_directory_id();
        }
        return {};
    }

    Result<void> make_ready() {
        MOLDAU_TRY(copy_logs());
        MOLDAU_TRY(make_metadata());
        for (std::size_t index = 0; index < plan_.targets.size(); ++index) MOLDAU_TRY(make_small_files(index));
        MOLDAU_TRY(check_sources());
        for (const auto& target : plan_.targets) MOLDAU_TRY(sync_file_system(target.staging()));
        return write_journal(plan_.targets.front().staging(), steps_);
    }

    Result<void> copy_logs() {
        Progress progress{static_cast<std::int64_t>(plan_.bytes), moves() ? "moving" : "copying bytes"};
        for (const auto& topic : plan_.topics) {
            for (std::size_t index = 0; index < topic.partitions.size(); ++index) {
                const auto& partition = topic.partitions[index];
                if (partition.from.empty()) continue;
                const auto& target = plan_.targets[partition.target];
                const auto to = target.path + '/' + folder_name(topic, index);
                if (moves()) {
                    steps_.push_back({partition.from, to});
                    continue;
                }
                const auto staged = target.staging() + '/' + folder_name(topic, index);
                MOLDAU_TRY(io::posix::make_dirs(staged));
                for (const auto& file : partition.scan.files) {
                    MOLDAU_TRY(copy_file(partition.from + '/' + file.name, staged + '/' + file.name,
                                         [&](std::int64_t bytes) { progress.advance(bytes); }));
                }
                steps_.push_back({staged, to});
            }
        }
        return {};
    }

    Result<void> make_metadata() {
        const auto& target = plan_.targets.front();
        MetadataChange change{.folder = target.staging(),
                              .cluster_id = target.meta.cluster_id,
                              .directory_id = target.meta.directory_id,
                              .adoption = {.broker = target.meta.node_id, .next_producer_id = plan_.next_producer_id}};
        for (const auto& topic : plan_.topics) {
            metadata::AdoptedTopic adopted{.name = topic.name, .id = topic.id};
            for (const auto& [name, value] : topic.configs) adopted.configs.emplace(name, value);
            for (const auto& partition : topic.partitions) {
                adopted.partitions.push_back({partition.epoch, plan_.targets[partition.target].meta.directory_id});
            }
            change.adoption.topics.push_back(std::move(adopted));
        }
        const auto staged = target.staging() + kMetadataFolder;
        if (!target.is_new) MOLDAU_TRY(copy_folder(target.path + kMetadataFolder, staged));
        MOLDAU_TRY(adopt_into_metadata(std::move(change)));
        steps_.push_back({staged, target.path + kMetadataFolder});
        return {};
    }

    static Result<void> copy_folder(const std::string& from, const std::string& to) {
        MOLDAU_TRY_ASSIGN(entries, io::posix::list(from));
        MOLDAU_TRY(io::posix::make_dirs(to));
        for (const auto& entry : entries) {
            if (!entry.is_dir) MOLDAU_TRY(copy_file(from + '/' + entry.name, to + '/' + entry.name, [](std::int64_t) {}));
        }
        return {};
    }

    Result<void> make_small_files(std::size_t index) {
        const auto& target = plan_.targets[index];
        // First, so that a crash in between cannot make the next start trust the logs.
        if (recovers() && !target.is_new) steps_.insert(steps_.begin(), {target.path + kKafkaCleanFile, ""});
        MOLDAU_TRY(make_checkpoint(index, store::kRecoveryPointFile, &KafkaDirectory::recovery_points));
        MOLDAU_TRY(make_checkpoint(index, store::kHighWatermarkFile, &KafkaDirectory::high_watermarks));
        MOLDAU_TRY(make_checkpoint(index, store::kLogStartFile, &KafkaDirectory::log_starts));
        MOLDAU_TRY(make_checkpoint(index, store::kCleanedFile, &KafkaDirectory::cleaned));
        MOLDAU_TRY(make_file(target, kBootFile, kImportedText));
        if (!recovers()) MOLDAU_TRY(make_file(target, kKafkaCleanFile, kCleanText));
        return target.is_new ? make_file(target, kMetaFile, store::format_meta_properties(target.meta)) : Result<void>{};
    }

    Result<void> make_file(const ImportTarget& target, const std::string& name, const std::string& content) {
        MOLDAU_TRY(write_durably(target.staging() + name, content));
        steps_.push_back({target.staging() + name, target.path + name});
        return {};
    }

    // What Kafka knew of the partitions that come to this target, beside what the target has.
    Result<void> make_checkpoint(std::size_t index, const std::string& name,
                                 store::OffsetCheckpoint KafkaDirectory::* offsets) {
        const auto& target = plan_.targets[index];
        store::OffsetCheckpoint all;
        const auto before = read_small_file(target.path + '/' + name);
        if (!before && before.error().code != Errc::kNotFound) return fail(before.error());
        if (before) all = store::parse_checkpoint(*before).value_or(store::OffsetCheckpoint{});
        for (const auto& topic : plan_.topics) {
            for (std::size_t at = 0; at < topic.partitions.size(); ++at) {
                const auto& partition = topic.partitions[at];
                if (partition.from.empty() || partition.target != index) continue;
                const auto& known = plan_.sources[partition.source].*offsets;
                const TopicPartition key{topic.name, PartitionIndex{static_cast<std::int32_t>(at)}};
                if (const auto found = known.find(key); found != known.end()) all.insert_or_assign(key, found->second);
            }
        }
        return make_file(target, '/' + name, store::format_checkpoint(all));
    }

    // A Kafka that starts removes its mark.
    Result<void> check_sources() const {
        if (recovers()) return {};
        for (const auto& source : plan_.sources) {
            if (read_small_file(source.path + kKafkaCleanFile)) continue;
            return fail(Errc::kUsage, source.path + kKafkaCleanFile +
                                          ": is gone: Kafka was started meanwhile; stop it, and "
                                          "import again");
        }
        return {};
    }

    void discard() {
        for (const auto& target : plan_.targets) {
            (void)io::posix::remove_dir(target.staging());
            if (target.is_new) (void)io::posix::remove_file(target.path + "/.lock");
        }
    }

    // The first one's last: it has the journal.
    Result<void> remove_staging() {
        for (std::size_t index = plan_.targets.size(); index-- > 0;) {
            MOLDAU_TRY(io::posix::remove_dir(plan_.targets[index].staging()));
            MOLDAU_TRY(io::posix::sync_dir(plan_.targets[index].path));
        }
        return {};
    }

    const Import& options_;
    ImportPlan plan_;
    std::vector<ImportStep> steps_;
};

// --- what an earlier run left

Result<void> finish_earlier(const Global& global, const Import& options) {
    const auto first = options.data_dirs.front() + kStagingFolder;
    MOLDAU_TRY_ASSIGN(steps, read_journal(first));
    if (!io::posix::list(first)) {
        return fail(Errc::kUsage, first + ": is not there, so there is nothing to finish; name the directories to import");
    }
    MOLDAU_TRY_ASSIGN(lock, io::posix::lock(options.data_dirs.front() + "/.lock"));
    if (steps) MOLDAU_TRY(carry_out(*steps));
    for (std::size_t index = options.data_dirs.size(); index-- > 0;) {
        MOLDAU_TRY(io::posix::remove_dir(options.data_dirs[index] + kStagingFolder));
    }
    Row row{global.output};
    row.put("import", steps ? "finished" : "taken back, it had changed nothing yet");
    row.print();
    return {};
}

}  // namespace

std::string Import::contradiction() const {
    if (sources.empty() && dry_run == DryRun::kYes) return "name the directories to import";
    if (data_dirs.size() > 1 && !sources.empty() && data_dirs.size() != sources.size()) {
        return "give one --data-dir for all directories, or one for each";
    }
    return {};
}

Result<void> run(const Global& global, const Import& options) {
    if (options.sources.empty()) return finish_earlier(global, options);
    Findings findings;
    auto plan = plan_import(options, findings);
    tell(global, plan, findings);
    if (!findings.refusals.empty()) return fail(Errc::kUsage, joined(findings.refusals));
    if (options.dry_run == Import::DryRun::kYes) return {};
    MOLDAU_TRY(flush());
    return ImportRun{options, std::move(plan)}.run();
}

}  // namespace moldau::cli
