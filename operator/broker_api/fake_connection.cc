// Calls go to the fake after its delay and come back from the loop, as those of a network do.

#include "operator/broker_api/fake_connection.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::broker_api {
namespace {

constexpr std::size_t kPage = 500;
constexpr Millis kSilence{30'000};

}  // namespace

std::unique_ptr<BrokerApi> FakeBroker::connect() { return std::make_unique<FakeConnection>(loop_, *this); }

// ---- feeds

FakeFeed::FakeFeed(loop::Loop& loop, FakeBroker& broker, std::optional<Error> failure, const std::string& resume)
    : loop_(loop), broker_(broker), ended_(std::move(failure)) {
    if (ended_) return;
    broker_.feeds_.push_back(this);
    // It remembers the present only: whoever is behind gets everything.
    if (resume != stamped(TopicChanges::Kind::kHeartbeat).resume) add_snapshot();
}

FakeFeed::~FakeFeed() {
    CHECK(!waiting_);
    std::erase(broker_.feeds_, this);
}

TopicChanges FakeFeed::stamped(TopicChanges::Kind kind) const {
    const auto& state = broker_.state;
    return {.kind = kind,
            .resume = fmt::format("{}:{}", state.metadata_epoch, state.metadata_offset),
            .offset = state.metadata_offset,
            .metadata_epoch = state.metadata_epoch,
            .settings_epoch = state.settings_epoch};
}

void FakeFeed::add_snapshot() {
    auto start = stamped(TopicChanges::Kind::kSnapshotStart);
    start.resume.clear();
    add(std::move(start));
    auto end = stamped(TopicChanges::Kind::kSnapshotEnd);
    for (const auto& [name, topic] : broker_.topics_) end.topics.push_back(topic);
    add(std::move(end));
}

void FakeFeed::tell_changed(const std::string& name) {
    auto message = stamped(TopicChanges::Kind::kChanges);
    message.topics.push_back(broker_.topics_.at(name));
    add(std::move(message));
}

void FakeFeed::tell_deleted(DeletedTopic topic) {
    auto message = stamped(TopicChanges::Kind::kChanges);
    message.deleted.push_back(std::move(topic));
    add(std::move(message));
}

void FakeFeed::reset() {
    messages_.clear();
    add_snapshot();
}

void FakeFeed::end(Error error) {
    if (ended_) return;
    ended_ = std::move(error);
    std::erase(broker_.feeds_, this);
    wake();
}

void FakeFeed::add(TopicChanges message) {
    messages_.push_back(std::move(message));
    wake();
}

void FakeFeed::wake() {
    if (!waiting_) return;
    loop_.cancel_timer(timer_);
    loop_.post([waiting = std::exchange(waiting_, {})]() mutable { waiting(true); });
}

Task<Result<TopicChanges>> FakeFeed::next() {
    if (messages_.empty() && !ended_) {
        const bool came = co_await completion<bool>([this](auto done) {
            waiting_ = std::move(done);
            timer_ = loop_.call_after(kSilence, [this] { std::exchange(waiting_, {})(false); });
        });
        if (!came) end({Errc::kRequestTimedOut, "the feed is silent"});
    } else {
        co_await loop_.yield();
    }
    if (ended_) co_return fail(*ended_);
    auto message = std::move(messages_.front());
    messages_.pop_front();
    co_return message;
}

// ---- calls

template <class T, class Work>
Task<Result<T>> FakeConnection::call(std::string name, Work work) {
    if (closed_.requested()) co_return fail(Errc::kClosed, "the connection is closed");
    ++under_way_;
    const auto slept = co_await loop_.sleep_for(broker_.delay_, closed_);
    Result<T> result = fail(Errc::kClosed, "the connection was closed");
    if (slept) {
        const auto arrived = broker_.arrive(name);
        result = arrived.failure ? Result<T>{fail(*arrived.failure)} : work();
        if (arrived.is_answer_lost) result = fail(Errc::kRequestTimedOut, name + ": no answer");
    }
    if (--under_way_ == 0) {
        for (auto& done : std::exchange(waiting_for_end_, {})) done(true);
    }
    co_return result;
}

Result<void> FakeConnection::check_self(BrokerId broker) const {
    if (broker == broker_.state.self) return {};
    return fail(Errc::kBrokerIdNotRegistered, fmt::format("this is not broker {}", broker.value));
}

Task<Result<ClusterState>> FakeConnection::cluster() {
    return call<ClusterState>("cluster", [this]() -> Result<ClusterState> { return broker_.describe(); });
}

Task<Result<TopicPage>> FakeConnection::describe_topics(DescribeTopics asked) {
    return call<TopicPage>("describe_topics", [this, asked = std::move(asked)]() -> Result<TopicPage> {
        TopicPage page;
        for (const auto& name : asked.names) {
            if (const auto found = broker_.topics_.find(name); found != broker_.topics_.end())
                page.topics.push_back(found->second);
        }
        if (!asked.names.empty()) return page;
        for (auto at = broker_.topics_.upper_bound(asked.page); at != broker_.topics_.end(); ++at) {
            if (page.topics.size() == kPage) {
                page.next_page = page.topics.back().name;
                break;
            }
            page.topics.push_back(at->second);
        }
        return page;
    });
}

namespace {

Result<void> check_batch(std::size_t items) {
    if (items <= kBatchMax) return {};
    return fail(Errc::kInvalidRequest, fmt::format("{} items in one order, at most {}", items, kBatchMax));
}

}  // namespace

Task<Result<TopicResults>> FakeConnection::create_topics(CreateTopics order) {
    return call<TopicResults>("create_topics", [this, order = std::move(order)]() -> Result<TopicResults> {
        MOLDAU_TRY(broker_.check(order.expected));
        MOLDAU_TRY(check_batch(order.topics.size()));
        TopicResults results;
        for (const auto& topic : order.topics) results.push_back(broker_.create(order, topic));
        return results;
    });
}

Task<Result<TopicResults>> FakeConnection::alter_topics(AlterTopics order) {
    return call<TopicResults>("alter_topics", [this, order = std::move(order)]() -> Result<TopicResults> {
        MOLDAU_TRY(broker_.check(order.expected));
        MOLDAU_TRY(check_batch(order.topics.size()));
        TopicResults results;
        for (const auto& topic : order.topics) results.push_back(broker_.alter(order, topic));
        return results;
    });
}

Task<Result<TopicResults>> FakeConnection::delete_topics(DeleteTopics order) {
    return call<TopicResults>("delete_topics", [this, order = std::move(order)]() -> Result<TopicResults> {
        MOLDAU_TRY(broker_.check(order.expected));
        MOLDAU_TRY(check_batch(order.topics.size()));
        TopicResults results;
        for (const auto& topic : order.topics) results.push_back(broker_.remove(topic));
        return results;
    });
}

Task<Result<Settings>> FakeConnection::settings() {
    return call<Settings>("settings", [this]() -> Result<Settings> {
        Settings settings{.epoch = broker_.state.settings_epoch};
        for (const auto& [name, setting] : broker_.settings) settings.settings.push_back(setting);
        return settings;
    });
}

Task<Result<SettingResults>> FakeConnection::alter_settings(AlterSettings order) {
    return call<SettingResults>("alter_settings", [this, order = std::move(order)]() -> Result<SettingResults> {
        MOLDAU_TRY(broker_.check(order.expected));
        MOLDAU_TRY(check_batch(order.changes.size()));
        if (order.expected_epoch != 0 && order.expected_epoch != broker_.state.settings_epoch) {
            return fail(Errc::kInvalidUpdateVersion, fmt::format("the settings' epoch is {}", broker_.state.settings_epoch));
        }
        return broker_.alter(order);
    });
}

Task<Result<StopVerdict>> FakeConnection::may_stop(BrokerId broker) {
    return call<StopVerdict>("may_stop", [this, broker]() -> Result<StopVerdict> {
        const auto* known = broker_.state.find_broker(broker);
        if (known == nullptr) return fail(Errc::kBrokerIdNotRegistered, fmt::format("there is no broker {}", broker.value));
        auto verdict = broker_.verdict;
        verdict.broker_epoch = known->epoch;
        return verdict;
    });
}

Task<Result<StopProgress>> FakeConnection::prepare_to_stop(PrepareToStop order) {
    return call<StopProgress>("prepare_to_stop", [this, order = std::move(order)]() -> Result<StopProgress> {
        MOLDAU_TRY(broker_.check(order.expected));
        MOLDAU_TRY(check_self(order.broker));
        if (order.broker_epoch != -1 && order.broker_epoch != broker_.state.stop.broker_epoch) {
            return fail(Errc::kStaleBrokerEpoch, fmt::format("the broker's epoch is {}", broker_.state.stop.broker_epoch));
        }
        return broker_.prepare();
    });
}

Task<Result<StopProgress>> FakeConnection::stop_progress(BrokerId broker) {
    return call<StopProgress>("stop_progress", [this, broker]() -> Result<StopProgress> {
        MOLDAU_TRY(check_self(broker));
        return broker_.state.stop;
    });
}

std::unique_ptr<TopicFeed> FakeConnection::watch_topics(std::string resume) {
    auto failure = closed_.requested() ? std::optional<Error>{Error{Errc::kClosed, "the connection is closed"}}
                                       : broker_.arrive("watch_topics").failure;
    return std::make_unique<FakeFeed>(loop_, broker_, std::move(failure), resume);
}

Task<void> FakeConnection::close() {
    closed_.request();
    if (under_way_ > 0) {
        co_await completion<bool>([this](auto done) { waiting_for_end_.push_back(std::move(done)); });
    }
}

}  // namespace moldau::broker_api
