// What a user can do with records: one struct of options and one `run` per command, in the file named after it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/frame/global.h"
#include "cli/frame/offset_spec.h"
#include "cli/records/format.h"
#include "cli/records/record_input.h"

namespace moldau::cli {

class Grammar;

enum class Idempotence { kOff, kOn };
enum class AtEnd { kWait, kExit };
enum class InputForm { kLines, kJson };

struct Produce {
    std::string topic;
    InputForm input = InputForm::kLines;
    LineRules line_rules;
    std::vector<KeyValue> headers;
    std::int32_t partition = -1;  // -1: by the key's hash, or spread
    std::string compression = "none";
    std::string acks = "all";
    Idempotence idempotence = Idempotence::kOff;

    std::string contradiction() const;
};

struct Consume {
    std::string topic;
    Format format;
    OffsetSpec offset{};
    std::vector<std::int32_t> partitions;  // empty: all
    std::optional<std::int64_t> count;
    AtEnd at_end = AtEnd::kWait;
    std::string group;  // empty: no group, nothing is committed

    std::string contradiction() const;
};

Result<void> run(const Global& global, const Produce& options);
Result<void> run(const Global& global, const Consume& options);

void declare_records(Grammar& grammar);

}  // namespace moldau::cli
