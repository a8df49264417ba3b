// The core's rules, one test per clause; whole courses of events are in testdata/ (transcript_test.cc).

#include "raft/node.h"

#include <gtest/gtest.h>

namespace moldau::raft {
namespace {

const VoterId kSelf{BrokerId{1}, Uuid{}};

Node create(HardState hard_state = {}, LogState log = {}) {
    return Node::create({kSelf, {kSelf}, hard_state, std::move(log)}).value();
}

Node leader() {
    Node node = create();
    node.step(Start{});
    node.step(HardStateStored{Term{1}});
    node.step(Stored{Offset{1}});
    return node;
}

TEST(Node, VotesForItselfInANewTerm) {
    Node node = create({Term{5}, std::nullopt});

    const Ready ready = node.step(Start{});

    EXPECT_EQ(ready.store, (HardState{Term{6}, kSelf}));
}

TEST(Node, NeverVotesTwiceInATermAcrossRestarts) {
    Node first = create();
    const HardState stored = first.step(Start{}).store.value();

    Node second = create(stored);

    EXPECT_GT(second.step(Start{}).store.value().term, stored.term);
}

TEST(Node, DoesNotLeadBeforeItsVoteIsDurable) {
    Node node = create();

    const Ready ready = node.step(Start{});

    EXPECT_EQ(node.role(), Role::kCandidate);
    EXPECT_TRUE(ready.append.empty());
    EXPECT_EQ(node.leader(), std::nullopt);
}

TEST(Node, BeginsItsTermWithALeaderChangeEntry) {
    Node node = create();
    node.step(Start{});

    const Ready ready = node.step(HardStateStored{Term{1}});

    ASSERT_EQ(ready.append.size(), 1u);
    EXPECT_EQ(ready.append[0].kind, EntryKind::kLeaderChange);
    EXPECT_EQ(node.leader(), kSelf);
    EXPECT_EQ(node.granting_voters(), std::vector{kSelf});
}

TEST(Node, CommitsNothingThatIsNotDurable) {
    Node node = leader();

    const Ready ready = node.step(Propose{5});

    EXPECT_EQ(ready.committed, std::nullopt);
    EXPECT_EQ(node.committed(), Offset{1});
}

TEST(Node, CommitsManyProposalsWithOneSync) {
    Node node = leader();
    node.step(Propose{2});
    node.step(Propose{3});
    node.step(Propose{1});

    EXPECT_EQ(node.step(Stored{Offset{7}}).committed, Offset{7});
}

TEST(Node, CommitsAPrefixThatIsDurable) {
    Node node = leader();
    node.step(Propose{2});
    node.step(Propose{3});

    EXPECT_EQ(node.step(Stored{Offset{3}}).committed, Offset{3});
}

TEST(Node, RepeatedCompletionsCommitOnce) {
    Node node = leader();
    node.step(Propose{2});
    node.step(Stored{Offset{3}});

    EXPECT_EQ(node.step(Stored{Offset{3}}).committed, std::nullopt);
}

TEST(Node, GivesUpWhatIsNotDurableWhenItsDiskFails) {
    Node node = leader();
    node.step(Propose{2});

    node.step(StorageFailed{});

    EXPECT_EQ(node.ledger().end(), Offset{1});
    EXPECT_EQ(node.step(Propose{1}).refused, Ready::Refusal::kNotLeader);
}

TEST(Node, AFailureBeforeTheVoteIsDurableEndsTheCandidacy) {
    Node node = create();
    node.step(Start{});
    node.step(StorageFailed{});

    EXPECT_TRUE(node.step(HardStateStored{Term{1}}).append.empty());
    EXPECT_EQ(node.role(), Role::kFailed);
}

}  // namespace
}  // namespace moldau::raft
