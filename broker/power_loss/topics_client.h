// A simulated administrator: creates, grows and deletes topics, deletes records, and what must be true of topics afterwards.
//
// The planned topics are created once and stay; short-lived ones come and go. Place: driven by a round, outlives the
// broker's processes.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "power_loss/history.h"
#include "power_loss/process.h"
#include "sim/random.h"
#include "wire/metadata.h"

namespace moldau::power_loss {

// Lifetime: a round's.
class TopicsClient {
public:
    TopicsClient(const std::vector<TopicPlan>& plans, sim::Random random, Verdict& verdict)
        : plans_(plans), random_(random), verdict_(verdict) {}

    // Creates the planned topics that are not there; false when the disk crashed on the way.
    bool create_planned(Process& process);
    // Maybe changes something among the short-lived topics.
    void step(Process& process);
    // Maybe deletes the oldest records of a partition.
    void delete_records(Process& process, History& history);
    void process_ended();
    // Violates "topics" when an answered creation, growth or deletion is not there. False when the disk crashed on the way.
    bool check(Process& process);

private:
    struct Topic {
        enum class State : std::uint8_t { kAsked, kThere, kDeleting, kDeleted } state = State::kAsked;
        Uuid id;
        std::int32_t partitions = 1;        // answered
        std::int32_t partitions_asked = 1;  // at most
        bool waits = false;
    };
    void create(Process& process, const std::string& name);
    void grow(Process& process, const std::string& name);
    void remove(Process& process, const std::string& name);
    void check_topic(const std::string& name, Topic& topic, const wire::MetadataResponse::MetadataResponseTopic* found);

    const std::vector<TopicPlan>& plans_;
    sim::Random random_;
    Verdict& verdict_;
    std::map<std::string, bool> planned_;  // was its creation answered?
    std::map<std::string, Topic> topics_;
    std::uint64_t last_number_ = 0;
};

}  // namespace moldau::power_loss
