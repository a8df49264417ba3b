// Following state and topics.

#include "operator/observe/broker_link.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/check.h"
#include "base/logger.h"

namespace moldau::observe {
namespace {

constexpr std::string_view kModule = "broker";
constexpr const char* kNobody = "no broker runs";

// Without what changes all the time.
bool says_the_same(const broker_api::ClusterState& one, const broker_api::ClusterState& other) {
    const auto disk_states = [](const broker_api::ClusterState& state) {
        std::vector<std::pair<std::string, broker_api::Disk::State>> states;
        for (const auto& disk : state.disks) states.emplace_back(disk.path, disk.state);
        return states;
    };
    return one.cluster_id == other.cluster_id && one.metadata_epoch == other.metadata_epoch &&
           one.settings_epoch == other.settings_epoch && one.brokers == other.brokers && one.topics == other.topics &&
           one.partitions_offline == other.partitions_offline && one.self == other.self && one.version == other.version &&
           one.readiness == other.readiness && one.health == other.health && one.reasons == other.reasons &&
           one.stop.state == other.stop.state && one.stop.partitions_left == other.stop.partitions_left &&
           disk_states(one) == disk_states(other);
}

}  // namespace

BrokerLink::BrokerLink(loop::Loop& loop, std::unique_ptr<broker_api::BrokerApi> api, BrokerLinkEvents events,
                       BrokerLinkOptions options)
    : loop_(loop),
      api_(std::move(api)),
      events_(std::move(events)),
      options_(options),
      made_at_(loop.mono_now()),
      feed_backoff_(options.feed_backoff_min),
      poke_(loop),
      feed_wanted_(loop) {
    answers_.error = kNobody;
}

BrokerLink::~BrokerLink() { CHECK(tasks_.count() == 0); }

void BrokerLink::start() {
    tasks_.start(follow_state());
    tasks_.start(follow_topics());
}

Task<void> BrokerLink::stop() {
    cancel_.request();
    co_await api_->close();
    co_await tasks_.stop();
}

void BrokerLink::expect(Expected expected) {
    if (std::exchange(expected_, expected) == expected) return;
    poke_.raise();
    if (expected == Expected::kBroker) feed_wanted_.raise();
}

Millis BrokerLink::poll_interval() const {
    const bool is_settled = answers_.state && answers_.state->readiness == broker_api::Readiness::kReady &&
                            answers_.state->health == broker_api::Health::kHealthy &&
                            answers_.state->stop.state == broker_api::StopState::kServing;
    return is_settled ? options_.poll_settled : options_.poll_unsettled;
}

Task<void> BrokerLink::follow_state() {
    while (!cancel_.requested()) {
        if (expected_ == Expected::kNobody) {
            if (std::exchange(answers_, {.error = kNobody}).state) {
                set_feed(feed_);
                events_.changed();
            }
            static_cast<void>(co_await poke_.wait(cancel_));
            continue;
        }
        co_await ask_state();
        if (cancel_.requested()) break;
        static_cast<void>(co_await poke_.wait_until(loop_.mono_now() + poll_interval(), cancel_));
    }
}

Task<void> BrokerLink::ask_state() {
    auto answer = co_await api_->cluster();
    if (cancel_.requested()) co_return;
    has_asked_ = true;
    bool is_new = false;
    if (answer) {
        is_new = !answers_.state || !says_the_same(*answers_.state, *answer);
        answers_.error.clear();
        answers_.state = *std::move(answer);
        if (!answers_.settings || answers_.settings->epoch != answers_.state->settings_epoch) {
            co_await ask_settings();
            is_new = true;
        }
    } else {
        const auto text = answer.error().to_string();
        is_new = answers_.state.has_value() || answers_.error != text;
        answers_ = {.error = text};
    }
    if (cancel_.requested() || !is_new) co_return;
    set_feed(feed_);
    events_.changed();
}

Task<void> BrokerLink::ask_settings() {
    answers_.settings.reset();
    auto settings = co_await api_->settings();
    if (cancel_.requested()) co_return;
    // A recovering broker has none yet; those of another epoch are asked for again with the next state.
    if (settings && answers_.state && settings->epoch == answers_.state->settings_epoch)
        answers_.settings = *std::move(settings);
}

Task<void> BrokerLink::follow_topics() {
    while (!cancel_.requested()) {
        if (expected_ == Expected::kNobody) {
            static_cast<void>(co_await feed_wanted_.wait(cancel_));
            continue;
        }
        // From the start each time: the first message then comes at once, and only what differs is told.
        auto feed = api_->watch_topics({});
        co_await read_feed(*feed);
        set_feed(Feed::kDead);
        if (cancel_.requested()) break;
        static_cast<void>(co_await feed_wanted_.wait_until(loop_.mono_now() + feed_backoff_, cancel_));
        feed_backoff_ = std::min(feed_backoff_ * 2, options_.feed_backoff_max);
    }
}

Task<void> BrokerLink::read_feed(broker_api::TopicFeed& feed) {
    const auto registration = cancel_.on_request([&feed] { feed.cancel(); });
    incoming_.clear();
    while (!cancel_.requested()) {
        auto changes = co_await feed.next();
        if (!changes) {
            LOG_DEBUG(kModule, "feed ended error=\"{}\"", changes.error().to_string());
            co_return;
        }
        feed_backoff_ = options_.feed_backoff_min;
        take_changes(*std::move(changes));
    }
}

void BrokerLink::take_changes(broker_api::TopicChanges changes) {
    using Kind = broker_api::TopicChanges::Kind;
    if (answers_.settings && changes.settings_epoch != 0 && changes.settings_epoch != answers_.settings->epoch)
        poke_.raise();
    switch (changes.kind) {
        case Kind::kSnapshotStart:
            incoming_.clear();
            return take_snapshot_part(changes);
        case Kind::kSnapshotPart:
            return take_snapshot_part(changes);
        case Kind::kSnapshotEnd:
            take_snapshot_part(changes);
            return finish_snapshot();
        case Kind::kChanges:
            take_news(changes);
            return set_feed(Feed::kAlive);
        case Kind::kHeartbeat:
            return set_feed(Feed::kAlive);
    }
}

void BrokerLink::take_snapshot_part(broker_api::TopicChanges& changes) {
    for (auto& topic : changes.topics) incoming_.insert_or_assign(topic.name, std::move(topic));
}

void BrokerLink::finish_snapshot() {
    std::vector<std::string> different;
    for (const auto& [name, topic] : incoming_) {
        const auto known = mirror_.find(name);
        if (known == mirror_.end() || known->second != topic) different.push_back(name);
    }
    for (const auto& name : mirror_ | std::views::keys)
        if (!incoming_.contains(name)) different.push_back(name);
    mirror_ = std::exchange(incoming_, {});
    is_mirror_whole_ = true;
    if (!different.empty()) events_.topics_changed(different);
    set_feed(Feed::kAlive);
}

void BrokerLink::take_news(broker_api::TopicChanges& changes) {
    std::vector<std::string> names;
    for (auto& topic : changes.topics) {
        const auto known = mirror_.find(topic.name);
        if (known != mirror_.end() && known->second == topic) continue;
        names.push_back(topic.name);
        mirror_.insert_or_assign(topic.name, std::move(topic));
    }
    for (const auto& gone : changes.deleted) {
        const auto known = mirror_.find(gone.name);
        // Made anew meanwhile, under another id: that one stays.
        if (known == mirror_.end() || known->second.id != gone.id) continue;
        mirror_.erase(known);
        names.push_back(gone.name);
    }
    if (!names.empty()) events_.topics_changed(names);
}

// Tells when the mirror can be relied on again.
void BrokerLink::set_feed(Feed feed) {
    feed_ = feed;
    const bool is_known = knows_topics();
    if (is_known && !was_known_) events_.topics_known();
    was_known_ = is_known;
}

std::optional<broker_api::Topic> BrokerLink::topic(const std::string& name) const {
    const auto found = mirror_.find(name);
    if (found == mirror_.end()) return std::nullopt;
    return found->second;
}

}  // namespace moldau::observe
