// Plans of new offsets: both forms, and what is wrong with the others.

#include "cli/group/reset_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace moldau::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<std::vector<PlannedOffset>> read(std::string text) {
    // fmemopen has no empty files
    std::FILE* file = text.empty() ? std::fopen("/dev/null", "r") : ::fmemopen(text.data(), text.size(), "r");
    auto plan = read_plan(file, "billing");
    std::fclose(file);
    return plan;
}

std::string complaint_of(const std::string& text) {
    const auto plan = read(text);
    EXPECT_FALSE(plan) << text;
    if (plan) return {};
    EXPECT_EQ(plan.error().code, Errc::kUsage) << text;
    return plan.error().context;
}

TEST(ResetPlan, ReadsWhatKafkasToolExports) {
    EXPECT_THAT(*read("orders,0,5\n orders , 1 , 7\r\n\n"),
                ElementsAre(PlannedOffset{"orders", 0, 5}, PlannedOffset{"orders", 1, 7}));
    EXPECT_THAT(*read("billing,orders,0,5"), ElementsAre(PlannedOffset{"orders", 0, 5}));
}

TEST(ResetPlan, ReadsItsOwnJson) {
    EXPECT_THAT(*read(R"({"group":"billing","topic":"orders","partition":3,"committed":null,"offset":9,"executed":false})"),
                ElementsAre(PlannedOffset{"orders", 3, 9}));
}

TEST(ResetPlan, NamesTheLineThatIsWrong) {
    EXPECT_THAT(complaint_of("orders,0,5\norders,1\n"), HasSubstr("line 2 of the plan is wrong: it is not topic,partition"));
    for (const auto* line : {"orders,0,-5", "orders,x,5", ",0,5", "a,b,c,d,e", R"({"topic":"t","partition":0})",
                             R"({"topic":"t","partition":-1,"offset":0})", R"({"topic":"t","partition":0,"offset":"5"})",
                             R"({"topic":"","partition":0,"offset":5})", "{", "orders,0,9223372036854775808"}) {
        EXPECT_THAT(complaint_of(line), HasSubstr("line 1 of the plan is wrong")) << line;
    }
}

TEST(ResetPlan, RefusesAnotherGroupsOffsets) {
    EXPECT_THAT(complaint_of("shipping,orders,0,5"), HasSubstr("for the group shipping"));
    EXPECT_THAT(complaint_of(R"({"group":"shipping","topic":"t","partition":0,"offset":5})"), HasSubstr("group shipping"));
}

TEST(ResetPlan, RefusesAPartitionTwice) {
    EXPECT_THAT(complaint_of("t,0,5\nt,1,5\nt,0,6"), HasSubstr("t-0 is there twice"));
}

TEST(ResetPlan, RefusesNothing) { EXPECT_THAT(complaint_of(" \n\n"), HasSubstr("empty")); }

TEST(ResetPlan, RefusesAnEmptyFile) { EXPECT_THAT(complaint_of(""), HasSubstr("empty")); }

}  // namespace
}  // namespace moldau::cli
