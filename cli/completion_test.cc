// What completion offers for the words so far, and that the manual knows every word of the tree.

#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "cli/command_line.h"
#include "cli/frame/grammar.h"

namespace moldau::cli {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

std::vector<std::string> offered(const std::vector<std::string>& words) {
    Grammar grammar;
    declare_all(grammar);
    const NameLookup names = [](NameKind kind) -> std::vector<std::string> {
        if (kind == NameKind::kTopic) return {"orders", "payments"};
        if (kind == NameKind::kGroup) return {"billing"};
        return {"1"};
    };
    std::vector<std::string> found;
    for (const auto& one : candidates(grammar, words, names)) found.push_back(one.word);
    return found;
}

TEST(Completion, OffersCommands) {
    EXPECT_THAT(offered({""}), IsSupersetOf({"topic", "produce", "consume", "group", "cluster", "config", "wire"}));
    EXPECT_THAT(offered({"co"}), ElementsAre("consume", "config", "completion"));
    EXPECT_THAT(offered({"group", ""}), ElementsAre("list", "describe", "reset", "delete"));
}

TEST(Completion, OffersOptionsOfTheCommandAndOfAll) {
    EXPECT_THAT(offered({"consume", "orders", "--"}), AllOf(Contains("--exit-at-end"), Contains("--output")));
    EXPECT_THAT(offered({"topic", "list", "--exit"}), IsEmpty());
}

TEST(Completion, OffersAnOptionsValues) {
    EXPECT_THAT(offered({"produce", "orders", "-z", ""}), ElementsAre("none", "gzip", "snappy", "lz4", "zstd"));
    EXPECT_THAT(offered({"produce", "orders", "--compression", "z"}), ElementsAre("zstd"));
    EXPECT_THAT(offered({"--output", "j"}), ElementsAre("json"));
}

TEST(Completion, OffersNamesWhereTheyBelong) {
    EXPECT_THAT(offered({"topic", "describe", ""}), ElementsAre("orders", "payments"));
    EXPECT_THAT(offered({"topic", "delete", "orders", "pay"}), ElementsAre("payments"));
    EXPECT_THAT(offered({"-b", "a:1", "consume", ""}), ElementsAre("orders", "payments"));
    EXPECT_THAT(offered({"consume", "orders", "--group", ""}), ElementsAre("billing"));
    EXPECT_THAT(offered({"group", "reset", "billing", "-t", "o"}), ElementsAre("orders"));
    EXPECT_THAT(offered({"config", "get", "topic", ""}), ElementsAre("orders", "payments"));
    EXPECT_THAT(offered({"config", "get", "broker", ""}), ElementsAre("default", "1"));
    EXPECT_THAT(offered({"topic", "create", ""}), IsEmpty());
}

TEST(Completion, OffersNothingAfterTheLastArgument) { EXPECT_THAT(offered({"consume", "orders", ""}), IsEmpty()); }

TEST(Completion, TakesAnAliasForTheCommand) {
    EXPECT_THAT(offered({"topic", "delete-records", "o"}), ElementsAre("orders"));
}

void expect_in_manual(const CLI::App& app, const std::string& words, const std::string& manual) {
    for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) {
            if (name != "help") EXPECT_NE(manual.find("--" + name), manual.npos) << words << " --" << name;
        }
    }
    for (const auto* below : app.get_subcommands([](const CLI::App*) { return true; })) {
        const auto all = words + " " + below->get_name();
        EXPECT_NE(manual.find(all), manual.npos) << all;
        expect_in_manual(*below, all, manual);
    }
}

TEST(Manual, KnowsEveryCommandAndOption) {
    std::stringstream manual;
    for (const auto* page : {"/docs/cli.md", "/docs/migration-from-kafka.md"}) {
        manual << std::ifstream{std::string(MOLDAU_SOURCE_DIR) + page}.rdbuf();
    }
    Grammar grammar;
    declare_all(grammar);
    expect_in_manual(grammar.root(), "moldau", manual.str());
}

}  // namespace
}  // namespace moldau::cli
