// A BrokerApi that counts and times what is asked through it.

#pragma once

#include <memory>
#include <string>

#include "operator/broker_api/broker_api.h"
#include "operator/loop/loop.h"
#include "operator/metrics/metrics.h"

namespace moldau::observe {

// Lifetime: as long as `inner` would have to live. Thread: the loop's.
class MeteredBroker final : public broker_api::BrokerApi {
public:
    MeteredBroker(loop::Loop& loop, metrics::Registry& metrics, std::unique_ptr<broker_api::BrokerApi> inner)
        : loop_(loop), metrics_(metrics), inner_(std::move(inner)) {}

    Task<Result<broker_api::ClusterState>> cluster() override;
    Task<Result<broker_api::TopicPage>> describe_topics(broker_api::DescribeTopics asked) override;
    Task<Result<broker_api::TopicResults>> create_topics(broker_api::CreateTopics order) override;
    Task<Result<broker_api::TopicResults>> alter_topics(broker_api::AlterTopics order) override;
    Task<Result<broker_api::TopicResults>> delete_topics(broker_api::DeleteTopics order) override;
    Task<Result<broker_api::Settings>> settings() override;
    Task<Result<broker_api::SettingResults>> alter_settings(broker_api::AlterSettings order) override;
    Task<Result<broker_api::StopVerdict>> may_stop(BrokerId broker) override;
    Task<Result<broker_api::StopProgress>> prepare_to_stop(broker_api::PrepareToStop order) override;
    Task<Result<broker_api::StopProgress>> stop_progress(BrokerId broker) override;
    std::unique_ptr<broker_api::TopicFeed> watch_topics(std::string resume) override;
    Task<void> close() override { return inner_->close(); }

private:
    template <class T>
    Task<Result<T>> metered(std::string call, Task<Result<T>> asked);
    void count_items(const char* call, std::size_t count);

    loop::Loop& loop_;
    metrics::Registry& metrics_;
    std::unique_ptr<broker_api::BrokerApi> inner_;
};

}  // namespace moldau::observe
