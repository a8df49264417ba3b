// What is listened on and advertised, and every fault of it at once.

#include "app/listeners.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace moldau::app {
namespace {

using Map = std::map<std::string, std::string, std::less<>>;

struct PlanCase {
    const char* listeners;
    const char* advertised;
    const char* expected;  // name=listen>advertised
};

std::string plan_text(const ListenerPlan& plan) {
    return plan.name + "=" + plan.listen.to_string() + ">" + plan.advertised.to_string();
}

settings::Values values_of(const char* listeners, const char* advertised) {
    Map map{{"listeners", listeners}, {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,SSL:SSL"}};
    if (*advertised != '\0') map["advertised.listeners"] = advertised;
    return settings::Values{map};
}

class Plan : public ::testing::TestWithParam<PlanCase> {};

TEST_P(Plan, IsAsTheSettingsSay) {
    const auto& given = GetParam();
    const auto plans = plan_listeners(values_of(given.listeners, given.advertised), "host.example");

    ASSERT_TRUE(plans) << (plans ? "" : plans.error().lines.at(0));
    std::string text;
    for (const auto& plan : *plans) text += (text.empty() ? "" : " ") + plan_text(plan);
    EXPECT_EQ(text, given.expected);
}

INSTANTIATE_TEST_SUITE_P(
    Listeners, Plan,
    ::testing::Values(PlanCase{"PLAINTEXT://127.0.0.1:9092", "", "PLAINTEXT=127.0.0.1:9092>127.0.0.1:9092"},
                      PlanCase{"PLAINTEXT://0.0.0.0:9092", "", "PLAINTEXT=0.0.0.0:9092>host.example:9092"},
                      PlanCase{"PLAINTEXT://:9092", "", "PLAINTEXT=:9092>host.example:9092"},
                      PlanCase{"PLAINTEXT://[::]:9092", "", "PLAINTEXT=[::]:9092>host.example:9092"},
                      PlanCase{"PLAINTEXT://[::1]:9092", "", "PLAINTEXT=[::1]:9092>[::1]:9092"},
                      PlanCase{"PLAINTEXT://127.0.0.1:0", "", "PLAINTEXT=127.0.0.1:0>127.0.0.1:0"},
                      PlanCase{"PLAINTEXT://0.0.0.0:9092", "PLAINTEXT://broker.test:19092",
                               "PLAINTEXT=0.0.0.0:9092>broker.test:19092"},
                      PlanCase{"PLAINTEXT://127.0.0.1:1,INSIDE://127.0.0.1:2", "INSIDE://inside.test:3",
                               "PLAINTEXT=127.0.0.1:1>127.0.0.1:1 INSIDE=127.0.0.1:2>inside.test:3"}));

struct FaultCase {
    const char* listeners;
    const char* advertised;
    const char* named;
};

class Fault : public ::testing::TestWithParam<FaultCase> {};

TEST_P(Fault, IsReported) {
    const auto& given = GetParam();
    const auto plans = plan_listeners(values_of(given.listeners, given.advertised), "host.example");

    ASSERT_FALSE(plans);
    ASSERT_EQ(plans.error().lines.size(), 1u) << plans.error().lines.at(0);
    EXPECT_NE(plans.error().lines[0].find(given.named), std::string::npos) << plans.error().lines[0];
}

INSTANTIATE_TEST_SUITE_P(Listeners, Fault,
                         ::testing::Values(FaultCase{"127.0.0.1:9092", "", "NAME://host:port"},
                                           FaultCase{"PLAINTEXT://127.0.0.1", "", "NAME://host:port"},
                                           FaultCase{"PLAINTEXT://127.0.0.1:", "", "NAME://host:port"},
                                           FaultCase{"PLAINTEXT://127.0.0.1:65536", "", "NAME://host:port"},
                                           FaultCase{"PLAINTEXT://127.0.0.1:9x", "", "NAME://host:port"},
                                           FaultCase{"://127.0.0.1:1", "", "NAME://host:port"},
                                           FaultCase{"PLAINTEXT://127.0.0.1:1,PLAINTEXT://127.0.0.1:2", "", "twice"},
                                           FaultCase{"OUTSIDE://127.0.0.1:1", "", "no protocol"},
                                           FaultCase{"SSL://127.0.0.1:1", "", "this version knows PLAINTEXT"},
                                           FaultCase{"PLAINTEXT://127.0.0.1:1", "INSIDE://127.0.0.1:1", "is no listener"},
                                           FaultCase{"PLAINTEXT://127.0.0.1:1", "PLAINTEXT://0.0.0.0:1",
                                                     "clients can reach"},
                                           FaultCase{"PLAINTEXT://127.0.0.1:1", "PLAINTEXT://:1", "clients can reach"}));

TEST(Listeners, ReportsEveryFaultAtOnce) {
    const auto plans = plan_listeners(values_of("nonsense,SSL://127.0.0.1:1", "PLAINTEXT://0.0.0.0:1"), "host.example");

    ASSERT_FALSE(plans);
    EXPECT_EQ(plans.error().lines.size(), 3u);
}

}  // namespace
}  // namespace moldau::app
