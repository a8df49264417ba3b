// The words of the command line, to which each folder adds its commands. Heavy: it has CLI11, so only the files named
// *_grammar.cc and the command line itself include it.
//
// The idea: CLI11's tree of subcommands is the one description. Help, errors and shell completion all come from it. A
// command is declared with the struct of options that it fills; parsing moves the struct of the one that was given into a
// `Command`.

#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <concepts>
#include <memory>
#include <string>
#include <vector>

#include "cli/frame/command.h"

namespace moldau::cli {

// What a positional argument names, so that completion can ask the brokers for it.
inline constexpr const char* kTopicArgument = "topic";
inline constexpr const char* kGroupArgument = "group";
inline constexpr const char* kResourceArgument = "name";

// A check for CLI11: empty when good, else what is wrong.
using Check = std::string (*)(const std::string&);

template <class T>
std::string complaint(const Result<T>& result) {
    return result ? std::string{} : result.error().context;
}

// Lifetime: one parse. The options structs live in it until `take`.
class Grammar {
public:
    template <class Options>
    struct Declared {
        CLI::App* app;
        Options& options;
        CLI::App* operator->() const { return app; }
    };

    Grammar();
    Grammar(const Grammar&) = delete;
    Grammar& operator=(const Grammar&) = delete;

    CLI::App& root() { return root_; }
    // A word that only has commands below it: made at the first call, found later.
    CLI::App* family(const std::string& name, const std::string& text);

    // Options may have `std::string contradiction() const`: what is wrong when each option is good by itself.
    template <class Options>
    Declared<Options> command(CLI::App* parent, const std::string& name, const std::string& text) {
        auto options = std::make_shared<Options>();
        auto* app = parent->add_subcommand(name, text);
        app->callback([this, options] {
            if constexpr (requires {
                              { options->contradiction() } -> std::same_as<std::string>;
                          }) {
                contradiction_ = options->contradiction();
            }
            command_ = Command::of(std::move(*options));
        });
        return {app, *options};
    }
    // An option KEY=VALUE that may be repeated.
    static CLI::Option* add_key_values(CLI::App* to, const char* name, std::vector<KeyValue>& into, const char* text);
    // A flag that sets a value of its own: flags are enums here, not bools.
    template <class T>
    static CLI::Option* add_choice(CLI::App* to, const char* name, T& into, T value, const char* text) {
        return to->add_flag_callback(name, [&into, value] { into = value; }, text);
    }

    const std::string& contradiction() const { return contradiction_; }
    Global take_global() { return std::move(global_); }
    Command take_command() { return std::move(command_); }

private:
    void declare_global();

    CLI::App root_{"Command line of Moldau, an event streaming platform that speaks the Kafka protocol"};
    Global global_;
    Command command_;
    std::string contradiction_;
};

// "'x' is no key=value", or nothing.
std::string check_key_value(const std::string& text);

}  // namespace moldau::cli
