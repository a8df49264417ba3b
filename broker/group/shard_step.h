// A shard's step: gathers the outputs of one input and remembers what each write is for.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "group/offsets.h"
#include "group/step.h"

namespace moldau::group {

// What the end of a write sets off.
struct WriteInFlight {
    std::string group_id;
    AfterWrite after;
    std::vector<Reply> replies;          // sent as they are, or with the error
    std::vector<OffsetSlotKey> offsets;  // slots that hold a value of this write
    bool deletes_group = false;
};

class ShardStep final : public Step {
public:
    ShardStep(Now now, const ShardOptions& options, std::map<WriteId, WriteInFlight>& in_flight, std::uint64_t& last_write)
        : Step(now, options), in_flight_(in_flight), last_write_(last_write) {}

    void reply(RequestToken token, Response response) override { outputs_.replies.push_back({token, std::move(response)}); }
    void reply_after_writes(RequestToken token, Response response) override {
        if (outputs_.writes.empty()) return reply(token, std::move(response));
        in_flight_.at(outputs_.writes.back().id).replies.push_back({token, std::move(response)});
    }
    void write(const std::string& group_id, std::vector<Record> records, AfterWrite after) override {
        begin_write(group_id, std::move(records)).second.after = std::move(after);
    }
    // The id, and the place to note what else depends on the write.
    std::pair<WriteId, WriteInFlight&> begin_write(const std::string& group_id, std::vector<Record> records) {
        const WriteId id{++last_write_};
        outputs_.writes.push_back({id, std::move(records)});
        auto& write = in_flight_[id];
        write.group_id = group_id;
        return {id, write};
    }
    std::size_t write_count() const { return outputs_.writes.size(); }
    Outputs& outputs() { return outputs_; }

private:
    std::map<WriteId, WriteInFlight>& in_flight_;
    std::uint64_t& last_write_;
    Outputs outputs_;
};

}  // namespace moldau::group
