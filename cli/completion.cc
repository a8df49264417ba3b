// Walks the tree of commands; asks brokers for names; prints the scripts of three shells.

#include "cli/completion.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "cli/command_line.h"
#include "cli/frame/grammar.h"
#include "cli/frame/print.h"
#include "cli/frame/wire_client.h"
#include "wire/json_writer.h"
#include "wire/list_groups.h"

namespace moldau::cli {
namespace {

constexpr const char* kBashScript = R"(_moldau() {
    local IFS=$'\n'
    COMPREPLY=($(moldau __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _moldau moldau
)";

constexpr const char* kZshScript = R"(#compdef moldau
_moldau() {
    local -a found
    local line
    for line in "${(@f)$(moldau __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( ${#found} )); then _describe moldau found; else _files; fi
}
compdef _moldau moldau
)";

constexpr const char* kFishScript =
    R"fish(complete -c moldau -f -a '(moldau __complete (commandline -opc)[2..-1] "$(commandline -ct)" 2>/dev/null)'
)fish";

// "TEXT:{gzip,lz4}" to the words in the braces.
std::vector<std::string> choices_of(const CLI::Option& option) {
    const auto type = option.get_type_name();
    const auto begin = type.find('{');
    const auto end = type.rfind('}');
    std::vector<std::string> choices;
    if (begin == type.npos || end == type.npos || end < begin) return choices;
    const auto list = type.substr(begin + 1, end - begin - 1);
    for (std::size_t at = 0; at <= list.size();) {
        const auto comma = std::min(list.find(',', at), list.size());
        choices.push_back(list.substr(at, comma - at));
        at = comma + 1;
    }
    return choices;
}

// One walk over the words, up to the last.
class Walk {
public:
    Walk(Grammar& grammar, const NameLookup& names) : names_(names), root_(&grammar.root()), app_(root_) {}

    void pass(const std::string& word) {
        if (pending_ != nullptr) {
            pending_ = nullptr;
        } else if (word.starts_with('-')) {
            const auto* option = find_option(word.substr(0, word.find('=')));
            if (option != nullptr && option->get_items_expected_max() > 0 && word.find('=') == word.npos) pending_ = option;
        } else if (auto* below = find_command(word)) {
            app_ = below;
        } else {
            given_.push_back(word);
        }
    }

    std::vector<Candidate> offer(const std::string& word) const {
        std::vector<Candidate> all;
        if (pending_ != nullptr) {
            add_values(all, *pending_);
        } else if (word.starts_with('-')) {
            add_options(all, *app_);
            if (app_ != root_) add_options(all, *root_);
        } else if (has_commands()) {
            for (const auto* below : app_->get_subcommands([](const CLI::App*) { return true; })) {
                all.push_back({below->get_name(), below->get_description()});
            }
        } else if (const auto* positional = next_positional()) {
            add_values(all, *positional);
        }
        std::erase_if(all, [&](const Candidate& one) { return !one.word.starts_with(word); });
        return all;
    }

private:
    bool has_commands() const {
        return !app_->get_subcommands([](const CLI::App*) { return true; }).empty();
    }

    CLI::App* find_command(const std::string& word) const {
        for (auto* below : app_->get_subcommands([&](const CLI::App* one) { return one->check_name(word); })) return below;
        return nullptr;
    }
    const CLI::Option* find_option(const std::string& name) const {
        if (const auto* own = app_->get_option_no_throw(name)) return own;
        return root_->get_option_no_throw(name);
    }
    // The positional that the next word belongs to: the last takes all that follow.
    const CLI::Option* next_positional() const {
        std::vector<const CLI::Option*> all;
        for (const auto* option : app_->get_options([](const CLI::Option* one) { return one->get_positional(); })) {
            all.push_back(option);
        }
        if (all.empty()) return nullptr;
        if (given_.size() < all.size()) return all[given_.size()];
        return all.back()->get_items_expected_max() > 1 ? all.back() : nullptr;
    }

