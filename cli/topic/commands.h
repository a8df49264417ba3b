// What a user can do with topics: one struct of options and one `run` per command, in the file named after it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/frame/global.h"
#include "cli/frame/offset_spec.h"
#include "cli/frame/settings.h"
#include "cli/frame/topic_selection.h"

namespace moldau::cli {

class Grammar;

struct TopicCreate {
    std::vector<std::string> names;
    std::int32_t partitions = -1;          // -1: the broker's default
    std::int32_t replication_factor = -1;  // -1: the broker's default
    std::vector<KeyValue> configs;
};
struct TopicList {};
struct TopicDescribe {
    std::vector<std::string> names;
};
struct TopicAlter {
    std::vector<std::string> names;
    std::optional<std::int32_t> partitions;
    std::vector<KeyValue> set;
    std::vector<std::string> remove;
    ChangeMode mode = ChangeMode::kApply;

    std::string contradiction() const;
};
struct TopicTrim {
    std::vector<TopicSelection> topics;
    OffsetSpec before;
    ChangeMode mode = ChangeMode::kValidate;
};
struct TopicDelete {
    std::vector<std::string> names;
};

Result<void> run(const Global& global, const TopicCreate& options);
Result<void> run(const Global& global, const TopicList& options);
Result<void> run(const Global& global, const TopicDescribe& options);
Result<void> run(const Global& global, const TopicAlter& options);
Result<void> run(const Global& global, const TopicTrim& options);
Result<void> run(const Global& global, const TopicDelete& options);

void declare_topic(Grammar& grammar);

}  // namespace moldau::cli
