// What a user can ask `moldau` to do: one struct of options and one `run` per command.
//
// The command line (command_line.h) makes one of these structs; main.cc gives it to its `run`, which lives in the file named
// after the command. A `run` prints its answer to standard output; its error has a whole sentence for people in `context`,
// or several, one a line, when it was asked for several things. `run` for the filters reads standard input.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "format.h"
#include "offset_spec.h"

namespace moldau::cli {

enum class Output { kText, kJson };
enum class Verbosity { kQuiet, kVerbose };
enum class Idempotence { kOff, kOn };
enum class AtEnd { kWait, kExit };
using KeyValue = std::pair<std::string, std::string>;

// What holds for every command.
struct Global {
    std::string brokers = "127.0.0.1:9092";
    Output output = Output::kText;
    std::chrono::milliseconds timeout{10'000};
    Verbosity verbosity = Verbosity::kQuiet;
    std::vector<KeyValue> properties;  // librdkafka's, given to it last
};

struct TopicCreate {
    std::string name;
    std::int32_t partitions = -1;          // -1: the broker's default
    std::int32_t replication_factor = -1;  // -1: the broker's default
    std::vector<KeyValue> configs;
};
struct TopicList {};
struct TopicDescribe {
    std::vector<std::string> names;
};
struct TopicDelete {
    std::vector<std::string> names;
};

struct Produce {
    std::string topic;
    std::string key_separator;  // empty: lines have no key
    std::vector<KeyValue> headers;
    std::int32_t partition = -1;  // -1: by the key's hash, or spread
    std::string compression = "none";
    std::string acks = "all";
    Idempotence idempotence = Idempotence::kOff;
};

struct Consume {
    std::string topic;
    Format format;
    OffsetSpec offset{};
    std::vector<std::int32_t> partitions;  // empty: all
    std::optional<std::int64_t> count;
    AtEnd at_end = AtEnd::kWait;
    std::string group;  // empty: no group, nothing is committed
};

struct GroupList {};
struct GroupDescribe {
    std::vector<std::string> names;
};

enum class Filter { kWireDecode, kWireEncode, kBatchDecode };

Result<void> run(const Global& global, const TopicCreate& options);
Result<void> run(const Global& global, const TopicList& options);
Result<void> run(const Global& global, const TopicDescribe& options);
Result<void> run(const Global& global, const TopicDelete& options);
Result<void> run(const Global& global, const Produce& options);
Result<void> run(const Global& global, const Consume& options);
Result<void> run(const Global& global, const GroupList& options);
Result<void> run(const Global& global, const GroupDescribe& options);
Result<void> run(const Global& global, const Filter& filter);

using Command =
    std::variant<TopicList, TopicCreate, TopicDescribe, TopicDelete, Produce, Consume, GroupList, GroupDescribe, Filter>;

}  // namespace moldau::cli
