// What this module's tests share: all that handlers need of a broker, on a simulated loop and disk, with one core.
//
// Requests go in as frames and answers come out as frames, through the dispatcher, as they do from a connection.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "handlers/broker_dispatcher.h"
#include "handlers/current_settings.h"
#include "handlers/shard.h"
#include "metadata/producer_ids.h"
#include "metadata/service.h"
#include "metadata/test_images.h"
#include "sim/disk.h"
#include "sim/loop.h"
#include "sim/random.h"
#include "wire/batch_builder.h"
#include "wire/create_topics.h"
#include "wire/frame.h"

namespace moldau::handlers::testing {

inline constexpr const char* kDataDir = "/data";

// Records with these values in one batch, all of the same time.
inline bytes::View batch_of(const std::vector<std::string>& values, wire::BatchOptions options = {}) {
    wire::BatchBuilder builder{options};
    for (const auto& value : values) {
        const auto bytes = bytes::View::copy_of(value);
        builder.append({.timestamp = 1'767'225'600'000, .value = bytes.span()});
    }
    return *builder.build_plain();
}

// The values of all records in `batches`, batch by batch.
inline std::vector<std::string> values_of(const bytes::ChunkList& batches) {
    std::vector<std::string> values;
    const auto all = batches.flatten();
    for (std::size_t at = 0; at < all.size();) {
        const auto header = wire::BatchHeader::parse(all.slice(at).span());
        CHECK(header.has_value());
        const auto batch = all.slice(at, header->size_bytes());
        wire::RecordReader reader{batch.slice(wire::kBatchHeaderBytes).span(), header->record_count};
        for (int count = 0; count < header->record_count; ++count) {
            const auto record = reader.next();
            CHECK(record.has_value() && record->has_value());
            const auto value = (**record).value.value();
            values.emplace_back(reinterpret_cast<const char*>(value.data()), value.size());
        }
        at += header->size_bytes();
    }
    return values;
}

// Lifetime: ends before its disk does.
class TestBroker {
public:
    // What a higher module adds: `made` runs before the first logs open, `stopping` before anything is closed.
    struct Additions {
        std::function<void(TestBroker&)> made = [](TestBroker&) {};
        std::function<void(TestBroker&)> stopping = [](TestBroker&) {};
    };
    explicit TestBroker(sim::Disk& disk, settings::Values values = {}) : TestBroker(disk, std::move(values), Additions{}) {}
    TestBroker(sim::Disk& disk, settings::Values values, Additions additions)
        : files(disk, loop), peer{1, "PLAINTEXT", "10.0.0.7", {}}, additions_(std::move(additions)) {
        if (!disk.exists(kDataDir)) disk.put(std::string{kDataDir} + "/meta.properties", "");
        node.values = std::move(values);
        node.table = &table;
        node.dirs = {{kDataDir, metadata::test_uuid(1)}};
        node.dir_health = {std::make_shared<store::DirHealth>(kDataDir, metadata::test_uuid(1))};
        node.shards.resize(1);
        table.add(broker_handlers());
        open_metadata();
        open_shard();
    }
    ~TestBroker() {
        additions_.stopping(*this);
        aborted.fire();
        loop.run_until_idle();
        CHECK(sim::run(loop, service->close()).has_value());
        sim::run(loop, shard->partitions->stop());
        CHECK(sim::run(loop, store->close()).has_value());
        loop.run_until_idle();
        dispatcher.reset();
        shard.reset();
        store.reset();
    }

