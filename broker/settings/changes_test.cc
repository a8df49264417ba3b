// Changing settings: each operation, every fault, and what contradicts.

#include "settings/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace moldau::settings {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Result<Overrides> change_topic(const Overrides& before, std::vector<Change> changes, const Values& broker = {}) {
    return apply_changes(before, changes, {Level::kTopic, broker});
}
Result<Overrides> change_broker(std::vector<Change> changes, Level level = Level::kBroker, const Values& broker = {}) {
    return apply_changes({}, changes, {level, broker});
}

TEST(ApplyChanges, SetsInCanonicalFormAndRemoves) {
    const auto after = change_topic({{"segment.ms", "5"}}, {{"retention.ms", Operation::kSet, " 7 "},
                                                            {"segment.ms", Operation::kDelete},
                                                            {"no.such.setting", Operation::kDelete}});
    ASSERT_TRUE(after) << after.error().context;
    EXPECT_THAT(*after, ElementsAre(Pair("retention.ms", "7")));
}

TEST(ApplyChanges, AddsToAListWhatItLacksItsDefaultIncluded) {
    const std::vector<Change> append{{"cleanup.policy", Operation::kAppend, "compact"}};
    EXPECT_THAT(*change_topic({}, append), ElementsAre(Pair("cleanup.policy", "delete,compact")));
    EXPECT_THAT(*change_topic({{"cleanup.policy", "compact"}}, append), ElementsAre(Pair("cleanup.policy", "compact")));
    const Values compacting = Values{}.with_dynamic({{"log.cleanup.policy", "compact"}}, {});
    EXPECT_THAT(*change_topic({}, append, compacting), ElementsAre(Pair("cleanup.policy", "compact")));
}

TEST(ApplyChanges, TakesFromAListWhatItHas) {
    const std::vector<Change> subtract{{"cleanup.policy", Operation::kSubtract, "delete,shred"}};
    EXPECT_THAT(*change_topic({{"cleanup.policy", "compact,delete"}}, subtract),
                ElementsAre(Pair("cleanup.policy", "compact")));
    EXPECT_THAT(*change_topic({}, subtract), ElementsAre(Pair("cleanup.policy", "")));
}

TEST(ApplyChanges, ExtendsListsOnly) {
    const auto appended = change_topic({}, {{"retention.ms", Operation::kAppend, "5"}});
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().code, Errc::kInvalidConfig);
    EXPECT_THAT(appended.error().context, HasSubstr("retention.ms is no list: 5 cannot be added to it"));
}

TEST(ApplyChanges, NamesEveryFaultAtOnce) {
    const auto after = change_topic({}, {{"retention.mss", Operation::kSet, "1"},
                                         {"segment.bytes", Operation::kSet, "1"},
                                         {"segment.ms", Operation::kSet, "9"}});
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, Errc::kInvalidConfig);
    EXPECT_THAT(after.error().context, AllOf(HasSubstr("did you mean retention.ms?"), HasSubstr("segment.bytes=1")));
}

TEST(ApplyChanges, RefusesWhatIsNoChange) {
    for (const auto& changes :
         {std::vector<Change>{{"", Operation::kSet, "1"}}, std::vector<Change>{{"segment.ms", Operation::kSet}},
          std::vector<Change>{{"segment.ms", Operation{4}, "1"}}, std::vector<Change>{{"segment.ms", Operation{-1}, "1"}},
          std::vector<Change>{{"segment.ms", Operation::kDelete}, {"segment.ms", Operation::kDelete}}}) {
        const auto after = change_topic({}, changes);
        ASSERT_FALSE(after);
        EXPECT_EQ(after.error().code, Errc::kInvalidRequest);
    }
}

TEST(ApplyChanges, RefusesContradictionsWithWhatTheBrokerSaysToo) {
    const auto after = change_topic({{"max.compaction.lag.ms", "10"}}, {{"min.compaction.lag.ms", Operation::kSet, "11"}});
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().context, "min.compaction.lag.ms (11) is larger than max.compaction.lag.ms (10)");
    const Values broker{{{"log.cleaner.max.compaction.lag.ms", "10"}}};
    EXPECT_FALSE(change_topic({}, {{"min.compaction.lag.ms", Operation::kSet, "11"}}, broker));
    EXPECT_TRUE(change_topic({}, {{"min.compaction.lag.ms", Operation::kSet, "10"}}, broker));
}

TEST(ApplyChanges, RefusesForABrokerWhatNeedsARestart) {
    const auto after = change_broker({{"node.id", Operation::kSet, "5"}, {"log.retention.m", Operation::kSet, "5"}});
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, Errc::kInvalidRequest);
    EXPECT_THAT(after.error().context, AllOf(HasSubstr("node.id cannot be changed while the broker runs"),
                                             HasSubstr("did you mean log.retention.ms?")));
}

TEST(ApplyChanges, JudgesABrokersValuesTogetherWithEverybodys) {
    const auto everybody = Values{}.with_dynamic({{"group.max.session.timeout.ms", "100000"}}, {});
    const std::vector<Change> least{{"group.min.session.timeout.ms", Operation::kSet, "100001"}};
    EXPECT_FALSE(change_broker(least, Level::kBroker, everybody));
    EXPECT_TRUE(change_broker(least, Level::kBroker));
    const auto one = Values{}.with_dynamic({}, {{"group.max.session.timeout.ms", "100000"}});
    EXPECT_FALSE(change_broker(least, Level::kClusterDefault, one));
}

}  // namespace
}  // namespace moldau::settings
