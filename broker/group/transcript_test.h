// Transcripts: a shard driven by lines of text, everything it puts out printed as text.
//
// A transcript file holds sections ("# claim"), each with a fresh shard; "> command" lines are played and what follows each
// is what must come out. Times are milliseconds since the section's start. "c@7" stands for the member id of client c whose
// uuid ends in 7.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "group/shard.h"

namespace moldau::group {

struct Section {
    std::string claim;
    std::string text;  // commands and expected output
};
std::vector<Section> read_sections(const std::string& path);

// Plays the commands of `text` and returns them with what came out.
std::string play(const std::string& text);

// The words of a command: a verb, a group (or nothing), key=value.
struct Command {
    std::string verb;
    std::string target;
    std::map<std::string, std::string> values;

    static Command parse(const std::string& line);
    bool has(const std::string& key) const { return values.contains(key); }
    std::string get(const std::string& key, const std::string& fallback = {}) const;
    std::int32_t number(const std::string& key, std::int32_t fallback) const;
};

class Player {
public:
    Player() {
        options(Command{});
        restart();
    }
    // What the command put out, a line each.
    std::string run(const std::string& line);

private:
    void restart();
    void options(const Command& command);
    void join(const Command& command);
    void sync(const Command& command);
    void leave(const Command& command);
    void commit(const Command& command);
    void fetch(const Command& command);
    void delete_offsets(const Command& command);
    void describe(const Command& command);
    void list(const Command& command);
    void advance(std::int64_t milliseconds);
    void append_next(Result<void> result);
    void replay_log();
    void tell(Outputs outputs);
    void print(const std::string& line) { out_ += line + '\n'; }
    Now now() const;

    ShardOptions options_;
    std::unique_ptr<Shard> shard_;
    std::int64_t time_ = 0;
    bool holds_ = false;
    std::uint64_t last_token_ = 0;
    std::uint8_t last_uuid_ = 0;
    std::deque<Write> writes_;
    std::vector<Record> log_;
    std::string out_;
};

// A consumer's subscription to `topics` (separated by commas), as clients encode it.
bytes::View subscription_to(const std::string& topics);
std::vector<std::string> split(const std::string& text, char separator);
std::string to_text(const Record& record);
std::string to_text(const Response& response);
// "c@7" and back.
std::string shorten(std::string text);
std::string lengthen(std::string text);

}  // namespace moldau::group
