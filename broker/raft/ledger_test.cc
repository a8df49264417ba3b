// The ledger's claims: terms of offsets, both cuts, and where a leader's entries diverge.

#include "raft/ledger.h"

#include <gtest/gtest.h>

#include "raft/quorum.h"

namespace moldau::raft {
namespace {

// Term 1: [0, 3), term 3: [3, 8), term 4: [8, 10).
Ledger three_terms() {
    return Ledger::create({{Offset{0}, Term{0}},
                           Offset{10},
                           Offset{10},
                           {{Term{1}, Offset{0}}, {Term{3}, Offset{3}}, {Term{4}, Offset{8}}}})
        .value();
}

Entry entry(int term, int base, int records) { return {Term{term}, Offset{base}, records, EntryKind::kData}; }

TEST(Ledger, KnowsTheTermBeforeEachOffset) {
    const Ledger ledger = three_terms();

    EXPECT_EQ(ledger.term_before(Offset{0}), Term{0});
    EXPECT_EQ(ledger.term_before(Offset{1}), Term{1});
    EXPECT_EQ(ledger.term_before(Offset{3}), Term{1});
    EXPECT_EQ(ledger.term_before(Offset{4}), Term{3});
    EXPECT_EQ(ledger.term_before(Offset{10}), Term{4});
    EXPECT_EQ(ledger.term_before(Offset{11}), std::nullopt);
}

TEST(Ledger, AppendsAtItsEndInTheTermGiven) {
    Ledger ledger = three_terms();

    const Entry appended = ledger.append(Term{6}, 5, EntryKind::kData);

    EXPECT_EQ(appended, entry(6, 10, 5));
    EXPECT_EQ(ledger.last(), (Position{Offset{15}, Term{6}}));
    EXPECT_EQ(ledger.durable_end(), Offset{10});
}

TEST(Ledger, TruncationForgetsTermsThatBeginThere) {
    Ledger ledger = three_terms();

    ledger.truncate(Offset{8});

    EXPECT_EQ(ledger.last(), (Position{Offset{8}, Term{3}}));
    EXPECT_EQ(ledger.durable_end(), Offset{8});
}

TEST(Ledger, TruncationToNothingLeavesTheSnapshotsTerm) {
    Ledger ledger = Ledger::create({{Offset{5}, Term{2}}, Offset{9}, Offset{9}, {{Term{3}, Offset{5}}}}).value();

    ledger.truncate(Offset{5});

    EXPECT_EQ(ledger.last(), (Position{Offset{5}, Term{2}}));
}

TEST(Ledger, CompactionKeepsTheTermThatItCutsThrough) {
    Ledger ledger = three_terms();

    ledger.compact(Offset{5});

    EXPECT_EQ(ledger.start(), (Position{Offset{5}, Term{3}}));
    EXPECT_EQ(ledger.term_before(Offset{6}), Term{3});
    EXPECT_EQ(ledger.term_before(Offset{4}), std::nullopt);
    EXPECT_EQ(ledger.terms().size(), 2u);
}

TEST(Ledger, CompactionOfAllKeepsTheLastTerm) {
    Ledger ledger = three_terms();

    ledger.compact(Offset{10});

    EXPECT_EQ(ledger.last(), (Position{Offset{10}, Term{4}}));
}

TEST(Ledger, StartsAnewAtASnapshot) {
    Ledger ledger = three_terms();

    ledger.restart({Offset{100}, Term{9}});

    EXPECT_EQ(ledger.last(), (Position{Offset{100}, Term{9}}));
    EXPECT_EQ(ledger.start().offset, Offset{100});
    EXPECT_EQ(ledger.append(Term{9}, 1, EntryKind::kData).base, Offset{100});
}

TEST(Ledger, MatchesOnlyPositionsThatItHas) {
    const Ledger ledger = three_terms();

    EXPECT_TRUE(ledger.matches({Offset{8}, Term{3}}));
    EXPECT_FALSE(ledger.matches({Offset{8}, Term{4}}));
    EXPECT_FALSE(ledger.matches({Offset{12}, Term{4}}));
}

TEST(Ledger, TruncatesFromTheFirstConflictingEntry) {
    const Ledger ledger = three_terms();
    const std::vector<Entry> entries{entry(3, 3, 5), entry(5, 8, 1), entry(5, 9, 1)};

    EXPECT_EQ(ledger.plan(entries), (Ledger::Plan{1, Offset{8}}));
}

TEST(Ledger, AppendsWhatIsNewWithoutTruncating) {
    const Ledger ledger = three_terms();
    const std::vector<Entry> entries{entry(4, 8, 2), entry(4, 10, 3)};

    EXPECT_EQ(ledger.plan(entries), (Ledger::Plan{1, std::nullopt}));
}

TEST(Ledger, KeepsAllThatARepeatedMessageBrings) {
    const Ledger ledger = three_terms();
    const std::vector<Entry> entries{entry(1, 0, 3), entry(3, 3, 5)};

    EXPECT_EQ(ledger.plan(entries), (Ledger::Plan{2, std::nullopt}));
}

TEST(Ledger, PassesOverEntriesThatASnapshotHas) {
    Ledger ledger = three_terms();
    ledger.compact(Offset{8});
    const std::vector<Entry> entries{entry(1, 0, 3), entry(3, 3, 5), entry(5, 8, 2)};

    EXPECT_EQ(ledger.plan(entries), (Ledger::Plan{2, Offset{8}}));
}

TEST(Ledger, RefusesStatesThatContradictThemselves) {
    EXPECT_FALSE(Ledger::create({{Offset{0}, Term{0}}, Offset{4}, Offset{5}, {}}));
    EXPECT_FALSE(Ledger::create({{Offset{5}, Term{1}}, Offset{4}, Offset{4}, {}}));
    EXPECT_FALSE(Ledger::create({{Offset{0}, Term{0}}, Offset{4}, Offset{4}, {{Term{1}, Offset{7}}}}));
    EXPECT_FALSE(Ledger::create({{Offset{0}, Term{0}}, Offset{4}, Offset{4}, {{Term{2}, Offset{0}}, {Term{2}, Offset{1}}}}));
}

VoterId voter(int node) { return {BrokerId{node}, Uuid{}}; }

TEST(Quorum, EndIsWhatAMajorityHas) {
    const std::vector<VoterId> three{voter(1), voter(2), voter(3)};

    EXPECT_EQ(quorum_end(three, {{voter(1), Offset{9}}, {voter(2), Offset{5}}, {voter(3), Offset{2}}}), Offset{5});
    EXPECT_EQ(quorum_end(three, {{voter(1), Offset{9}}}), Offset{0});
    EXPECT_EQ(quorum_end(std::vector{voter(1)}, {{voter(1), Offset{9}}}), Offset{9});
    EXPECT_EQ(quorum_end(std::vector{voter(1), voter(2)}, {{voter(1), Offset{9}}, {voter(2), Offset{4}}}), Offset{4});
}

TEST(Quorum, CountsOnlyVoters) {
    const std::vector<VoterId> three{voter(1), voter(2), voter(3)};

    EXPECT_FALSE(is_quorum(three, {voter(1), voter(7), voter(8)}));
    EXPECT_TRUE(is_quorum(three, {voter(1), voter(3)}));
    EXPECT_FALSE(is_quorum(std::vector{voter(1), voter(2)}, {voter(1)}));
}

TEST(Quorum, DoesNotTakeAWipedDiskForTheVoter) {
    Uuid other;
    other.bytes[0] = 1;

    EXPECT_FALSE(is_quorum(std::vector{voter(1)}, {VoterId{BrokerId{1}, other}}));
}

}  // namespace
}  // namespace moldau::raft
