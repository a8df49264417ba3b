// What this module's tests share: a broker on a simulated disk with its operator API, asked without a network.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "handlers/broker_testing.h"
#include "operator_api/operations.h"

namespace moldau::operator_api::testing {

// Nobody may do anything.
class DenyAll : public security::Authorizer {
public:
    security::Decision authorize(const security::Principal&, security::Operation, const security::Resource&) const override {
        return security::Decision::kDenied;
    }
};

// Lifetime: ends before its disk does.
class OperatorBroker : public handlers::testing::TestBroker {
public:
    explicit OperatorBroker(sim::Disk& disk, settings::Values values = {}) : TestBroker(disk, std::move(values)) {
        operations = std::make_unique<Operations>(*shard, "1.2.3");
        service->on_image([this](auto from, auto to) { return follow(std::move(from), std::move(to)); });
    }
    ~OperatorBroker() { sim::run(loop, operations->stop()); }

    Call call() {
        server::RequestContext context{.executor = loop, .authorizer = *node.authorizer, .aborted = aborted};
        return {std::move(context), loop.now().mono + Millis{10'000}};
    }
    template <class Request, class Response>
    Result<Response> ask(Task<Result<Response>> (Operations::*method)(Call&, const Request&), const Request& request) {
        auto one = call();
        return sim::run(loop, ((*operations).*method)(one, request));
    }

    pb::TopicResults create(const pb::CreateTopicsRequest& request) {
        return ask(&Operations::create_topics, request).value();
    }
    pb::TopicResults alter(const pb::AlterTopicsRequest& request) { return ask(&Operations::alter_topics, request).value(); }
    pb::TopicResults remove(const pb::DeleteTopicsRequest& request) {
        return ask(&Operations::delete_topics, request).value();
    }
    // A topic with its default settings.
    void make(const std::string& name, std::int32_t partitions = 1) {
        pb::CreateTopicsRequest request;
        auto& topic = *request.add_topics();
        topic.set_name(name);
        topic.set_partitions(partitions);
        CHECK(create(request).results(0).outcome().code() == 0);
    }
    void erase(const std::string& name) {
        pb::DeleteTopicsRequest request;
        request.add_topics()->set_name(name);
        CHECK(remove(request).results(0).outcome().code() == 0);
    }

    std::unique_ptr<TopicFeed> watch(const std::string& resume = "") {
        pb::WatchTopicsRequest request;
        request.set_resume(resume);
        return operations->watch(call(), request).value();
    }
    std::optional<pb::TopicChanges> next(TopicFeed& feed) { return sim::run(loop, operations->next(feed)); }

    std::unique_ptr<Operations> operations;

private:
    Task<void> follow(metadata::ImageRef from, metadata::ImageRef to) {
        co_await handlers::follow_image(*shard, from, to);
        operations->follow(*from, *to);
    }
};

inline std::string error_of(const pb::Outcome& outcome) { return outcome.error(); }

}  // namespace moldau::operator_api::testing
