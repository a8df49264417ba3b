// Every call, counted.

#include "operator/observe/metered_broker.h"

#include <chrono>
#include <utility>

namespace moldau::observe {

using metrics::Metric;

template <class T>
Task<Result<T>> MeteredBroker::metered(std::string call, Task<Result<T>> asked) {
    const auto started = loop_.mono_now();
    auto answer = co_await std::move(asked);
    const auto took = std::chrono::duration<double>(loop_.mono_now() - started).count();
    metrics_.histogram(Metric::kBrokerCallSeconds, {call}).observe(took);
    metrics_.value(Metric::kBrokerCalls, {call, answer ? "ok" : "failed"}) += 1;
    co_return answer;
}

void MeteredBroker::count_items(const char* call, std::size_t count) {
    metrics_.histogram(Metric::kBrokerCallItems, {call}).observe(static_cast<double>(count));
}

Task<Result<broker_api::ClusterState>> MeteredBroker::cluster() { return metered("cluster", inner_->cluster()); }

Task<Result<broker_api::TopicPage>> MeteredBroker::describe_topics(broker_api::DescribeTopics asked) {
    return metered("describe_topics", inner_->describe_topics(std::move(asked)));
}

Task<Result<broker_api::TopicResults>> MeteredBroker::create_topics(broker_api::CreateTopics order) {
    count_items("create_topics", order.topics.size());
    return metered("create_topics", inner_->create_topics(std::move(order)));
}

Task<Result<broker_api::TopicResults>> MeteredBroker::alter_topics(broker_api::AlterTopics order) {
    count_items("alter_topics", order.topics.size());
    return metered("alter_topics", inner_->alter_topics(std::move(order)));
}

Task<Result<broker_api::TopicResults>> MeteredBroker::delete_topics(broker_api::DeleteTopics order) {
    count_items("delete_topics", order.topics.size());
    return metered("delete_topics", inner_->delete_topics(std::move(order)));
}

Task<Result<broker_api::Settings>> MeteredBroker::settings() { return metered("settings", inner_->settings()); }

Task<Result<broker_api::SettingResults>> MeteredBroker::alter_settings(broker_api::AlterSettings order) {
    return metered("alter_settings", inner_->alter_settings(std::move(order)));
}

Task<Result<broker_api::StopVerdict>> MeteredBroker::may_stop(BrokerId broker) {
    return metered("may_stop", inner_->may_stop(broker));
}

Task<Result<broker_api::StopProgress>> MeteredBroker::prepare_to_stop(broker_api::PrepareToStop order) {
    return metered("prepare_to_stop", inner_->prepare_to_stop(std::move(order)));
}

Task<Result<broker_api::StopProgress>> MeteredBroker::stop_progress(BrokerId broker) {
    return metered("stop_progress", inner_->stop_progress(broker));
}

std::unique_ptr<broker_api::TopicFeed> MeteredBroker::watch_topics(std::string resume) {
    metrics_.value(Metric::kBrokerCalls, {"watch_topics", "ok"}) += 1;
    return inner_->watch_topics(std::move(resume));
}

}  // namespace moldau::observe