    template <class Request>
    bytes::View frame_of(const Request& request, std::int16_t version, const std::string& client = "tester") {
        const wire::RequestHead head{wire::find_api(Request::kApiKey), version, 7, client};
        const auto frame = wire::encode_request(head, request);
        CHECK(frame.has_value());
        return frame->flatten().slice(4);
    }
    Result<server::Answer> send(bytes::View frame) {
        return sim::run(loop, dispatcher->handle(std::move(frame), peer, aborted));
    }
    template <class Response>
    Response decode(const server::Answer& answer, std::int16_t version) {
        CHECK(answer.frame.has_value());
        wire::Decoder in{answer.frame->flatten().slice(4)};
        CHECK(wire::read_response_head(in, *wire::find_api(Response::kApiKey), version) == 7);
        auto response = wire::decode_whole<Response>(in, version);
        CHECK(response.has_value());
        return *std::move(response);
    }
    template <class Response, class Request>
    Response ask(const Request& request, std::int16_t version) {
        auto answer = send(frame_of(request, version));
        CHECK(answer.has_value());
        return decode<Response>(*answer, version);
    }
    // Starts a request and lets it go as far as it comes; the answer appears in the result.
    std::shared_ptr<std::optional<Result<server::Answer>>> start(bytes::View frame) {
        const auto result = std::make_shared<std::optional<Result<server::Answer>>>();
        spawn(dispatcher->handle(std::move(frame), peer, aborted),
              [result](Result<server::Answer> answer) { result->emplace(std::move(answer)); });
        loop.run_until_idle();
        return result;
    }

    TopicId create_topic(const std::string& name, std::int32_t partitions = 1,
                         std::vector<std::pair<std::string, std::string>> configs = {}) {
        wire::CreateTopicsRequest request;
        auto& topic = request.topics.emplace_back();
        topic.name = name;
        topic.num_partitions = partitions;
        topic.replication_factor = 1;
        for (auto& [key, value] : configs) {
            auto& config = topic.configs.emplace_back();
            config.name = key;
            config.value = value;
        }
        const auto response = ask<wire::CreateTopicsResponse>(request, 7);
        CHECK(response.topics.at(0).error_code == 0);
        return TopicId{response.topics.at(0).topic_id};
    }

    sim::Loop loop;
    sim::FileSystem files;
    sim::Random random{3};
    server::AbortSignal aborted;
    server::Peer peer;
    HandlerTable table;
    Node node;
    std::unique_ptr<metadata::MetadataService> service;
    std::unique_ptr<metadata::ProducerIds> producer_ids;
    std::unique_ptr<store::LogStore> store;
    std::unique_ptr<Shard> shard;
    std::unique_ptr<BrokerDispatcher> dispatcher;

private:
    void open_metadata() {
        metadata::MetadataOptions options;
        options.dir = kDataDir;
        options.directory_id = metadata::test_uuid(1);
        auto opened = sim::run(loop, metadata::MetadataService::open({loop, files, random}, options));
        CHECK(opened.has_value());
        service = *std::move(opened);
        producer_ids = std::make_unique<metadata::ProducerIds>(*service);
        node.metadata = service.get();
        node.producer_ids = producer_ids.get();
        metadata::BrokerRegistration self{
            BrokerId{1}, random.next_uuid(), std::nullopt, {{"PLAINTEXT", "localhost", 9092}}, {metadata::test_uuid(1)}};
        CHECK(sim::run(loop, service->register_broker(std::move(self))).has_value());
    }
    void open_shard() {
        store::LogStore::Options options;
        options.dirs = {kDataDir};
        options.health = node.dir_health;
        options.wal.file_bytes = 1 << 20;
        auto opened = sim::run(loop, store::LogStore::open({loop, files, random}, options));
        CHECK(opened.has_value());
        store = *std::move(opened);
        shard = std::make_unique<Shard>(Shard::Environment{loop, random}, node);
        node.shards[0] = shard.get();
        PartitionTable::Environment environment{loop, *store, shard->values(), 0, 1, node.id, {{metadata::test_uuid(1), 0}}};
        environment.health = node.dir_health;
        shard->partitions =
            std::make_unique<PartitionTable>(std::move(environment), std::vector<PartitionTable::Recovered>{});
        shard->image = std::make_shared<const metadata::Image>();
        additions_.made(*this);
        sim::run(loop, follow_image(*shard, shard->image, service->image()));
        service->on_image([this](auto from, auto to) { return follow_image(*shard, std::move(from), std::move(to)); });
        dispatcher = std::make_unique<BrokerDispatcher>(*shard, table);
    }

    Additions additions_;
};

}  // namespace moldau::handlers::testing
