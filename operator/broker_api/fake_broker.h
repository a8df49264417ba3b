// A broker in memory, for tests of whatever reconciles: topics, settings, a change feed, stops; and what goes wrong.
//
// It answers by the rules of the real one (broker/proto/operator_api.proto), as far as an operator can tell: beliefs are
// checked, orders can be repeated, each item has its own result. A test changes it behind the operator's back (`put_topic`,
// `erase_topic`), breaks it (`fail_next`, `unreachable`, `restart`) or slows it (`delay`), and looks at what was asked of it
// (`calls`, `mutations`).

#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/broker_api/broker_api.h"
#include "operator/loop/loop.h"

namespace moldau::broker_api {

class FakeFeed;

// Lifetime: outlives its connections and what they have under way. Thread: the loop's.
class FakeBroker {
public:
    explicit FakeBroker(loop::Loop& loop);
    ~FakeBroker();
    FakeBroker(const FakeBroker&) = delete;
    FakeBroker& operator=(const FakeBroker&) = delete;

    // A connection as the operator makes it; any number.
    std::unique_ptr<BrokerApi> connect();

    // What is so; tests may change it at any time (and tell feeds of topics through the functions below).
    ClusterState state;
    std::map<std::string, Setting, std::less<>> settings;  // AlterSettings changes those that are not kStatic
    StopVerdict verdict{.answer = StopVerdict::Answer::kMayStop};
    // Says what is wrong with a topic's configuration value, nullopt: nothing. Default: "bad" is wrong.
    std::function<std::optional<std::string>(const std::string& name, const std::string& value)> check_config;

    const std::map<std::string, Topic, std::less<>>& topics() const { return topics_; }
    // Made or changed by somebody else. An id of zero becomes a new one.
    void put_topic(Topic topic);
    void erase_topic(const std::string& name);
    // As if it had been killed and started anew: feeds break, epochs grow, a preparation to stop is forgotten.
    void restart();
    // The feeds forget where their readers are: each sends a snapshot again.
    void reset_feeds();
    // Every open feed ends with an error.
    void break_feeds();

    enum class Reach { kReachable, kUnreachable };
    // Unreachable: every call is kBrokerNotAvailable, feeds end.
    void set_reach(Reach reach);
    // The next call of that name ("create_topics"; "" any) fails with this instead of being done.
    void fail_next(std::string call, Error error) { failures_.emplace_back(std::move(call), std::move(error)); }
    // The next such call is done, but its answer is lost: kRequestTimedOut.
    void lose_answer(std::string call) { lost_answers_.push_back(std::move(call)); }
    // Every answer comes so much later.
    void set_delay(Millis delay) { delay_ = delay; }
    // Preparing a stop stays at kPreparing until this.
    enum class Preparing { kEndsAtOnce, kHangs };
    void set_preparing(Preparing preparing) { preparing_ = preparing; }

    // Names of the calls that reached it, in order: "cluster", "create_topics", ...
    const std::vector<std::string>& calls() const { return calls_; }
    std::size_t count(const std::string& call) const;
    // Changes that were really made through orders; repeating one makes none.
    std::size_t mutations() const { return mutations_; }
    std::size_t feeds() const { return feeds_.size(); }

private:
    friend class FakeConnection;
    friend class FakeFeed;

    // What happens to a call before it is carried out.
    struct Arrived {
        std::optional<Error> failure;
        bool is_answer_lost = false;
    };
    Arrived arrive(const std::string& call);
    Result<void> check(const Expected& expected) const;

    ClusterState describe() const;
    TopicResult create(const CreateTopics& order, const NewTopic& wanted);
    TopicResult alter(const AlterTopics& order, const TopicAlteration& wanted);
    TopicResult remove(const TopicDeletion& wanted);
    Outcome alter_configs(const AlterTopics& order, const TopicAlteration& wanted, Topic& topic, TopicResult& result);
    SettingResults alter(const AlterSettings& order);
    Outcome alter(const AlterSettings& order, const ConfigChange& change);
    StopProgress prepare();
    void changed(const Topic& topic);
    void deleted(const Topic& topic);
    TopicId new_id();

    loop::Loop& loop_;
    std::map<std::string, Topic, std::less<>> topics_;
    std::vector<FakeFeed*> feeds_;
    std::vector<std::string> calls_;
    std::deque<std::pair<std::string, Error>> failures_;
    std::deque<std::string> lost_answers_;
    Reach reach_ = Reach::kReachable;
    Preparing preparing_ = Preparing::kEndsAtOnce;
    Millis delay_{0};
    std::size_t mutations_ = 0;
    std::uint64_t last_id_ = 0;
};

// Hands out connections to fakes, by target. A target without one is unreachable.
class FakeFactory final : public BrokerApiFactory {
public:
    explicit FakeFactory(loop::Loop& loop) : loop_(loop), nowhere_(loop) {
        nowhere_.set_reach(FakeBroker::Reach::kUnreachable);
    }
    // The broker behind `target`, made when it is asked for first.
    FakeBroker& at(const std::string& target);
    std::unique_ptr<BrokerApi> connect(std::string target) override;

private:
    loop::Loop& loop_;
    FakeBroker nowhere_;
    std::map<std::string, std::unique_ptr<FakeBroker>> brokers_;
};

}  // namespace moldau::broker_api
