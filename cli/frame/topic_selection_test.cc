// Topics with partitions, from text.

#include "cli/frame/topic_selection.h"

#include <gtest/gtest.h>

namespace moldau::cli {
namespace {

TEST(TopicSelection, IsATopicOrSomeOfItsPartitions) {
    EXPECT_EQ(parse_topic_selection("orders"), (TopicSelection{"orders", {}}));
    EXPECT_EQ(parse_topic_selection("orders:3,0,3"), (TopicSelection{"orders", {0, 3}}));
}

TEST(TopicSelection, RefusesWhatIsNone) {
    for (const auto* text : {"", ":1", "t:", "t:1,", "t:-1", "t:x", "t:1:2", "t:2147483648"}) {
        EXPECT_FALSE(parse_topic_selection(text)) << text;
    }
}

}  // namespace
}  // namespace moldau::cli
