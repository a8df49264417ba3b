// What a user can do with consumer groups: one struct of options and one `run` per command, in the file named after it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/frame/global.h"
#include "cli/frame/offset_spec.h"
#include "cli/frame/topic_selection.h"

namespace moldau::cli {

class Grammar;

enum class TopicChoice { kNamed, kAllCommitted };
enum class ResetMode { kShow, kExecute };

struct GroupList {};
struct GroupDescribe {
    std::vector<std::string> names;
};
// Exactly one of `to`, `shift` and `plan_file`.
struct GroupReset {
    std::string name;
    std::vector<TopicSelection> topics;
    TopicChoice choice = TopicChoice::kNamed;
    std::optional<OffsetSpec> to;
    std::optional<std::int64_t> shift;
    std::string plan_file;  // "-": standard input
    ResetMode mode = ResetMode::kShow;

    std::string contradiction() const;
};
struct GroupDelete {
    std::vector<std::string> names;
    std::vector<TopicSelection> topics;  // empty: the whole group

    std::string contradiction() const;
};

Result<void> run(const Global& global, const GroupList& options);
Result<void> run(const Global& global, const GroupDescribe& options);
Result<void> run(const Global& global, const GroupReset& options);
Result<void> run(const Global& global, const GroupDelete& options);

void declare_group(Grammar& grammar);

}  // namespace moldau::cli
