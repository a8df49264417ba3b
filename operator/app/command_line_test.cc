// Flags over environment over defaults.

#include "operator/app/command_line.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace moldau::app {
namespace {

CommandLine parse(std::vector<const char*> arguments, const std::map<std::string, std::string>& environment = {}) {
    arguments.insert(arguments.begin(), "moldau-operator");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data(),
                              [&](const char* name) -> std::optional<std::string> {
                                  const auto found = environment.find(name);
                                  if (found == environment.end()) return std::nullopt;
                                  return found->second;
                              });
}

TEST(CommandLine, TakesWhatThePodSays) {
    const auto line = parse({}, {{"POD_NAME", "operator-1"},
                                 {"POD_NAMESPACE", "moldau"},
                                 {"WATCH_NAMESPACE", "shop"},
                                 {"MOLDAU_BROKER_IMAGE", "here/broker:2"},
                                 {"MOLDAU_LOG_LEVEL", "debug"},
                                 {"MOLDAU_LOG_FORMAT", "json"}});

    EXPECT_FALSE(line.exit_status);
    EXPECT_EQ(line.options.pod_name, "operator-1");
    EXPECT_EQ(line.options.own_namespace, "moldau");
    EXPECT_EQ(line.options.watch_namespace, "shop");
    EXPECT_EQ(line.options.broker_image, "here/broker:2");
    EXPECT_EQ(line.options.log_level, "debug");
    EXPECT_EQ(line.options.log_format, LogFormat::kJson);
}

TEST(CommandLine, LetsFlagsWinOverTheEnvironment) {
    const auto line = parse({"--watch-namespace", "other", "--log-format", "text", "--no-leader-election"},
                            {{"WATCH_NAMESPACE", "shop"}, {"MOLDAU_LOG_FORMAT", "json"}});

    EXPECT_EQ(line.options.watch_namespace, "other");
    EXPECT_EQ(line.options.log_format, LogFormat::kText);
    EXPECT_EQ(line.options.leader_elect, LeaderElect::kNo);
}

TEST(CommandLine, KeepsDefaultsWhenTheEnvironmentIsEmpty) {
    const auto line = parse({}, {{"WATCH_NAMESPACE", ""}, {"MOLDAU_BROKER_IMAGE", ""}});

    EXPECT_EQ(line.options.watch_namespace, "");
    EXPECT_EQ(line.options.broker_image, OperatorOptions{}.broker_image);
    EXPECT_EQ(line.options.metrics_address, ":8080");
    EXPECT_EQ(line.options.health_address, ":8081");
}

TEST(CommandLine, EndsWithTwoWhenItIsWrong) {
    EXPECT_EQ(parse({"--no-such-flag"}).exit_status, 2);
    EXPECT_EQ(parse({"--log-level", "loud"}).exit_status, 2);
    EXPECT_EQ(parse({"--help"}).exit_status, 0);
    EXPECT_EQ(parse({"--version"}).exit_status, 0);
}

}  // namespace
}  // namespace moldau::app
