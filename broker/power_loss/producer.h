// A simulated producer: sends batches, with sequences or without, and repeats what was not answered.
//
// As Kafka's: with sequences up to five batches a partition under way, repeated in order with the same sequences after the
// broker's death; without, one at a time and never repeated, so that what went unanswered may be there or not. Place: driven
// step by step by a round, outlives the broker's processes.

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "power_loss/history.h"
#include "power_loss/process.h"
#include "sim/random.h"
#include "wire/produce.h"

namespace moldau::power_loss {

// Lifetime: a round's, after its histories.
class Producer {
public:
    enum class Kind { kPlain, kIdempotent };
    struct Options {
        std::size_t number = 0;
        Kind kind = Kind::kPlain;
        std::size_t big_batch_bytes = 0;  // what some batches are larger than, to go past the write-ahead log
    };
    Producer(Options options, std::vector<History*> targets, sim::Random random, Verdict& verdict);

    // Maybe sends a request.
    void step(Process& process);
    // The broker died: nothing is under way any more.
    void process_ended();

private:
    struct Lane {
        History* history;
        std::int32_t next_sequence = 0;
        std::deque<SentBatch*> waiting;  // for an answer, in order
        std::size_t sent = 0;            // of those, under way
    };
    struct Part {
        Lane* lane;
        SentBatch* batch;
    };

    bool knows_its_id(Process& process);
    SentBatch* next_batch(Lane& lane);
    SentBatch& new_batch(Lane& lane);
    SentRecord new_record(const History& history, std::size_t place, std::size_t value_bytes);
    void heard(Process& process, const std::vector<Part>& parts, const wire::ProduceResponse& response);
    void answered(const Part& part, const wire::ProduceResponse::PartitionProduceResponse& answer, Process& process);
    void start_anew();

    const Options options_;
    sim::Random random_;
    Verdict& verdict_;
    std::vector<Lane> lanes_;
    ProducerId id_ = kNoProducerId;
    ProducerEpoch epoch_ = wire::kNoProducerEpoch;
    bool asks_for_id_ = false;
};

}  // namespace moldau::power_loss
