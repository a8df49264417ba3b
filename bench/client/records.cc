// Throughput of producing and consuming.

#include "records.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "library_client.h"
#include "text.h"

namespace moldau::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kTextBytes = 1 << 20;
constexpr int kFlushMs = 120'000;
constexpr auto kReadTime = std::chrono::seconds{180};
// Handed over and taken back in one call: a call a record would make the client the limit where records are small.
constexpr std::size_t kRecordsPerCall = 1000;

// Failures alone are told; what was flushed and did not fail was acknowledged.
void on_failure(rd_kafka_t*, const rd_kafka_message_t* message, void* context) {
    if (message->err) ++*static_cast<long*>(context);
}

struct DestroyTopic {
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct DestroyQueue {
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

bool produce_records(const Arguments& arguments) {
    const auto records = arguments.number("records");
    const auto bytes = static_cast<std::size_t>(arguments.number("bytes"));
    long failed = 0;
    const auto client = open_client(RD_KAFKA_PRODUCER,
                                    {{"bootstrap.servers", arguments.text("brokers")},
                                     {"acks", arguments.text("acks")},
                                     {"compression.codec", arguments.text("codec", "none")},
                                     {"linger.ms", "20"},
                                     {"batch.size", "65536"},
                                     {"delivery.report.only.error", "true"},
                                     {"queue.buffering.max.messages", "200000"}},
                                    {.on_delivery = on_failure, .context = &failed});
    const std::unique_ptr<rd_kafka_topic_t, DestroyTopic> topic{
        rd_kafka_topic_new(client.get(), arguments.text("topic").c_str(), nullptr)};
    const auto text = make_text(std::max(kTextBytes, 2 * bytes));
    std::size_t at = 0;
    std::array<rd_kafka_message_t, kRecordsPerCall> batch{};
    // Sends up to `count`; returns how many the queue took.
    const auto send = [&](std::size_t count) {
        std::size_t next = at;
        for (std::size_t index = 0; index < count; ++index) {
            batch[index].payload = const_cast<char*>(&text[next]);
            batch[index].len = bytes;
            next = (next + kTextStep) % (text.size() - bytes);
        }
        const int taken = rd_kafka_produce_batch(topic.get(), 0, 0, batch.data(), static_cast<int>(count));
        at = (at + static_cast<std::size_t>(taken) * kTextStep) % (text.size() - bytes);
        rd_kafka_poll(client.get(), static_cast<std::size_t>(taken) < count ? 1 : 0);
        return taken;
    };
    long sent = send(1);
    rd_kafka_flush(client.get(),
                   kFlushMs);  // connected, and the partition's leader found: that is not the broker's throughput
    const auto start = Clock::now();
    while (sent < records && failed == 0)
        sent += send(static_cast<std::size_t>(std::min<long>(kRecordsPerCall, records - sent)));
    const bool flushed = rd_kafka_flush(client.get(), kFlushMs) == RD_KAFKA_RESP_ERR_NO_ERROR;
    const auto seconds = seconds_since(start);
    const long lost = failed + rd_kafka_outq_len(client.get());
    std::printf("{\"records\": %ld, \"failed\": %ld, \"seconds\": %.4f, \"bytes\": %ld}\n", sent - lost, lost, seconds,
                (sent - lost) * static_cast<long>(bytes));
    return flushed && sent == records && lost == 0;
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
    const std::unique_ptr<rd_kafka_queue_t, DestroyQueue> queue{rd_kafka_queue_get_consumer(client.get())};
    std::array<rd_kafka_message_t*, kRecordsPerCall> batch{};
    while (read < records && Clock::now() - asked < kReadTime) {
        // Never more than there are: it would wait for them.
        const auto most = std::min(batch.size(), static_cast<std::size_t>(records - read));
        const auto count = rd_kafka_consume_batch_queue(queue.get(), 1000, batch.data(), most);
        if (read == 0) start = Clock::now();
        for (std::ptrdiff_t index = 0; index < count; ++index) {
            auto* message = batch[static_cast<std::size_t>(index)];
            if (!message->err) {
                ++read;
                bytes += message->len;
            }
            rd_kafka_message_destroy(message);
        }
    }
    std::printf("{\"records\": %ld, \"failed\": %ld, \"seconds\": %.4f, \"bytes\": %zu}\n", read, records - read,
                seconds_since(start), bytes);
    rd_kafka_consumer_close(client.get());
    return read == records;
}

}  // namespace moldau::bench
