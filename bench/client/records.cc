// Throughput of producing and consuming.

#include "records.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "library_client.h"

namespace moldau::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kTextBytes = 1 << 20;
constexpr std::size_t kTextStep = 811;
constexpr int kFlushMs = 120'000;
constexpr auto kReadTime = std::chrono::seconds{180};

struct Deliveries {
    long good = 0;
    long failed = 0;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* context) {
    auto& deliveries = *static_cast<Deliveries*>(context);
    ++(message->err ? deliveries.failed : deliveries.good);
}

// Words of a small vocabulary in random order: codecs halve it or better, as they do with records of people.
std::string make_text(std::size_t bytes) {
    std::mt19937 random{4};
    std::vector<std::string> words;
    for (int index = 0; index < 2000; ++index) {
        std::string word;
        for (auto length = 3 + random() % 8; length > 0; --length) word += static_cast<char>('a' + random() % 26);
        words.push_back(word + ' ');
    }
    std::string text;
    while (text.size() < bytes) text += words[random() % words.size()];
    text.resize(bytes);
    return text;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

bool produce_records(const Arguments& arguments) {
    const auto topic = arguments.text("topic");
    const auto records = arguments.number("records");
    const auto bytes = static_cast<std::size_t>(arguments.number("bytes"));
    Deliveries deliveries;
    const auto client = open_client(RD_KAFKA_PRODUCER,
                                    {{"bootstrap.servers", arguments.text("brokers")},
                                     {"acks", arguments.text("acks")},
                                     {"compression.codec", arguments.text("codec", "none")},
                                     {"linger.ms", "20"},
                                     {"batch.size", "65536"},
                                     {"queue.buffering.max.messages", "200000"}},
                                    {.on_delivery = on_delivery, .context = &deliveries});
    const auto text = make_text(std::max(kTextBytes, 2 * bytes));
    std::size_t at = 0;
    long sent = 0;
    const auto send = [&] {
        const auto error = rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                                             RD_KAFKA_V_VALUE(const_cast<char*>(&text[at]), bytes), RD_KAFKA_V_END);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            ++sent;
            at = (at + kTextStep) % (text.size() - bytes);
        }
        rd_kafka_poll(client.get(), error == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 10);
    };
    send();
    rd_kafka_flush(client.get(),
                   kFlushMs);  // connected, and the partition's leader found: that is not the broker's throughput
    const auto start = Clock::now();
    while (sent < records) send();
    rd_kafka_flush(client.get(), kFlushMs);
    const auto seconds = seconds_since(start);
    std::printf("{\"records\": %ld, \"failed\": %ld, \"seconds\": %.4f, \"bytes\": %ld}\n", deliveries.good,
                deliveries.failed, seconds, deliveries.good * static_cast<long>(bytes));
    return deliveries.good == records && deliveries.failed == 0;
}

bool consume_records(const Arguments& arguments) {
    const auto topic = arguments.text("topic");
    const auto records = arguments.number("records");
    const auto client = open_client(RD_KAFKA_CONSUMER, {{"bootstrap.servers", arguments.text("brokers")},
                                                        {"group.id", "bench"},
                                                        {"enable.auto.commit", "false"},
                                                        {"check.crcs", "false"},
                                                        {"queued.max.messages.kbytes", "262144"},
                                                        // A queue that is full for a moment would pause it for long.
                                                        {"queued.min.messages", "10000000"},
                                                        {"fetch.error.backoff.ms", "1"}});
    auto* partitions = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(partitions, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client.get(), partitions);
    rd_kafka_topic_partition_list_destroy(partitions);
    const auto asked = Clock::now();
    auto start = asked;
    long read = 0;
    std::size_t bytes = 0;
    while (read < records && Clock::now() - asked < kReadTime) {
        auto* message = rd_kafka_consumer_poll(client.get(), 1000);
        if (message == nullptr) continue;
        if (!message->err) {
            if (read == 0) start = Clock::now();
            ++read;
            bytes += message->len;
        }
        rd_kafka_message_destroy(message);
    }
    std::printf("{\"records\": %ld, \"failed\": %ld, \"seconds\": %.4f, \"bytes\": %zu}\n", read, records - read,
                seconds_since(start), bytes);
    rd_kafka_consumer_close(client.get());
    return read == records;
}

}  // namespace moldau::bench
