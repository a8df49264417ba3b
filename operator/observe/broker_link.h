// The connection to one Cluster's broker: what it says of itself, its settings, and a mirror of its topics.
//
// The problem: a decision needs the broker's answers at once and must never wait for a broker that hangs. The idea: two
// tasks keep the newest answers here. One asks for the state, often while things change and rarely when all is well; the
// other follows the feed of topics into a mirror, so that ten thousand topics are compared without a call. Whoever decides
// reads what is there, with the reason when there is nothing. Place: one per Cluster; made and dropped by the operator's
// steps.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "base/task_group.h"
#include "operator/broker_api/broker_api.h"
#include "operator/decide/snapshot.h"
#include "operator/loop/cancel.h"
#include "operator/loop/loop.h"
#include "operator/loop/signal.h"

namespace moldau::observe {

struct BrokerLinkOptions {
    Millis poll_settled{10'000};   // ready and healthy
    Millis poll_unsettled{1'000};  // anything else
    Millis feed_backoff_min{500};
    Millis feed_backoff_max{10'000};
};

// Told on the loop, never inside a call of the link's.
struct BrokerLinkEvents {
    std::function<void()> changed;                                        // answers() says something else
    std::function<void(const std::vector<std::string>&)> topics_changed;  // by name, while the mirror was complete
    std::function<void()> topics_known;                                   // the mirror is complete (again)
};

// Is there a process that could answer? While not, nobody is asked.
enum class Expected : std::uint8_t { kNobody, kBroker };

// Lifetime: stop() must have resolved before it goes. Thread: the loop's.
class BrokerLink {
public:
    BrokerLink(loop::Loop& loop, std::unique_ptr<broker_api::BrokerApi> api, BrokerLinkEvents events,
               BrokerLinkOptions options = {});
    BrokerLink(const BrokerLink&) = delete;
    BrokerLink& operator=(const BrokerLink&) = delete;
    ~BrokerLink();

    void start();
    // Ends feed and calls; resolves when none is left.
    Task<void> stop();

    void expect(Expected expected);
    // Asks for the state now.
    void poke() { poke_.raise(); }

    broker_api::BrokerApi& api() { return *api_; }
    // `verdicts` and `progress` are empty: those are asked for by whoever decides.
    const decide::BrokerAnswers& answers() const { return answers_; }
    Expected expected() const { return expected_; }
    // Was it ever asked for its state, and answered or not?
    bool has_asked() const { return has_asked_; }
    MonoTime made_at() const { return made_at_; }

    // The mirror holds all topics that exist, as far as a feed can tell, and the broker answers.
    bool knows_topics() const { return is_mirror_whole_ && feed_ == Feed::kAlive && answers_.state.has_value(); }
    std::optional<broker_api::Topic> topic(const std::string& name) const;
    std::size_t topic_count() const { return mirror_.size(); }
    // What an order answered, so that the next look sees it; the feed tells the same later.
    void take_topic(const broker_api::Topic& topic) { mirror_.insert_or_assign(topic.name, topic); }
    void forget_topic(const std::string& name) { mirror_.erase(name); }

private:
    enum class Feed : std::uint8_t { kDead, kAlive };
    using Mirror = std::unordered_map<std::string, broker_api::Topic>;

    Task<void> follow_state();
    Task<void> ask_state();
    Task<void> ask_settings();
    Task<void> follow_topics();
    Task<void> read_feed(broker_api::TopicFeed& feed);
    void take_changes(broker_api::TopicChanges changes);
    void take_snapshot_part(broker_api::TopicChanges& changes);
    void finish_snapshot();
    void take_news(broker_api::TopicChanges& changes);
    void set_feed(Feed feed);
    Millis poll_interval() const;

    loop::Loop& loop_;
    std::unique_ptr<broker_api::BrokerApi> api_;
    BrokerLinkEvents events_;
    BrokerLinkOptions options_;
    decide::BrokerAnswers answers_;
    Expected expected_ = Expected::kNobody;
    MonoTime made_at_;
    Mirror mirror_;
    Mirror incoming_;
    bool is_mirror_whole_ = false;
    Feed feed_ = Feed::kDead;
    bool was_known_ = false;
    bool has_asked_ = false;
    Millis feed_backoff_;
    loop::Signal poke_;
    loop::Signal feed_wanted_;
    loop::Cancel cancel_;
    TaskGroup tasks_;
};

}  // namespace moldau::observe
