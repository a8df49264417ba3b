// What a user asks a broker's operator API (docs/operator-api.md): the state with its reasons, stops, and the changes of
// topics: one struct of options and one `run` per command, in the file named after it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/frame/global.h"

namespace moldau::cli {

class Grammar;

inline constexpr const char* kOperatorApiDefault = "127.0.0.1:9190";

struct ClusterStatus {
    std::string api = kOperatorApiDefault;
};

// Without a number: the broker that answers.
struct BrokerMayStop {
    std::string api = kOperatorApiDefault;
    std::optional<std::int32_t> broker;
};
struct BrokerPrepareStop {
    std::string api = kOperatorApiDefault;
    std::optional<std::int32_t> broker;
    enum class Wait { kNo, kYes } wait = Wait::kNo;
};
struct BrokerStopProgress {
    std::string api = kOperatorApiDefault;
    std::optional<std::int32_t> broker;
};

struct TopicWatch {
    std::string api = kOperatorApiDefault;
    enum class Until { kInterrupt, kSnapshotEnd } until = Until::kInterrupt;
};

Result<void> run(const Global& global, const ClusterStatus& options);
Result<void> run(const Global& global, const BrokerMayStop& options);
Result<void> run(const Global& global, const BrokerPrepareStop& options);
Result<void> run(const Global& global, const BrokerStopProgress& options);
Result<void> run(const Global& global, const TopicWatch& options);

void declare_operation(Grammar& grammar);

}  // namespace moldau::cli
