// One request of librdkafka's admin API: its options, the queue for its answer, the wait.

#pragma once

#include "cli/frame/client.h"

namespace moldau::cli {

class AdminCall {
public:
    AdminCall(Client& client, rd_kafka_admin_op_t operation);

    // What librdkafka's request functions want as their last two arguments.
    const rd_kafka_AdminOptions_t* options() const { return options_.get(); }
    rd_kafka_queue_t* queue() { return queue_.get(); }

    // The answer. Errors: the request's own as a whole; those of single topics or groups are inside the answer. `what`
    // begins the sentence: "cannot delete topics".
    Result<OwnedEvent> wait(const std::string& what);

private:
    Client& client_;
    OwnedQueue queue_;
    Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy> options_;
};

// Gathers what went wrong with single things, so that the others are still done.
class Failures {
public:
    void add(Error error);
    // Nothing when there were none, else the first one's code with all texts, one a line.
    Result<void> result() const;

private:
    Error error_{Errc::kNone, {}};
};

}  // namespace moldau::cli
