// The words of `moldau group`.

#include "cli/frame/grammar.h"
#include "cli/group/commands.h"

namespace moldau::cli {
namespace {

std::string check_topic_selection(const std::string& text) { return complaint(parse_topic_selection(text)); }
std::string check_offset(const std::string& text) { return complaint(parse_offset_spec(text)); }

void add_topics(CLI::App* to, std::vector<TopicSelection>& into, const char* text) {
    to->add_option_function<std::vector<std::string>>(
          "-t,--topic",
          [&into](const std::vector<std::string>& given) {
              for (const auto& one : given) into.push_back(*parse_topic_selection(one));
          },
          text)
        ->check(Check{check_topic_selection})
        ->allow_extra_args(false)
        ->option_text("TOPIC[:PARTITION,...] ...");
}

void declare_reset(Grammar& grammar, CLI::App* group) {
    auto reset = grammar.command<GroupReset>(group, "reset", "Change where a group goes on; shows it first");
    auto& options = reset.options;
    reset->add_option(kGroupArgument, options.name, "The group")->required();
    add_topics(reset.app, options.topics, "In this topic; may be repeated");
    Grammar::add_choice(reset.app, "--all-topics", options.choice, TopicChoice::kAllCommitted,
                        "In all topics for which it has committed");
    reset
        ->add_option_function<std::string>(
            "--to", [&options](const std::string& text) { options.to = *parse_offset_spec(text); },
            std::string(kOffsetForms))
        ->check(Check{check_offset});
    reset->add_option("--shift", options.shift, "By so many records onward, or back with a minus: --shift=-10");
    reset->add_option(
        "--plan", options.plan_file,
        "A file with lines of topic,partition,offset or of JSON as --output json prints them; - is standard input");
    Grammar::add_choice(reset.app, "--execute", options.mode, ResetMode::kExecute,
                        "Do it; without, only show what would be");
}

}  // namespace

std::string GroupReset::contradiction() const {
    const int ways = (to ? 1 : 0) + (shift ? 1 : 0) + (plan_file.empty() ? 0 : 1);
    if (ways != 1) return "say where to: give one of --to, --shift and --plan";
    if (!plan_file.empty()) {
        if (topics.empty() && choice == TopicChoice::kNamed) return {};
        return "--plan says which partitions: leave out --topic and --all-topics";
    }
    if (topics.empty() == (choice == TopicChoice::kNamed)) return "say which topics: give --topic or --all-topics";
    return {};
}

std::string GroupDelete::contradiction() const {
    if (topics.empty() || names.size() == 1) return {};
    return "with --topic, give one group";
}

void declare_group(Grammar& grammar) {
    auto* group = grammar.family("group", "List, describe, reset and delete consumer groups");
    grammar.command<GroupList>(group, "list", "List all groups");
    auto describe = grammar.command<GroupDescribe>(group, "describe", "Show members, committed offsets and lag");
    describe->add_option(kGroupArgument, describe.options.names, "Groups")->required();
    declare_reset(grammar, group);
    auto removed = grammar.command<GroupDelete>(group, "delete", "Delete groups, or what one has committed for some topics");
    removed->add_option(kGroupArgument, removed.options.names, "Groups")->required();
    add_topics(removed.app, removed.options.topics, "Forget what is committed for this topic only; may be repeated");
}

}  // namespace moldau::cli
