// The words of `moldau cluster` and `moldau config`.

#include "cli/cluster/commands.h"
#include "cli/frame/connection.h"
#include "cli/frame/grammar.h"

namespace moldau::cli {
namespace {

std::string check_endpoint(const std::string& text) {
    const auto parsed = parse_endpoints(text);
    if (!parsed) return parsed.error().context;
    return parsed->size() == 1 ? std::string{} : "give one HOST:PORT";
}

// The two words that say whose settings: topic NAME, broker ID, broker default.
void add_resource(CLI::App* to, Resource& resource) {
    to->add_option_function<std::string>(
          "kind",
          [&resource](const std::string& kind) {
              resource.kind = kind == "topic" ? ResourceKind::kTopic : ResourceKind::kBroker;
          },
          "topic or broker")
        ->required()
        ->check(CLI::IsMember({"topic", "broker"}))
        ->option_text("topic|broker");
    to->add_option_function<std::string>(
          kResourceArgument,
          [&resource](const std::string& name) {
              resource.name = resource.kind == ResourceKind::kBroker && name == "default" ? "" : name;
          },
          "The topic's name or the broker's number; default: what holds for all brokers")
        ->required();
}

void declare_config(Grammar& grammar) {
    auto* config = grammar.family("config", "Show and change the settings of topics and brokers");
    auto list = grammar.command<ConfigList>(config, "list", "List the settings that are not the default");
    add_resource(list.app, list.options.resource);
    Grammar::add_choice(list.app, "-a,--all", list.options.defaults, Defaults::kShow, "The defaults too");

    auto get = grammar.command<ConfigGet>(config, "get", "Show some settings");
    add_resource(get.app, get.options.resource);
    get->add_option("key", get.options.keys, "Their names")->required();

    auto set = grammar.command<ConfigSet>(config, "set", "Change some settings, leaving the others as they are");
    add_resource(set.app, set.options.resource);
    Grammar::add_key_values(set.app, "setting", set.options.settings, "The new values")->required()->allow_extra_args();
    Grammar::add_choice(set.app, "--dry-run", set.options.mode, ChangeMode::kValidate,
                        "Only check whether it could be done");

    auto removed = grammar.command<ConfigDelete>(config, "delete", "Give some settings back to their default");
    add_resource(removed.app, removed.options.resource);
    removed->add_option("key", removed.options.keys, "Their names")->required();
    Grammar::add_choice(removed.app, "--dry-run", removed.options.mode, ChangeMode::kValidate,
                        "Only check whether it could be done");
}

}  // namespace

std::string ConfigSet::contradiction() const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : settings) keys.push_back(key);
    std::ranges::sort(keys);
    const auto twice = std::ranges::adjacent_find(keys);
    return twice == keys.end() ? std::string{} : *twice + " is given twice: give one value";
}

void declare_cluster(Grammar& grammar) {
    auto* cluster = grammar.family("cluster", "Show the cluster as a whole");
    grammar.command<ClusterInfo>(cluster, "info", "Show brokers, features and how much there is");
    auto health =
        grammar.command<ClusterHealth>(cluster, "health", "Say what is not as it should be; status 1 if anything is");
    health
        ->add_option("--disk-free-min", health.options.disk_free_percent_min,
                     "Percent of a data directory's disk that must be free")
        ->check(CLI::Range(0.0, 100.0))
        ->capture_default_str();
    health->add_option("--admin", health.options.admin, "HOST:PORT of a broker's admin listener, to ask for /readyz too")
        ->check(Check{check_endpoint});
    declare_config(grammar);
}

}  // namespace moldau::cli
