// Fetch sessions by the rules of KIP-227.

#include "handlers/fetch_sessions.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace moldau::handlers {
namespace {

using Kind = FetchSessions::Opened::Kind;
constexpr std::int16_t kByName = 12;
constexpr std::int16_t kById = 13;
constexpr MonoTime kStart = MonoTime{} + std::chrono::hours{1};

wire::FetchRequest request_of(std::int32_t session, std::int32_t epoch, const std::vector<std::string>& topics) {
    wire::FetchRequest request;
    request.session_id = session;
    request.session_epoch = epoch;
    for (const auto& name : topics) {
        auto& topic = request.topics.emplace_back();
        topic.topic = name;
        topic.partitions.emplace_back().partition_max_bytes = 1'000;
    }
    return request;
}

std::vector<std::string> names(const FetchSessions::Opened& opened) {
    std::vector<std::string> names;
    for (const auto& target : opened.targets) names.push_back(target.topic);
    return names;
}
using Names = std::vector<std::string>;

struct Client {
    Result<FetchSessions::Opened> open(const wire::FetchRequest& request, std::int16_t version = kByName) {
        return sessions.open(request, version, ++last_id, now);
    }
    FetchSessions::Opened start(const Names& topics) { return *open(request_of(0, 0, topics)); }
    FetchSessions sessions{2};
    std::int32_t last_id = 100;
    MonoTime now = kStart;
};

TEST(FetchSessions, MakesOneForAFullRequestAndAnswersItInFull) {
    Client client;
    const auto opened = client.start({"a", "b"});

    ASSERT_NE(opened.session, nullptr);
    EXPECT_EQ(opened.session->id, 101);
    EXPECT_EQ(opened.kind, Kind::kFull);
    EXPECT_EQ(names(opened), (Names{"a", "b"}));
    EXPECT_EQ(client.sessions.size(), 1u);
}

TEST(FetchSessions, ContinuesWithAllItsPartitionsWhenNoneIsNamed) {
    Client client;
    client.start({"a", "b"});
    const auto opened = client.open(request_of(101, 1, {}));

    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->kind, Kind::kIncremental);
    EXPECT_EQ(names(*opened), (Names{"a", "b"}));
}

TEST(FetchSessions, AddsChangesAndForgetsWhatARequestNames) {
    Client client;
    client.start({"a", "b"});
    auto request = request_of(101, 1, {"b", "c"});
    request.topics[0].partitions[0].fetch_offset = 7;
    auto& forgotten = request.forgotten_topics_data.emplace_back();
    forgotten.topic = "a";
    forgotten.partitions = {0, 5};
    const auto opened = client.open(request);

    ASSERT_TRUE(opened);
    EXPECT_EQ(names(*opened), (Names{"b", "c"}));
    EXPECT_EQ(opened->targets[0].from, Offset{7});
}

TEST(FetchSessions, RefusesAnUnknownSession) {
    Client client;
    EXPECT_EQ(client.open(request_of(55, 1, {})).error().code, Errc::kFetchSessionIdNotFound);
    EXPECT_EQ(client.open(request_of(0, 1, {})).error().code, Errc::kFetchSessionIdNotFound);
}

TEST(FetchSessions, RefusesAnEpochOutOfTurnAndGoesOnWithTheRightOne) {
    Client client;
    client.start({"a"});
    EXPECT_EQ(client.open(request_of(101, 2, {})).error().code, Errc::kInvalidFetchSessionEpoch);
    EXPECT_TRUE(client.open(request_of(101, 1, {})));
    EXPECT_EQ(client.open(request_of(101, 1, {})).error().code, Errc::kInvalidFetchSessionEpoch);
    EXPECT_TRUE(client.open(request_of(101, 2, {})));
}

TEST(FetchSessions, FollowsTheGreatestEpochByOne) {
    Client client;
    const auto opened = client.start({"a"});
    const auto last = std::numeric_limits<std::int32_t>::max();
    opened.session->epoch = last;

    EXPECT_TRUE(client.open(request_of(101, last, {})));
    EXPECT_TRUE(client.open(request_of(101, 1, {})));
}

TEST(FetchSessions, RefusesToMixNamesAndIds) {
    Client client;
    client.start({"a"});

    EXPECT_EQ(client.open(request_of(101, 1, {}), kById).error().code, Errc::kFetchSessionTopicIdError);
}

TEST(FetchSessions, ClosesOneWithTheFinalEpochAndAnswersWithoutASession) {
    Client client;
    client.start({"a"});
    const auto opened = client.open(request_of(101, -1, {"a"}));

    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->session, nullptr);
    EXPECT_EQ(names(*opened), Names{"a"});
    EXPECT_EQ(client.sessions.size(), 0u);
}