    static void add_options(std::vector<Candidate>& to, const CLI::App& app) {
        for (const auto* option : app.get_options()) {
            for (const auto& name : option->get_lnames()) to.push_back({"--" + name, option->get_description()});
        }
    }
    void add_values(std::vector<Candidate>& to, const CLI::Option& option) const {
        for (const auto& choice : choices_of(option)) to.push_back({choice, ""});
        const auto name = option.get_single_name();
        if (name == kTopicArgument) add_names(to, NameKind::kTopic);
        if (name == kGroupArgument) add_names(to, NameKind::kGroup);
        if (name == kResourceArgument) {
            const bool is_topic = !given_.empty() && given_.front() == "topic";
            if (!is_topic) to.push_back({"default", "all brokers"});
            add_names(to, is_topic ? NameKind::kTopic : NameKind::kBroker);
        }
    }
    void add_names(std::vector<Candidate>& to, NameKind kind) const {
        for (auto& name : names_(kind)) to.push_back({std::move(name), ""});
    }

    const NameLookup& names_;
    CLI::App* root_;
    CLI::App* app_;
    const CLI::Option* pending_ = nullptr;  // its value comes next
    std::vector<std::string> given_;        // positionals
};

Result<std::vector<std::string>> look_up(const Global& global, NameKind kind) {
    MOLDAU_TRY_ASSIGN(client, WireClient::connect(global));
    std::vector<std::string> names;
    if (kind == NameKind::kTopic) {
        MOLDAU_TRY_ASSIGN(metadata, client.all_topics());
        for (const auto& topic : metadata.topics) names.push_back(topic.name.value_or(""));
    }
    for (const auto& broker : client.metadata().brokers) {
        if (kind == NameKind::kBroker) names.push_back(std::to_string(broker.node_id));
        if (kind != NameKind::kGroup) continue;
        MOLDAU_TRY_ASSIGN(link, client.broker(broker.node_id));
        MOLDAU_TRY_ASSIGN(groups, link->call<wire::ListGroupsResponse>(wire::ListGroupsRequest{}));
        for (const auto& group : groups.groups) names.push_back(group.group_id);
    }
    std::ranges::sort(names);
    return names;
}

// The brokers that the unfinished line names, or those of the environment.
Global global_of(const std::vector<std::string>& words) {
    Global global;
    global.timeout = std::chrono::seconds(1);
    if (const char* given = std::getenv("MOLDAU_BROKERS"); given != nullptr && *given != '\0') global.brokers = given;
    for (std::size_t at = 0; at + 2 < words.size(); ++at) {
        if (words[at] == "-b" || words[at] == "--brokers") global.brokers = words[at + 1];
    }
    return global;
}

const char* script_of(Shell shell) {
    switch (shell) {
        case Shell::kBash:
            return kBashScript;
        case Shell::kZsh:
            return kZshScript;
        case Shell::kFish:
            return kFishScript;
    }
    return "";
}

}  // namespace

std::vector<Candidate> candidates(Grammar& grammar, const std::vector<std::string>& words, const NameLookup& names) {
    if (words.empty()) return {};
    Walk walk{grammar, names};
    for (std::size_t at = 0; at + 1 < words.size(); ++at) walk.pass(words[at]);
    return walk.offer(words.back());
}

Result<void> run(const Global&, const CompleteWords& options) {
    Grammar grammar;
    declare_all(grammar);
    const auto global = global_of(options.words);
    // No names is all that a shell can be told of an error.
    const NameLookup names = [&](NameKind kind) { return look_up(global, kind).value_or(std::vector<std::string>{}); };
    for (const auto& one : candidates(grammar, options.words, names)) print(one.word + "\t" + one.text + "\n");
    return {};
}

Result<void> run(const Global& global, const Completion& options) {
    if (global.output == Output::kText) {
        print(script_of(options.shell));
        return {};
    }
    wire::JsonWriter json;
    json.begin_object();
    json.member("script", std::string_view{script_of(options.shell)});
    json.end_object();
    print(json.take() + "\n");
    return {};
}

void declare_completion(Grammar& grammar) {
    static const std::map<std::string, Shell> kShells{{"bash", Shell::kBash}, {"zsh", Shell::kZsh}, {"fish", Shell::kFish}};
    auto completion = grammar.command<Completion>(&grammar.root(), "completion",
                                                  "Print a script for the shell: source <(moldau completion bash)");
    auto& shell = completion.options.shell;
    completion
        ->add_option_function<std::string>(
            "shell", [&shell](const std::string& name) { shell = kShells.at(name); }, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace moldau::cli
