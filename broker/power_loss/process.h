// One life of a broker process on a simulated disk: the node that ships (app/broker_node.h), with a simulated loop and files
// in place of threads and a machine.
//
// Requests go in as frames and answers come out as frames, through the dispatchers, as they do from connections. A life ends
// by stop(), or by whatever happens to its disk, after which take_apart() frees what the dead process held. Place: the
// clients of this module talk to it.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/broker_node.h"
#include "power_loss/log_watch.h"
#include "server/abort_signal.h"
#include "sim/disk.h"
#include "sim/loop.h"
#include "sim/random.h"
#include "wire/frame.h"

namespace moldau::power_loss {

// Lifetime: within its disk's; stop() or take_apart() before destroying.
class Process {
public:
    struct Options {
        std::uint64_t seed = 1;
        std::size_t cores = 1;  // all on one loop
        settings::Values values;
        std::string boot_id;
    };
    Process(sim::Disk& disk, Options options);
    ~Process();

    // Nullopt: the disk crashed on the way. An error: the broker would not start.
    std::optional<Result<void>> start();
    // Orderly. Nullopt: the disk crashed on the way.
    std::optional<Result<void>> stop();
    // The process is dead: nobody hears its answers any more, and everything that it held is freed.
    void take_apart();

    // Sends a request over a connection of its own; `heard` gets the answer, if one comes while the process lives.
    template <class Response, class Request>
    void ask(const Request& request, std::int16_t version, std::function<void(Response)> heard) {
        ++asked_;
        spawn(handle(frame_of(request, version)), [this, version, heard = std::move(heard)](Result<server::Answer> answer) {
            --asked_;
            if (!listening_) return;
            heard(response_of<Response>(std::move(answer), version));
        });
    }
    // The same, going on until the answer is there; nullopt when the disk crashed before.
    template <class Response, class Request>
    std::optional<Response> ask_and_wait(const Request& request, std::int16_t version) {
        const auto answer = std::make_shared<std::optional<Response>>();
        ask<Response>(request, version, [answer](Response response) { answer->emplace(std::move(response)); });
        run_until([&] { return answer->has_value(); });
        return std::move(*answer);
    }

    // Lets time pass until `done` or the disk has crashed; says whether it is done. Ends the program after an hour of
    // simulated time: what is waited for never comes.
    bool run_until(const std::function<bool()>& done);
    // Lets time pass, or ends where the disk crashes.
    void pass(Nanos duration);
    sim::Loop& loop() { return loop_; }
    MonoTime now() const { return loop_.now().mono; }
    bool has_crashed() const { return disk_.is_crashed(); }
    // From stop() on requests may be refused.
    bool is_stopping() const { return stopping_; }
    bool serves(std::int16_t api_key) const;
    const std::vector<std::string>& errors() const { return watch_.errors(); }

    // While serving.
    void for_each_partition(const std::function<void(const TopicPartition&, replica::Partition&)>& visit);
    wal::WriteAheadLog::Counters wal_counters();
    store::CleanerStats cleaner_stats();

private:
    Task<Result<server::Answer>> handle(bytes::View frame);
    using Wait = bool (Process::*)(const std::function<bool()>& done);
    // As run_until, whatever happens to the disk.
    bool run_to_the_end(const std::function<bool()>& done);
    // Takes the node through its end as far as `wait` lets it; can be gone on with.
    bool finish(Wait wait);

    template <class Request>
    static bytes::View frame_of(const Request& request, std::int16_t version) {
        const wire::RequestHead head{wire::find_api(Request::kApiKey), version, 7, "power-loss"};
        const auto frame = wire::encode_request(head, request);
        CHECK(frame.has_value());
        return frame->flatten().slice(4);
    }
    template <class Response>
    static Response response_of(Result<server::Answer> answer, std::int16_t version) {
        CHECK(answer.has_value() && answer->frame.has_value());
        wire::Decoder in{answer->frame->flatten().slice(4)};
        CHECK(wire::read_response_head(in, *wire::find_api(Response::kApiKey), version) == 7);
        auto response = wire::decode_whole<Response>(in, version);
        CHECK(response.has_value());
        return *std::move(response);
    }

    LogWatch watch_;
    sim::Disk& disk_;
    sim::Loop loop_;
    sim::Random random_;
    std::string boot_id_;
    std::vector<std::unique_ptr<sim::FileSystem>> files_;
    std::vector<std::unique_ptr<app::CoreShare>> shares_;
    app::BrokerNode node_;
    server::Peer peer_;
    server::AbortSignal aborted_;
    std::size_t next_core_ = 0;
    std::size_t asked_ = 0;
    using Outcome = std::shared_ptr<std::optional<Result<void>>>;
    Outcome started_;
    Outcome groups_stopped_;
    Outcome closed_;
    bool serving_ = false;
    bool stopping_ = false;
    bool listening_ = true;
    bool ended_ = false;
};

}  // namespace moldau::power_loss
