// Keys and values that the broker itself, or Kafka's, wrote: committed offsets, transactions, metadata, control records.
//
// The idea: every such record names its type and version, and the tables of messages know them all by number, so one look-up
// decodes them. What is not known is said to be so, never an error: newer brokers write new types.

#pragma once

#include <optional>
#include <string>

#include "bytes/buffer.h"
#include "cli/offline/commands.h"
#include "cli/offline/row.h"
#include "wire/record_reader.h"

namespace moldau::cli {

// Which kind of records a file holds by where it lies; kPlain for topics of users.
RecordKind record_kind_of(const std::string& path);

// Adds key and value to `row`, decoded as far as they are known. `owner` keeps the record's bytes.
void put_decoded(Row& row, RecordKind kind, const bytes::View& owner, const wire::Record& record);
// The same for the record of a control batch.
void put_control(Row& row, const bytes::View& owner, const wire::Record& record);

}  // namespace moldau::cli
