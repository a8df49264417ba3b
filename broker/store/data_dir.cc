// Opening a data directory: lock, identity, how the last run ended; its partition folders.

#include "store/data_dir.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/logger.h"
#include "base/task_group.h"

namespace moldau::store {

namespace {

constexpr std::string_view kMetaFile = "/meta.properties";
constexpr std::string_view kCleanFile = "/.kafka_cleanshutdown";
constexpr std::string_view kBootFile = "/.moldau-boot";
constexpr std::string_view kLockFile = "/.lock";
constexpr std::string_view kImportFolder = "/.moldau-import";  // of `moldau import`, while it is under way
constexpr std::string_view kMetadataTopic = "__cluster_metadata";
constexpr std::string_view kDeleteSuffix = "-delete";
constexpr std::size_t kUniquePartMin = 22;  // of "<folder>.<unique>-delete": ours is 22 characters, Kafka's 32
constexpr std::size_t kTopicBytesMax = 249;
constexpr std::size_t kSmallFileBytesMax = 64 << 10;
constexpr std::size_t kFolderReaders = 32;

std::string path_in(const std::string& dir, std::string_view file) { return dir + std::string{file}; }

bytes::View text_view(std::string_view text) { return bytes::View::copy_of(text); }

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::optional<std::int32_t> parse_int32(std::string_view text) {
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\f\n";
    const auto start = text.find_first_not_of(kBlank);
    if (start == std::string_view::npos) return {};
    return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

// Key and value of each line, as java.util.Properties writes them: comments begin with '#' or '!', a backslash quotes one
// character.
std::map<std::string, std::string> parse_properties(std::string_view text) {
    std::map<std::string, std::string> properties;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#' || line.front() == '!') continue;
        std::string key;
        std::string value;
        bool in_value = false;
        for (std::size_t at = 0; at < line.size(); ++at) {
            if (!in_value && (line[at] == '=' || line[at] == ':')) {
                in_value = true;
                continue;
            }
            if (line[at] == '\\' && at + 1 < line.size()) ++at;
            (in_value ? value : key) += line[at];
        }
        properties.insert_or_assign(std::string{trimmed(key)}, std::string{trimmed(value)});
    }
    return properties;
}

// "<anything>.<unique>-delete": a log that was closed for deletion.
bool is_deleted_folder(std::string_view name) {
    if (!name.ends_with(kDeleteSuffix)) return false;
    name.remove_suffix(kDeleteSuffix.size());
    const auto dot = name.rfind('.');
    return dot != std::string_view::npos && dot > 0 && name.size() - dot - 1 >= kUniquePartMin;
}

bool is_topic_name(std::string_view name) {
    if (name.empty() || name.size() > kTopicBytesMax || name == "." || name == "..") return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
}

// Errors: kNewerFormat; kCorrupt when it is not a partition.metadata.
Result<TopicId> parse_partition_metadata(std::string_view text) {
    const auto properties = parse_properties(text);
    const auto version = properties.find("version");
    const auto number = version == properties.end() ? std::nullopt : parse_int32(version->second);
    if (number && *number > 0) return fail(Errc::kNewerFormat, "partition.metadata");
    const auto topic = properties.find("topic_id");
    if (!number || topic == properties.end()) return fail(Errc::kCorrupt, "partition.metadata");
    MOLDAU_TRY_ASSIGN(id, Uuid::parse(topic->second));
    return TopicId{id};
}

Task<Result<bool>> exists(io::FileSystem& files, std::string path) {
    auto content = co_await io::read_file(files, std::move(path), kSmallFileBytesMax);
    if (content || content.error().code == Errc::kLimitExceeded) co_return true;
    if (content.error().code == Errc::kNotFound) co_return false;
    co_return fail(std::move(content).error());
}

// Partition folders whose topic ids several readers find out side by side: thousands of small files at start.
struct FolderScan {
    io::FileSystem& files;
    std::vector<PartitionFolder> folders;
    std::size_t next = 0;
    std::optional<Error> failure;
};

Task<Result<TopicId>> read_topic_id(io::FileSystem& files, std::string dir) {
    auto content = co_await io::read_file(files, dir + "/partition.metadata", kSmallFileBytesMax);
    if (!content && content.error().code == Errc::kNotFound) co_return TopicId{};
    if (!content && content.error().code != Errc::kLimitExceeded) co_return fail(std::move(content).error());
    auto id = parse_partition_metadata(content ? content->text() : std::string_view{});
    if (id || id.error().code == Errc::kNewerFormat) co_return id;
    LOG_ERROR("log", "partition.metadata is damaged dir={}", dir);
    co_return TopicId{};
}

Task<void> read_topic_ids(FolderScan& scan) {
    while (scan.next < scan.folders.size() && !scan.failure) {
        const auto index = scan.next++;
        auto id = co_await read_topic_id(scan.files, scan.folders[index].dir);
        if (id)
            scan.folders[index].topic_id = *id;
        else
            scan.failure = Error{id.error().code, scan.folders[index].dir + ": " + id.error().context};
    }
}

}  // namespace

std::optional<TopicPartition> parse_partition_folder(std::string_view name) {
    const auto dash = name.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto topic = name.substr(0, dash);
    const auto digits = name.substr(dash + 1);
    const auto partition = parse_int32(digits);
    if (!partition || *partition < 0 || std::to_string(*partition) != digits || !is_topic_name(topic)) return std::nullopt;
    return TopicPartition{std::string{topic}, PartitionIndex{*partition}};
}

Result<MetaProperties> parse_meta_properties(std::string_view text, const MetaProperties& defaults) {
    const auto properties = parse_properties(text);
    const auto value_of = [&](const char* key) -> const std::string* {
        const auto found = properties.find(key);
        return found == properties.end() ? nullptr : &found->second;
    };
    const auto* version_text = value_of("version");
    const auto version = version_text ? parse_int32(*version_text) : std::nullopt;
    if (!version || *version < 0) return fail(Errc::kCorrupt, "meta.properties has no version");
    if (*version > 1) return fail(Errc::kNewerFormat, "meta.properties has version " + *version_text);

    MetaProperties meta = defaults;
    if (const auto* cluster = value_of("cluster.id")) meta.cluster_id = *cluster;
    const auto* node = value_of("node.id");
    if (node == nullptr) node = value_of("broker.id");
    if (node != nullptr) {
        const auto id = parse_int32(*node);
        if (!id) return fail(Errc::kCorrupt, "meta.properties has node.id " + *node);
        meta.node_id = BrokerId{*id};
    }
    if (const auto* directory = value_of("directory.id")) {
        const auto id = Uuid::parse(*directory);
        if (!id) return fail(Errc::kCorrupt, "meta.properties has directory.id " + *directory);
        meta.directory_id = *id;
    }
    return meta;
}

std::string format_meta_properties(const MetaProperties& meta) {
    return "version=1\ncluster.id=" + meta.cluster_id + "\nnode.id=" + std::to_string(meta.node_id.value) +
           "\ndirectory.id=" + meta.directory_id.to_string() + '\n';
}

DataDir::DataDir(io::FileSystem& files, Options options)
    : files_(files), path_(options.path), options_(std::move(options)) {}
DataDir::~DataDir() = default;

Task<Result<std::unique_ptr<DataDir>>> DataDir::open(io::FileSystem& files, io::Random& random, Options options) {
    std::unique_ptr<DataDir> dir{new DataDir{files, std::move(options)}};
    MOLDAU_CO_TRY(co_await dir->load(random));
    co_return dir;
}

Task<Result<void>> DataDir::load(io::Random& random) {
    if (options_.if_new == Options::IfNew::kRefuse) {
        MOLDAU_CO_TRY_ASSIGN(is_known, co_await exists(files_, path_in(path_, kMetaFile)));
        if (!is_known) co_return fail(Errc::kNotFound, path_ + " has no meta.properties");
    }
    MOLDAU_CO_TRY(co_await io::make_dirs(files_, path_));
    MOLDAU_CO_TRY(co_await io::sync_dir(files_, parent_of(path_)));
    MOLDAU_CO_TRY_ASSIGN(lock, co_await io::lock(files_, path_in(path_, kLockFile)));
    lock_ = std::move(lock);
    const auto import = co_await io::list(files_, path_in(path_, kImportFolder));
    if (!import && import.error().code != Errc::kNotFound) co_return fail(import.error());
    if (import) {
        co_return fail(Errc::kUsage, path_ + ": an import into this directory was not finished; `moldau import --data-dir " +
                                         path_ + "` finishes it, or takes it back");
    }
    MOLDAU_CO_TRY(co_await load_meta(random));
    co_return co_await load_shutdown();
}

// The file is written only when it is new or lacks something: whatever else it says is never replaced.
Task<Result<void>> DataDir::load_meta(io::Random& random) {
    const auto path = path_in(path_, kMetaFile);
    const MetaProperties defaults{.cluster_id = options_.cluster_id, .node_id = options_.node_id, .directory_id = {}};
    auto content = co_await io::read_file(files_, path, kSmallFileBytesMax);
    if (!content && content.error().code != Errc::kNotFound) co_return fail(std::move(content).error());
    is_new_ = !content;
    meta_ = defaults;
    if (content) {
        auto meta = parse_meta_properties(content->text(), defaults);
        if (!meta) co_return fail(meta.error().code, path + ": " + meta.error().context);
        meta_ = *std::move(meta);
    }
    if (meta_.node_id != options_.node_id) {
        co_return fail(Errc::kUsage, path + " belongs to node " + std::to_string(meta_.node_id.value) + ", this is node " +
                                         std::to_string(options_.node_id.value));
    }
    if (!options_.cluster_id.empty() && meta_.cluster_id != options_.cluster_id) {
        co_return fail(Errc::kUsage, path + " belongs to cluster " + meta_.cluster_id + ", this is " + options_.cluster_id);
    }
    if (content && !meta_.cluster_id.empty() && !meta_.directory_id.is_zero()) co_return Result<void>{};
    if (meta_.cluster_id.empty()) meta_.cluster_id = random.next_uuid().to_string();
    if (meta_.directory_id.is_zero()) meta_.directory_id = random.next_uuid();
    co_return co_await io::replace_file(files_, path, text_view(format_meta_properties(meta_)));
}

// The boot id goes to the disk before the marker leaves it. After a power loss it stays the old one until mark_recovered():
// a process that dies in the middle of recovery must not make the next one trust what the power loss left.
Task<Result<void>> DataDir::load_shutdown() {
    const auto marker = path_in(path_, kCleanFile);
    MOLDAU_CO_TRY_ASSIGN(was_clean, co_await exists(files_, marker));
    auto boot = co_await io::read_file(files_, path_in(path_, kBootFile), kSmallFileBytesMax);
    if (!boot && boot.error().code != Errc::kNotFound) co_return fail(std::move(boot).error());
    const bool is_same_boot = boot && !options_.boot_id.empty() && trimmed(boot->text()) == options_.boot_id;
    if (was_clean || (is_new_ && !boot)) {
        shutdown_ = log::Shutdown::kClean;
    } else {
        shutdown_ = is_same_boot ? log::Shutdown::kProcessDied : log::Shutdown::kPowerLost;
    }
    if (!is_same_boot && shutdown_ == log::Shutdown::kClean) MOLDAU_CO_TRY(co_await write_boot_id());
    // What a dead process named may still be on its way to the disk.
    if (!was_clean && shutdown_ != log::Shutdown::kProcessDied) co_return Result<void>{};
    if (was_clean) MOLDAU_CO_TRY(co_await io::remove_file(files_, marker));
    co_return co_await io::sync_dir(files_, path_);
}

Task<Result<void>> DataDir::write_boot_id() {
    return io::replace_file(files_, path_in(path_, kBootFile), text_view(options_.boot_id + '\n'));
}

Task<Result<void>> DataDir::mark_recovered() {
    if (shutdown_ != log::Shutdown::kPowerLost) co_return Result<void>{};
    co_return co_await write_boot_id();
}

Task<Result<void>> DataDir::mark_clean() {
    return io::replace_file(files_, path_in(path_, kCleanFile), text_view("{\"version\":0,\"brokerEpoch\":-1}"));
}

Task<Result<std::vector<PartitionFolder>>> DataDir::partitions() {
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(files_, path_));
    FolderScan scan{.files = files_, .folders = {}, .next = 0, .failure = {}};
    for (const auto& entry : entries) {
        if (!entry.is_dir) continue;
        const auto dir = path_ + '/' + entry.name;
        if (is_deleted_folder(entry.name)) MOLDAU_CO_TRY(co_await io::remove_dir(files_, dir));
        auto name = parse_partition_folder(entry.name);
        if (!name || name->topic == kMetadataTopic) continue;
        scan.folders.push_back({.name = *std::move(name), .topic_id = {}, .dir = dir});
    }
    TaskGroup readers;
    for (std::size_t count = 0; count < std::min(kFolderReaders, scan.folders.size()); ++count) {
        readers.start(read_topic_ids(scan));
    }
    co_await readers.stop();
    if (scan.failure) co_return fail(*std::move(scan.failure));
    co_return std::move(scan.folders);
}

Task<Result<void>> DataDir::move_aside(const PartitionFolder& folder) {
    const auto from = folder.dir;
    const auto base = folder.name.to_string();
    MOLDAU_CO_TRY_ASSIGN(entries, co_await io::list(files_, path_));
    auto target = base + "-stray";
    for (std::size_t number = 1; std::ranges::any_of(entries, [&](const auto& entry) { return entry.name == target; });
         ++number) {
        target = base + '.' + std::to_string(number) + "-stray";
    }
    MOLDAU_CO_TRY(co_await io::rename(files_, from, path_ + '/' + target));
    co_return co_await io::sync_dir(files_, path_);
}

}  // namespace moldau::store
