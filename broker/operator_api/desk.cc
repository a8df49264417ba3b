// Admitting calls and feeding listeners.

#include "operator_api/desk.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace moldau::operator_api {
namespace {

constexpr Millis kHeartbeat{10'000};
constexpr std::string_view kWatchMethod = "WatchTopics";

}  // namespace

std::string_view status_name(Errc code) {
    switch (code) {
        case Errc::kNone:
            return "OK";
        case Errc::kInvalidRequest:
        case Errc::kMalformed:
        case Errc::kLimitExceeded:
            return "INVALID_ARGUMENT";
        case Errc::kInconsistentClusterId:
        case Errc::kStaleControllerEpoch:
        case Errc::kStaleBrokerEpoch:
        case Errc::kInvalidUpdateVersion:
            return "FAILED_PRECONDITION";
        case Errc::kBrokerIdNotRegistered:
            return "NOT_FOUND";
        case Errc::kClusterAuthorizationFailed:
            return "PERMISSION_DENIED";
        case Errc::kCoordinatorLoadInProgress:
        case Errc::kClosed:
            return "UNAVAILABLE";
        case Errc::kBusy:
        case Errc::kThrottlingQuotaExceeded:
            return "RESOURCE_EXHAUSTED";
        case Errc::kRequestTimedOut:
        case Errc::kTimedOut:
            return "DEADLINE_EXCEEDED";
        case Errc::kCancelled:
            return "CANCELLED";
        default:
            return "INTERNAL";
    }
}

void Desk::serve(Operations& operations) {
    operations_ = &operations;
    operations.on_change([this] {
        for (const auto& [watch, method] : watches_) watch->wake->notify_all();
    });
}

Task<void> Desk::stop() {
    stopping_.fire();
    // Ending one may take it out of the map.
    std::vector<std::shared_ptr<Watch>> watches;
    for (const auto& [watch, method] : watches_) watches.push_back(watch);
    for (const auto& watch : watches) {
        // Nobody waits for a listener that does not read.
        if (watch->state == Watch::State::kWriting) watch->listener->cancel();
        end_with(*watch, {Errc::kClosed, "the broker is stopping"});
    }
    co_await tasks_.stop();
    if (operations_ != nullptr) operations_->on_change([] {});
    operations_ = nullptr;
}

Result<void> Desk::admit(const Arrival& arrival) const {
    if (stopping_.fired()) return fail(Errc::kClosed, "the broker is stopping");
    if (operations_ == nullptr) return fail(Errc::kCoordinatorLoadInProgress, "the broker is recovering");
    if (home_.now().mono >= arrival.deadline)
        return fail(Errc::kRequestTimedOut, "the deadline passed before the call began");
    if (active_ >= options_.calls_max) return fail(Errc::kBusy, fmt::format("{} calls are under way", active_));
    return {};
}

Call Desk::call_of(const Arrival& arrival) {
    server::RequestContext context{.executor = home_, .authorizer = authorizer_, .aborted = stopping_};
    context.listener = "OPERATOR";
    context.client_host = arrival.peer;
    context.client_id = "operator-api";
    return {std::move(context), arrival.deadline};
}

pb::DescribeClusterResponse Desk::recovering() const {
    pb::DescribeClusterResponse response;
    response.set_controller_id(-1);
    response.set_node_id(options_.node.value);
    response.set_version(options_.version);
    response.set_health(pb::DescribeClusterResponse::HEALTH_DEGRADED);
    response.mutable_stop()->set_broker_id(options_.node.value);
    response.mutable_stop()->set_broker_epoch(-1);
    response.mutable_stop()->set_state(pb::StopProgress::SERVING);
    const bool ends = stopping_.fired();
    add_reason(*response.mutable_reasons(), pb::SEVERITY_WARNING,
               ends ? ReasonText{"STOPPING", "the broker is stopping"}
                    : ReasonText{"RECOVERING", "the broker is recovering its logs"});
    return response;
}

void Desk::take_describe_cluster(Arrival arrival, const pb::DescribeClusterRequest& request,
                                 std::move_only_function<void(Result<pb::DescribeClusterResponse>)> answer) {
    const auto admitted = admit(arrival);
    const bool is_early = operations_ == nullptr || stopping_.fired();
    if (!admitted && is_early) {
        count(arrival.method, Errc::kNone);
        return answer(recovering());
    }
    take(std::move(arrival), &Operations::describe_cluster, request, std::move(answer));
}

std::shared_ptr<Desk::Watch> Desk::watch(Arrival arrival, const pb::WatchTopicsRequest& request, Listener& listener) {
    const auto refused = [&](const Error& error) {
        count(kWatchMethod, error.code);
        listener.finish(error);
        return nullptr;
    };
    if (const auto admitted = admit(arrival); !admitted) return refused(admitted.error());
    if (watches_.size() >= options_.feeds_max) {
        return refused({Errc::kBusy, fmt::format("{} feeds are open", watches_.size())});
    }
    auto place = operations_->watch(call_of(arrival), request);
    if (!place) return refused(place.error());
    const auto watch = std::make_shared<Watch>(Watch{&listener, std::make_unique<io::WaitList>(home_)});
    watches_.emplace(watch, kWatchMethod);
    tasks_.start(feed(watch, *std::move(place)));
    return watch;
}

void Desk::end(const std::shared_ptr<Watch>& watch) { end_with(*watch, {Errc::kNone, {}}); }

void Desk::end_with(Watch& watch, Error error) {
    if (!watch.ended) watch.ended = std::move(error);
    watch.wake->notify_all();
}

Task<std::optional<pb::TopicChanges>> Desk::next_message(Watch& watch, TopicFeed& feed) {
    const auto due = home_.now().mono + kHeartbeat;
    while (!watch.ended) {
        if (auto message = co_await operations_->next(feed)) co_return message;
        if (watch.ended) break;
        if (co_await watch.wake->wait_until(due) == io::Wakeup::kDeadline) co_return operations_->heartbeat(feed);
    }
    co_return std::nullopt;
}

Task<void> Desk::feed(std::shared_ptr<Watch> watch, std::unique_ptr<TopicFeed> feed) {
    while (!watch->ended) {
        auto message = co_await next_message(*watch, *feed);
        if (!message || watch->ended) break;
        watch->state = Watch::State::kWriting;
        const bool went_out =
            co_await completion<bool>([&](auto done) { watch->listener->write(*std::move(message), std::move(done)); });
        watch->state = Watch::State::kWaiting;
        if (!went_out && !watch->ended) watch->ended = Error{Errc::kNone, {}};
    }
    watches_.erase(watch);
    count(kWatchMethod, watch->ended->code);
    std::exchange(watch->listener, nullptr)->finish(*watch->ended);
}

std::vector<CallCount> Desk::counts() const {
    std::vector<CallCount> counts;
    for (const auto& [key, count] : counts_) counts.push_back({key.first, key.second, count});
    return counts;
}

}  // namespace moldau::operator_api
