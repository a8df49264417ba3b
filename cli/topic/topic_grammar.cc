// The words of `moldau topic`.

#include "cli/frame/grammar.h"
#include "cli/topic/commands.h"

namespace moldau::cli {
namespace {

void declare_create(Grammar& grammar, CLI::App* topic) {
    auto create = grammar.command<TopicCreate>(topic, "create", "Create topics");
    create->add_option("new-topic", create.options.names, "The topics' names")->required();
    create->add_option("-p,--partitions", create.options.partitions, "How many; the broker's default if not given")
        ->check(CLI::PositiveNumber);
    create
        ->add_option("-r,--replication-factor", create.options.replication_factor,
                     "How many copies; the broker's default if not given")
        ->check(CLI::Range(1, 32'767));
    Grammar::add_key_values(create.app, "-c,--config", create.options.configs, "A setting of the topics");
}

std::string check_topic_selection(const std::string& text) { return complaint(parse_topic_selection(text)); }
std::string check_offset(const std::string& text) { return complaint(parse_offset_spec(text)); }

void declare_alter(Grammar& grammar, CLI::App* topic) {
    auto alter = grammar.command<TopicAlter>(topic, "alter", "Add partitions, change settings");
    alter->add_option(kTopicArgument, alter.options.names, "Topics")->required();
    alter->add_option("-p,--partitions", alter.options.partitions, "How many there shall be, more than there are")
        ->check(CLI::PositiveNumber);
    Grammar::add_key_values(alter.app, "-c,--config", alter.options.set, "A setting's new value");
    alter->add_option("-d,--delete-config", alter.options.remove, "A setting that goes back to its default")
        ->allow_extra_args(false);
    Grammar::add_choice(alter.app, "--dry-run", alter.options.mode, ChangeMode::kValidate,
                        "Only check whether it could be done");
}

void declare_trim(Grammar& grammar, CLI::App* topic) {
    auto trim = grammar.command<TopicTrim>(topic, "trim", "Remove the records before an offset");
    auto& options = trim.options;
    trim->alias("delete-records");
    trim->add_option_function<std::vector<std::string>>(
            kTopicArgument,
            [&options](const std::vector<std::string>& given) {
                for (const auto& text : given) options.topics.push_back(*parse_topic_selection(text));
            },
            "Topics, or TOPIC:0,3 for some partitions of one")
        ->required()
        ->check(Check{check_topic_selection});
    trim->add_option_function<std::string>(
            "--before", [&options](const std::string& text) { options.before = *parse_offset_spec(text); },
            "The first offset that stays: " + std::string(kOffsetForms))
        ->required()
        ->check(Check{check_offset});
    Grammar::add_choice(trim.app, "--execute", options.mode, ChangeMode::kApply, "Do it; without, only show what would go");
}

}  // namespace

std::string TopicAlter::contradiction() const {
    if (!partitions && set.empty() && remove.empty()) {
        return "say what to alter: --partitions, --config or --delete-config";
    }
    std::vector<std::string> keys = remove;
    for (const auto& [key, value] : set) keys.push_back(key);
    std::ranges::sort(keys);
    const auto twice = std::ranges::adjacent_find(keys);
    return twice == keys.end() ? std::string{} : *twice + " is given twice: give it once";
}

void declare_topic(Grammar& grammar) {
    auto* topic = grammar.family("topic", "Create, list, describe, change, trim and delete topics");
    declare_create(grammar, topic);
    grammar.command<TopicList>(topic, "list", "List all topics");
    auto describe = grammar.command<TopicDescribe>(
        topic, "describe", "Show partitions, replicas, offsets and the settings that are not the default");
    describe->add_option(kTopicArgument, describe.options.names, "Topics")->required();
    declare_alter(grammar, topic);
    declare_trim(grammar, topic);
    auto removed = grammar.command<TopicDelete>(topic, "delete", "Delete topics and their data");
    removed->add_option(kTopicArgument, removed.options.names, "Topics")->required();
}

}  // namespace moldau::cli
