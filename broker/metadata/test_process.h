// One broker process on a simulated disk, for the service's tests.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "metadata/producer_ids.h"
#include "metadata/service.h"
#include "metadata/test_images.h"
#include "sim/disk.h"
#include "sim/loop.h"
#include "sim/random.h"

namespace moldau::metadata {

inline constexpr const char* kTestDir = "/data";
inline constexpr const char* kTestLogDir = "/data/__cluster_metadata-0";

inline MetadataOptions test_options() {
    MetadataOptions options;
    options.dir = kTestDir;
    options.node_id = BrokerId{1};
    options.directory_id = test_uuid(1);
    return options;
}

inline BrokerRegistration test_registration(std::uint8_t incarnation = 100) {
    return {BrokerId{1}, test_uuid(incarnation), std::nullopt, {{"PLAINTEXT", "localhost", 9092}}, {test_uuid(1)}};
}

// Lifetime: ends before its disk does.
class TestProcess {
public:
    explicit TestProcess(sim::Disk& disk, std::uint64_t seed = 1) : loop({.seed = seed}), files(disk, loop), random(seed) {
        if (!disk.exists(kTestDir)) disk.put(std::string{kTestDir} + "/.lock", "");
    }
    ~TestProcess() { close(); }

    MetadataEnvironment environment() { return {loop, files, random}; }
    Result<void> open(MetadataOptions options = test_options()) {
        auto opened = sim::run(loop, MetadataService::open(environment(), std::move(options)));
        if (!opened) return fail(opened.error());
        service = *std::move(opened);
        return {};
    }
    // With broker 1 registered.
    void start(MetadataOptions options = test_options()) {
        const auto opened = open(std::move(options));
        ASSERT_TRUE(opened) << opened.error().to_string();
        ASSERT_TRUE(sim::run(loop, service->register_broker(test_registration())));
    }
    Errc create(const std::string& name, std::int32_t partitions = 1) {
        const auto request = create_request({topic_of(name, partitions)});
        return Errc{sim::run(loop, service->create_topics(request)).topics.at(0).error_code};
    }
    Errc remove(const std::string& name) {
        wire::DeleteTopicsRequest request;
        request.topic_names = {name};
        return Errc{sim::run(loop, service->delete_topics(request, 5)).responses.at(0).error_code};
    }
    Result<void> close() {
        if (!service) return {};
        auto closed = sim::run(loop, service->close());
        service.reset();
        return closed;
    }

    sim::Loop loop;
    sim::FileSystem files;
    sim::Random random;
    std::unique_ptr<MetadataService> service;
};

}  // namespace moldau::metadata
