// The loop over all connections, and the two ways in which it is driven.

#include "load.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>

#include "base/check.h"
#include "connection.h"
#include "frames.h"

namespace moldau::bench {

namespace {

constexpr auto kPatience = std::chrono::seconds{60};
// At a fixed rate: a broker that is so far behind does not keep up, which is a result too.
constexpr auto kFarBehind = std::chrono::seconds{5};
constexpr auto kUncounted = std::chrono::seconds{1};

FrameOptions frame_options(const Arguments& arguments) {
    return {.topic = arguments.text("topic"),
            .record_bytes = static_cast<std::size_t>(arguments.number("bytes")),
            .records = static_cast<std::size_t>(arguments.number("records", 1)),
            .acks = static_cast<std::int16_t>(arguments.text("acks", "-1") == "1" ? 1 : -1),
            .codec = arguments.codec("codec")};
}

class Load {
public:
    explicit Load(const Arguments& arguments) : frame_(produce_frame(frame_options(arguments))), epoll_(epoll_create1(0)) {
        CHECK(epoll_ >= 0);
        const auto port = static_cast<int>(arguments.number("port"));
        for (long index = 0; index < arguments.number("connections"); ++index) {
            connections_.push_back(std::make_unique<Connection>(port, frame_));
            watch(index, EPOLL_CTL_ADD);
        }
    }
    ~Load() { close(epoll_); }
    Load(const Load&) = delete;

    std::size_t size() const { return connections_.size(); }
    std::size_t frame_bytes() const { return frame_.size(); }

    void send(std::size_t connection, Clock::time_point due) {
        connections_[connection]->send(due);
        watch(static_cast<long>(connection), EPOLL_CTL_MOD);
    }

    // Waits until something arrives or `until`; calls `on_answer(connection, answer)`.
    template <class OnAnswer>
    void turn(Clock::time_point until, const OnAnswer& on_answer) {
        std::array<epoll_event, 256> events{};
        const auto left = std::max(Clock::duration::zero(), until - Clock::now());
        const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
        const timespec timeout{.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
        const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
        for (int index = 0; index < count; ++index) {
            const auto at = events[static_cast<std::size_t>(index)].data.u64;
            auto& connection = *connections_[at];
            connection.flush();
            answers_.clear();
            connection.receive(answers_);
            for (const auto& answer : answers_) on_answer(at, answer);
            watch(static_cast<long>(at), EPOLL_CTL_MOD);
        }
    }

    // Waits for what is in flight; false when patience ends first.
    template <class OnAnswer>
    bool drain(Clock::duration patience, const OnAnswer& on_answer) {
        const auto end = Clock::now() + patience;
        const auto waiting = [](const auto& connection) { return !connection->due().empty(); };
        while (std::ranges::any_of(connections_, waiting) && Clock::now() < end) turn(end, on_answer);
        return std::ranges::none_of(connections_, waiting);
    }

    // When the requests that were never answered were due.
    std::vector<Clock::time_point> unanswered() const {
        std::vector<Clock::time_point> due;
        for (const auto& connection : connections_)
            due.insert(due.end(), connection->due().begin(), connection->due().end());
        return due;
    }

private:
    // Asks for writability only while something is unsent.
    void watch(long index, int operation) {
        auto& connection = *connections_[static_cast<std::size_t>(index)];
        watched_.resize(std::max(watched_.size(), static_cast<std::size_t>(index) + 1));
        const std::uint32_t wanted = EPOLLIN | (connection.wants_to_write() ? std::uint32_t{EPOLLOUT} : 0);
        auto& watched = watched_[static_cast<std::size_t>(index)];
        if (watched == wanted) return;
        watched = wanted;
        epoll_event event{.events = wanted, .data = {.u64 = static_cast<std::uint64_t>(index)}};
        CHECK(epoll_ctl(epoll_, operation, connection.fd(), &event) == 0);
    }

    std::vector<std::uint8_t> frame_;
    int epoll_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<std::uint32_t> watched_;
    std::vector<Connection::Answer> answers_;
};

double at_part(const std::vector<double>& sorted, double part) {
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

bool send_requests(const Arguments& arguments) {
    Load load{arguments};
    long good = 0, failed = 0;
    long left = arguments.number("requests", std::numeric_limits<long>::max());
    const auto start = Clock::now();
    const auto end = start + std::chrono::seconds{arguments.number("seconds")};
    const auto send = [&](std::size_t connection) {
        if (left == 0) return;
        --left;
        load.send(connection, start);
    };
    for (std::size_t connection = 0; connection < load.size(); ++connection) {
        for (long index = 0; index < arguments.number("depth", 1); ++index) send(connection);
    }
    const auto count = [&](const Connection::Answer& answer) { ++(answer.good ? good : failed); };
    while (left > 0 && Clock::now() < end && failed == 0) {
        load.turn(end, [&](std::size_t connection, const Connection::Answer& answer) {
            count(answer);
            send(connection);
        });
    }
    const bool drained = load.drain(kPatience, [&](std::size_t, const Connection::Answer& answer) { count(answer); });
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const long records = good * arguments.number("records", 1);
    std::printf(
        "{\"requests\": %ld, \"failed\": %ld, \"seconds\": %.4f, \"records\": %ld, \"bytes\": %ld, \"frame\": %zu}\n", good,
        failed, seconds, records, records * arguments.number("bytes"), load.frame_bytes());
    return drained && failed == 0;
}

bool send_at_rate(const Arguments& arguments) {
    prctl(PR_SET_TIMERSLACK, 1UL);
    Load load{arguments};
    const auto rate = arguments.number("rate");
    const auto period = std::chrono::duration_cast<Clock::duration>(std::chrono::seconds{1}) / rate;
    const auto counted = Clock::now() + kUncounted;
    const long total = rate * (arguments.number("seconds") + 1);
    std::vector<double> latencies;
    latencies.reserve(static_cast<std::size_t>(total));
    long failed = 0;
    const auto on_answer = [&](std::size_t, const Connection::Answer& answer) {
        failed += answer.good ? 0 : 1;
        if (answer.due < counted) return;
        latencies.push_back(std::chrono::duration<double, std::milli>(Clock::now() - answer.due).count());
    };
    auto due = Clock::now();
    for (long index = 0; index < total; due += period) {
        while (Clock::now() < due) load.turn(due, on_answer);
        load.send(static_cast<std::size_t>(index++) % load.size(), due);
    }
    load.drain(kFarBehind, on_answer);
    const auto never = load.unanswered();
    for (const auto time : never) on_answer(0, {.due = time, .good = true});
    std::ranges::sort(latencies);
    std::printf(
        "{\"requests\": %zu, \"failed\": %ld, \"unanswered\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, "
        "\"max_ms\": %.3f}\n",
        latencies.size(), failed, never.size(), at_part(latencies, 0.5), at_part(latencies, 0.99), at_part(latencies, 0.999),
        latencies.empty() ? 0 : latencies.back());
    return failed == 0;
}

}  // namespace moldau::bench
