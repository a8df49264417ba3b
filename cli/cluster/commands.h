// What a user can ask of the cluster as a whole, and its settings: one struct of options and one `run` per command, in the
// file named after it.

#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/frame/global.h"
#include "cli/frame/settings.h"

namespace moldau::cli {

class Grammar;

enum class Defaults { kHide, kShow };

struct ClusterInfo {};
struct ClusterHealth {
    double disk_free_percent_min = 5;
    std::string admin;  // HOST:PORT of a broker's admin listener, empty: not asked
};

struct ConfigList {
    Resource resource;
    Defaults defaults = Defaults::kHide;
};
struct ConfigGet {
    Resource resource;
    std::vector<std::string> keys;
};
struct ConfigSet {
    Resource resource;
    std::vector<KeyValue> settings;
    ChangeMode mode = ChangeMode::kApply;
    std::string contradiction() const;
};
struct ConfigDelete {
    Resource resource;
    std::vector<std::string> keys;
    ChangeMode mode = ChangeMode::kApply;
};

Result<void> run(const Global& global, const ClusterInfo& options);
Result<void> run(const Global& global, const ClusterHealth& options);
Result<void> run(const Global& global, const ConfigList& options);
Result<void> run(const Global& global, const ConfigGet& options);
Result<void> run(const Global& global, const ConfigSet& options);
Result<void> run(const Global& global, const ConfigDelete& options);

void declare_cluster(Grammar& grammar);

}  // namespace moldau::cli
