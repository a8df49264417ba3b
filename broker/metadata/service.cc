// The requests: decide, commit, answer.

#include "metadata/service.h"

#include "metadata/service_impl.h"

namespace moldau::metadata {
namespace {

// Also those that were wrong: what they were judged by may never have come to be.
template <class Entries>
void fail_entries(Entries& entries, const Error& error) {
    for (auto& entry : entries) {
        entry.error_code = kafka_code(error.code);
        entry.error_message = error.context;
    }
}

constexpr std::int32_t kOwnTimeoutMs = 30'000;

}  // namespace

MetadataService::MetadataService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetadataService::~MetadataService() = default;

Task<Result<std::unique_ptr<MetadataService>>> MetadataService::open(MetadataEnvironment environment,
                                                                     MetadataOptions options) {
    std::unique_ptr<MetadataService> service{new MetadataService{std::make_unique<Impl>(environment, std::move(options))}};
    auto opened = co_await service->impl_->open();
    if (!opened) {
        co_await service->impl_->abandon();
        co_return fail(std::move(opened).error());
    }
    co_return service;
}

ImageRef MetadataService::image() const { return impl_->published; }
void MetadataService::on_image(ImageCallback callback) { impl_->image_callback = std::move(callback); }
const std::optional<Error>& MetadataService::failure() const { return impl_->failure; }
const MetadataService::Counters& MetadataService::counters() const { return impl_->counters; }
Task<Result<void>> MetadataService::snapshot() { return impl_->snapshot(); }
Task<Result<void>> MetadataService::close() { return impl_->close(); }

Task<wire::CreateTopicsResponse> MetadataService::create_topics(const wire::CreateTopicsRequest& request, WantedIds ids) {
    auto [records, response] = impl_->controller->create_topics(*impl_->timeline->newest(), request, ids);
    const auto committed = co_await impl_->commit(std::move(records), impl_->deadline_after(request.timeout_ms));
    if (!committed) {
        fail_entries(response.topics, committed.error());
        for (auto& topic : response.topics) topic.topic_id = {};
    }
    co_return std::move(response);
}

Task<wire::DeleteTopicsResponse> MetadataService::delete_topics(const wire::DeleteTopicsRequest& request,
                                                                std::int16_t version) {
    auto [records, response] = impl_->controller->delete_topics(*impl_->timeline->newest(), request, version);
    const auto committed = co_await impl_->commit(std::move(records), impl_->deadline_after(request.timeout_ms));
    if (!committed) fail_entries(response.responses, committed.error());
    co_return std::move(response);
}

Task<wire::CreatePartitionsResponse> MetadataService::create_partitions(const wire::CreatePartitionsRequest& request) {
    auto [records, response] = impl_->controller->create_partitions(*impl_->timeline->newest(), request);
    const auto committed = co_await impl_->commit(std::move(records), impl_->deadline_after(request.timeout_ms));
    if (!committed) fail_entries(response.results, committed.error());
    co_return std::move(response);
}

Task<std::vector<AutoTopicResult>> MetadataService::ensure_topics(std::vector<AutoTopic> topics) {
    auto [records, results] = impl_->controller->ensure_topics(*impl_->timeline->newest(), topics);
    const auto committed = co_await impl_->commit(std::move(records), impl_->deadline_after(kOwnTimeoutMs));
    if (!committed) {
        for (auto& result : results) {
            if (result.topic) result.topic = fail(committed.error());
        }
    }
    co_return std::move(results);
}

Task<Result<void>> MetadataService::adopt_topics(Adoption adoption) {
    MOLDAU_CO_TRY_ASSIGN(decision, impl_->controller->adopt_topics(*impl_->timeline->newest(), adoption));
    co_return co_await impl_->commit(std::move(decision.records), impl_->deadline_after(kOwnTimeoutMs));
}

Task<Result<ProducerIdBlock>> MetadataService::allocate_producer_ids() {
    MOLDAU_CO_TRY_ASSIGN(decision,
                         impl_->controller->allocate_producer_ids(*impl_->timeline->newest(), impl_->options.node_id));
    MOLDAU_CO_TRY(co_await impl_->commit(std::move(decision.records), impl_->deadline_after(kOwnTimeoutMs)));
    co_return decision.answer;
}

Task<Result<std::int64_t>> MetadataService::register_broker(BrokerRegistration registration) {
    MOLDAU_CO_TRY_ASSIGN(decision, impl_->controller->register_broker(*impl_->timeline->newest(), registration));
    MOLDAU_CO_TRY(co_await impl_->commit(std::move(decision.records), impl_->deadline_after(kOwnTimeoutMs)));
    const Broker* broker = impl_->published->find_broker(registration.id);
    if (!broker) co_return fail(Errc::kBrokerIdNotRegistered, "broker " + std::to_string(registration.id.value));
    co_return broker->epoch;
}

Task<Result<void>> MetadataService::alter_configs(ConfigResource resource, ConfigEdit edit, Execution execution) {
    MOLDAU_CO_TRY_ASSIGN(decision, impl_->controller->alter_configs(*impl_->timeline->newest(), resource, edit));
    if (execution == Execution::kValidateOnly) decision.records.clear();
    co_return co_await impl_->commit(std::move(decision.records), impl_->deadline_after(kOwnTimeoutMs));
}

}  // namespace moldau::metadata
