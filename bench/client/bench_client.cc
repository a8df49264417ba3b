// A light client that produces records as fast as the broker takes them, then reads all of them back. For bench/quick.
//
// Usage: bench_client produce|consume BROKERS TOPIC RECORDS RECORD_BYTES ACKS. Exit status 1 unless all went through.

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"

namespace {

struct Job {
    std::string brokers;
    std::string topic;
    long records = 0;
    std::size_t record_bytes = 0;
    std::string acks;
};

long delivered = 0;
long failed = 0;

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) { ++(message->err ? failed : delivered); }

rd_kafka_t* open_client(rd_kafka_type_t type, const std::vector<std::pair<std::string, std::string>>& settings) {
    char error[512];
    auto* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) == RD_KAFKA_CONF_OK) continue;
        std::fprintf(stderr, "%s\n", error);
        std::exit(2);
    }
    if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    auto* client = rd_kafka_new(type, conf, error, sizeof error);
    CHECK(client != nullptr);
    return client;
}

bool produce(const Job& job) {
    auto* client = open_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", job.brokers},
                                                   {"acks", job.acks},
                                                   {"linger.ms", "20"},
                                                   {"batch.size", "65536"},
                                                   {"queue.buffering.max.messages", "200000"}});
    const std::string value(job.record_bytes, 'm');
    for (long sent = 0; sent < job.records;) {
        const auto error =
            rd_kafka_producev(client, RD_KAFKA_V_TOPIC(job.topic.c_str()), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()), RD_KAFKA_V_END);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) ++sent;
        rd_kafka_poll(client, error == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 10);
    }
    rd_kafka_flush(client, 60'000);
    rd_kafka_destroy(client);
    return delivered == job.records && failed == 0;
}

bool consume(const Job& job) {
    auto* client = open_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", job.brokers},
                                                   {"group.id", "bench"},
                                                   {"auto.offset.reset", "earliest"},
                                                   {"check.crcs", "false"},
                                                   {"queued.max.messages.kbytes", "262144"}});
    auto* partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(partitions, job.topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client, partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    long read = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (read < job.records && std::chrono::steady_clock::now() < deadline) {
        auto* message = rd_kafka_consumer_poll(client, 1000);
        if (message == nullptr) continue;
        if (!message->err) ++read;
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return read == job.records;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 7) {
        std::fprintf(stderr, "usage: bench_client produce|consume BROKERS TOPIC RECORDS RECORD_BYTES ACKS\n");
        return 2;
    }
    const Job job{argv[2], argv[3], std::atol(argv[4]), static_cast<std::size_t>(std::atol(argv[5])), argv[6]};
    const auto start = std::chrono::steady_clock::now();
    const bool complete = std::string(argv[1]) == "produce" ? produce(job) : consume(job);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("%s: %ld records of %zu bytes in %.2f s\n", argv[1], job.records, job.record_bytes, took.count());
    return complete ? 0 : 1;
}
