// Where `moldau consume` gets its records: partitions that it chose itself, or those that its group assigns.

#pragma once

#include <memory>

#include "cli/frame/client.h"
#include "cli/records/commands.h"

namespace moldau::cli {

// Lifetime: within the Client's. Thread: the command's.
class RecordSource {
public:
    virtual ~RecordSource() = default;
    // A record, an event (its `err` says which: RD_KAFKA_RESP_ERR__PARTITION_EOF is the end of one partition for now), or
    // null when nothing came for a moment.
    virtual OwnedMessage poll() = 0;
    // Those that are read from the beginning on; a group tells its member otherwise (Client's `on_rebalance`).
    virtual std::vector<std::int32_t> chosen_partitions() const = 0;
    // All records that `poll` gave are printed and need not be read again.
    virtual Result<void> commit() = 0;
};

// The properties that the sources need of the client.
std::vector<KeyValue> source_properties(const Consume& options);

// Starts reading. Errors: kUnknownTopicOrPartition, and those of looking up offsets.
Result<std::unique_ptr<RecordSource>> open_source(Client& client, const Consume& options);

}  // namespace moldau::cli