TEST(FetchSessions, AFullRequestReplacesTheSessionThatItNames) {
    Client client;
    client.start({"a"});
    const auto opened = client.open(request_of(101, 0, {"b"}));

    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->session->id, 102);
    EXPECT_EQ(client.sessions.size(), 1u);
}

TEST(FetchSessions, EndsWhenItsLastPartitionIsForgotten) {
    Client client;
    client.start({"a"});
    auto request = request_of(101, 1, {});
    auto& forgotten = request.forgotten_topics_data.emplace_back();
    forgotten.topic = "a";
    forgotten.partitions = {0};
    const auto opened = client.open(request);

    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->session, nullptr);
    EXPECT_TRUE(opened->targets.empty());
    EXPECT_EQ(client.sessions.size(), 0u);
}

TEST(FetchSessions, AnswersWithoutASessionWhenAllSlotsAreInUse) {
    Client client;
    client.start({"a"});
    client.start({"b"});
    const auto third = client.start({"c"});

    EXPECT_EQ(third.session, nullptr);
    EXPECT_EQ(names(third), Names{"c"});
    EXPECT_EQ(client.sessions.size(), 2u);
}

TEST(FetchSessions, EvictsTheOneThatWasIdleForTheLongestTime) {
    Client client;
    client.start({"a"});
    client.now += std::chrono::seconds{1};
    client.start({"b"});
    client.now += std::chrono::minutes{2};
    const auto third = client.start({"c"});

    ASSERT_NE(third.session, nullptr);
    EXPECT_EQ(client.sessions.evicted(), 1u);
    EXPECT_FALSE(client.open(request_of(101, 1, {})));
    EXPECT_TRUE(client.open(request_of(102, 1, {})));
}

TEST(FetchSessions, NeverEvictsOneWhoseRequestIsUnderWay) {
    Client client;
    const auto first = client.start({"a"});
    const auto second = client.start({"b"});
    first.session->busy = second.session->busy = 1;
    client.now += std::chrono::hours{1};

    EXPECT_EQ(client.start({"c"}).session, nullptr);
}

TEST(FetchSessions, WithoutSlotsGivesNoSessions) {
    FetchSessions sessions{0};
    const auto opened = sessions.open(request_of(0, 0, {"a"}), kByName, 1, kStart);

    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->session, nullptr);
}

TEST(FetchSession, AnswersAPartitionOnlyWhenSomethingIsNew) {
    Client client;
    const auto opened = client.start({"a"});
    const auto& target = opened.targets[0];
    const auto needed = [&](const FetchSession::Outcome& outcome) { return opened.session->note_answer(target, outcome); };

    EXPECT_TRUE(needed({.high_watermark = 5, .log_start_offset = 0, .bytes = 0, .error_code = 0}));
    EXPECT_FALSE(needed({.high_watermark = 5, .log_start_offset = 0, .bytes = 0, .error_code = 0}));
    EXPECT_TRUE(needed({.high_watermark = 6, .log_start_offset = 0, .bytes = 0, .error_code = 0}));
    EXPECT_TRUE(needed({.high_watermark = 6, .log_start_offset = 1, .bytes = 0, .error_code = 0}));
    EXPECT_TRUE(needed({.high_watermark = 6, .log_start_offset = 1, .bytes = 9, .error_code = 0}));
    EXPECT_TRUE(needed({.high_watermark = 6, .log_start_offset = 1, .bytes = 0, .error_code = 3}));
}

TEST(FetchSession, SendsPartitionsThatBroughtDataToTheBack) {
    Client client;
    const auto opened = client.start({"a", "b", "c"});
    opened.session->note_answer(opened.targets[0],
                                {.high_watermark = 1, .log_start_offset = 0, .bytes = 10, .error_code = 0});

    EXPECT_EQ(names(*client.open(request_of(101, 1, {}))), (Names{"b", "c", "a"}));
}

TEST(FetchSession, RemembersWhatWasAnsweredWhenItsOffsetMoves) {
    Client client;
    const auto opened = client.start({"a"});
    opened.session->note_answer(opened.targets[0],
                                {.high_watermark = 1, .log_start_offset = 0, .bytes = 10, .error_code = 0});
    auto request = request_of(101, 1, {"a"});
    request.topics[0].partitions[0].fetch_offset = 1;
    const auto next = client.open(request);

    ASSERT_TRUE(next);
    EXPECT_FALSE(next->session->note_answer(next->targets[0],
                                            {.high_watermark = 1, .log_start_offset = 0, .bytes = 0, .error_code = 0}));
}

}  // namespace
}  // namespace moldau::handlers
