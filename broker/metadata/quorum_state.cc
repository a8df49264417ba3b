// The quorum-state file's text.

#include "metadata/quorum_state.h"

#include "wire/json_reader.h"
#include "wire/json_writer.h"

namespace moldau::metadata {
namespace {

constexpr std::size_t kFileBytesMax = 64 << 10;

std::string path_in(const std::string& dir) { return dir + "/" + kQuorumStateFile; }

}  // namespace

std::string format_quorum_state(const QuorumState& state) {
    wire::JsonWriter out;
    out.begin_object();
    out.member("leaderId", state.leader.value_or(BrokerId{-1}).value);
    out.member("leaderEpoch", state.hard_state.term.value);
    out.member("votedId", state.hard_state.vote ? state.hard_state.vote->node.value : -1);
    out.member("votedDirectoryId", state.hard_state.vote ? state.hard_state.vote->directory : Uuid{});
    out.member("data_version", kQuorumStateVersion);
    out.end_object();
    return out.take();
}

Result<QuorumState> parse_quorum_state(std::string_view text) {
    wire::JsonReader in{text};
    std::int32_t leader = -1;
    std::int32_t term = 0;
    std::int32_t voted = -1;
    std::int16_t version = 0;
    Uuid directory;
    if (in.begin_object()) {
        in.member("data_version", version);
        if (in.ok() && version > kQuorumStateVersion) {
            return fail(Errc::kNewerFormat, "quorum-state: data_version " + std::to_string(version) + " is not known here");
        }
        in.member("leaderId", leader);
        in.member("leaderEpoch", term);
        in.member("votedId", voted);
        in.member("votedDirectoryId", directory);
        in.end_object();
    }
    if (!in.ok()) return fail(Errc::kCorrupt, "quorum-state: " + in.error().context);
    if (version != kQuorumStateVersion || term < 0 || leader < -1 || voted < -1) {
        return fail(Errc::kCorrupt, "quorum-state: a number is out of range");
    }
    QuorumState state;
    state.hard_state.term = raft::Term{term};
    if (voted >= 0) state.hard_state.vote = raft::VoterId{BrokerId{voted}, directory};
    if (leader >= 0) state.leader = BrokerId{leader};
    return state;
}

Task<Result<std::optional<QuorumState>>> read_quorum_state(io::FileSystem& files, std::string dir) {
    auto content = co_await io::read_file(files, path_in(dir), kFileBytesMax);
    if (!content && content.error().code == Errc::kNotFound) co_return std::nullopt;
    if (!content && content.error().code == Errc::kLimitExceeded) co_return fail(Errc::kCorrupt, content.error().context);
    if (!content) co_return fail(content.error());
    auto state = parse_quorum_state(content->text());
    if (!state) co_return fail(state.error().code, path_in(dir) + ": " + state.error().context);
    co_return *std::move(state);
}

Task<Result<void>> write_quorum_state(io::FileSystem& files, std::string dir, QuorumState state) {
    co_return co_await io::replace_file(files, path_in(dir), bytes::View::copy_of(format_quorum_state(state)));
}

}  // namespace moldau::metadata
