// A consumer group's members, polled in turn by one thread.

#include "members.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

#include "library_client.h"

namespace moldau::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds{60};
// How long the group is left alone between the join and the leave: members that have just joined answer faster.
constexpr auto kCalm = std::chrono::seconds{2};
constexpr auto kPollEvery = std::chrono::microseconds{200};
// A member learns from its heartbeat that another has left. With the usual three seconds that is all that one would measure.
constexpr const char* kHeartbeatMs = "100";

struct Member {
    LibraryClient client;
    int partitions = 0;
};

void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* partitions,
                  void* context) {
    auto& member = *static_cast<Member*>(context);
    const bool assigns = event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    rd_kafka_assign(client, assigns ? partitions : nullptr);
    member.partitions = assigns ? partitions->cnt : 0;
}

class Members {
public:
    explicit Members(const Arguments& arguments) {
        auto* topics = rd_kafka_topic_partition_list_new(1);
        rd_kafka_topic_partition_list_add(topics, arguments.text("topic").c_str(), RD_KAFKA_PARTITION_UA);
        for (long index = 0; index < arguments.number("members"); ++index) {
            auto& member = *members_.emplace_back(std::make_unique<Member>());
            member.client = open_client(RD_KAFKA_CONSUMER,
                                        {{"bootstrap.servers", arguments.text("brokers")},
                                         {"group.id", arguments.text("group")},
                                         {"heartbeat.interval.ms", kHeartbeatMs}},
                                        {.on_rebalance = on_rebalance, .context = &member});
            rd_kafka_poll_set_consumer(member.client.get());
            rd_kafka_subscribe(member.client.get(), topics);
        }
        rd_kafka_topic_partition_list_destroy(topics);
    }

    // Polls until the members together have `partitions`; milliseconds since `start`, below zero when patience ends.
    double wait_for(long partitions, Clock::time_point start) {
        while (Clock::now() - start < kPatience) {
            poll_all();
            long total = 0;
            bool all_have = true;
            for (const auto& member : members_) {
                total += member->partitions;
                all_have = all_have && member->partitions > 0;
            }
            if (total == partitions && all_have) return milliseconds_since(start);
        }
        return -1;
    }

    void poll_for(Clock::duration time) {
        for (const auto start = Clock::now(); Clock::now() - start < time;) poll_all();
    }

    std::size_t size() const { return members_.size(); }

    void one_leaves() {
        rd_kafka_consumer_close(members_.back()->client.get());
        members_.pop_back();
    }

    void all_leave() {
        while (!members_.empty()) one_leaves();
    }

private:
    static double milliseconds_since(Clock::time_point start) {
        return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    }

    void poll_all() {
        for (const auto& member : members_) {
            if (auto* message = rd_kafka_consumer_poll(member->client.get(), 0)) rd_kafka_message_destroy(message);
        }
        std::this_thread::sleep_for(kPollEvery);
    }

    std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace

bool run_members(const Arguments& arguments) {
    const auto partitions = arguments.number("partitions");
    auto start = Clock::now();
    Members members{arguments};
    const double join_ms = members.wait_for(partitions, start);
    members.poll_for(kCalm);
    // All but the last, one by one: the mean, as each time depends on when the others beat next.
    double leave_ms = 0;
    const auto leaving = members.size() - 1;
    for (std::size_t left = 0; left < leaving; ++left) {
        start = Clock::now();
        members.one_leaves();
        const double took = members.wait_for(partitions, start);
        if (took < 0) return false;
        leave_ms += took / static_cast<double>(leaving);
    }
    std::printf("{\"join_ms\": %.1f, \"leave_ms\": %.1f}\n", join_ms, leave_ms);
    members.all_leave();
    return join_ms > 0 && leave_ms > 0;
}

}  // namespace moldau::bench
