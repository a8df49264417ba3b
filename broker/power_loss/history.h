// What the clients of one partition know: what they sent, what was acknowledged where, what consumers saw.
//
// Every record of a partition has a timestamp of its own, by which it is known again wherever it turns up; it survives
// compaction, where values and batches do not. Place: written by producers and consumers, judged by the checks.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "bytes/codec.h"
#include "power_loss/topic_plan.h"
#include "power_loss/verdict.h"
#include "wire/record_batch.h"

namespace moldau::power_loss {

struct SentRecord {
    std::int64_t timestamp = 0;
    std::optional<std::string> key;
    std::optional<std::string> value;
};

struct SentBatch {
    enum class Fate : std::uint8_t {
        kUnanswered,    // may be there or not
        kAcknowledged,  // at `base`
        kGone           // is not there and must not come back
    };
    std::vector<SentRecord> records;
    std::size_t producer = 0;
    bytes::Codec codec = bytes::Codec::kNone;
    ProducerId producer_id = kNoProducerId;
    ProducerEpoch producer_epoch = wire::kNoProducerEpoch;
    std::int32_t base_sequence = wire::kNoSequence;
    bool may_be_repeated = false;  // its producer goes on asking
    bool was_repeated = false;
    Fate fate = Fate::kUnanswered;
    std::optional<Offset> base;  // where it is, as an answer or a reader said
    MonoTime acknowledged_at{};

    std::int64_t first_timestamp() const { return records.front().timestamp; }
    Offset end() const { return *base + static_cast<std::int64_t>(records.size()); }
};

// A record as a reader finds it.
struct FoundRecord {
    Offset offset;
    std::int64_t timestamp = 0;
    std::optional<std::string> key;
    std::optional<std::string> value;
};

// Lifetime: a round's. Batches stay where they are.
class History {
public:
    History(const TopicPlan& plan, PartitionIndex index) : plan_(plan), index_(index) {}

    // A new batch to send; the caller fills in the producer's fields.
    SentBatch& send(std::vector<SentRecord> records);
    std::int64_t next_timestamp() const { return kFirstTimestamp + static_cast<std::int64_t>(places_.size()); }
    // An answer of success. The same batch was never acknowledged elsewhere.
    void acknowledge(SentBatch& batch, Offset base, MonoTime now, Verdict& verdict);
    // A consumer got `record`: it is one that was sent, whole, and at this offset there was never another.
    void saw(const FoundRecord& record, Verdict& verdict);
    void saw_end(Offset high_watermark) { seen_end = std::max(seen_end, high_watermark); }

    struct Place {
        SentBatch* batch;
        std::size_t index;
        const SentRecord& record() const { return batch->records[index]; }
    };
    // Nullopt for a timestamp that was never sent.
    std::optional<Place> find(std::int64_t timestamp);
    // Violates "contents" and says false when `record` is not one that was sent.
    bool is_as_sent(const FoundRecord& record, Verdict& verdict);

    const TopicPlan& plan() const { return plan_; }
    PartitionIndex index() const { return index_; }
    std::string name() const { return plan_.name + '-' + std::to_string(index_.value); }
    std::deque<SentBatch>& batches() { return batches_; }

    std::map<Offset, std::int64_t> seen;  // by consumers: timestamps
    Offset seen_end{0};                   // the largest high watermark
    std::set<std::size_t> bereaved;       // producers of whom a power loss took what was acknowledged
    Offset start_deleted{0};              // answered DeleteRecords
    Offset start_asked{0};                // the largest asked for

private:
    static constexpr std::int64_t kFirstTimestamp = 1'767'225'600'000;  // when simulated clocks start
    const TopicPlan& plan_;
    const PartitionIndex index_;
    std::deque<SentBatch> batches_;
    std::vector<Place> places_;  // by timestamp
};

}  // namespace moldau::power_loss
