// Golden transcripts: each file in testdata/ is a list of commands, each followed by "----" and everything that the core
// answered.
//
// Set MOLDAU_REWRITE_TRANSCRIPTS to write what the core answers now, and review the difference.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include <gtest/gtest.h>

#include "raft/node.h"

namespace moldau::raft {
namespace {

VoterId voter(int node) {
    Uuid directory;
    directory.bytes[15] = static_cast<std::uint8_t>(node);
    return {BrokerId{node}, directory};
}

std::string text(Position at) { return std::to_string(at.offset.value) + " term=" + std::to_string(at.term.value); }

// One transcript's core and its text forms.
class Player {
public:
    std::string play(const std::string& line) {
        std::istringstream in{line};
        std::string verb;
        in >> verb;
        arguments_.clear();
        for (std::string word; in >> word;) {
            const auto equals = word.find('=');
            arguments_[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
        }
        if (verb == "create") return create();
        if (!node_) return "error: create first\n";
        if (verb == "start") return answer(Start{});
        if (verb == "hard-state-stored") return answer(HardStateStored{Term{number("term")}});
        if (verb == "propose") return answer(Propose{number("records")});
        if (verb == "stored") return answer(Stored{Offset{number("end")}});
        if (verb == "storage-failed") return answer(StorageFailed{});
        if (verb == "snapshot-stored") return answer(SnapshotStored{Offset{number("end")}});
        if (verb == "snapshot-installed") {
            return answer(SnapshotInstalled{{Offset{number("end")}, Term{number("term")}}});
        }
        return "error: unknown command " + verb + "\n";
    }

private:
    std::int32_t number(const std::string& name) const {
        const auto found = arguments_.find(name);
        return found == arguments_.end() ? 0 : std::stoi(found->second);
    }

    // create self=1 voters=1,2 term=3 start=0 start-term=0 end=10 durable=8 terms=1:0,3:5
    std::string create() {
        NodeOptions options;
        options.self = voter(number("self"));
        options.hard_state.term = Term{number("term")};
        options.log.start = {Offset{number("start")}, Term{number("start-term")}};
        options.log.end = Offset{number("end")};
        options.log.durable_end = arguments_.contains("durable") ? Offset{number("durable")} : options.log.end;
        std::istringstream voters{arguments_["voters"]};
        for (std::string one; std::getline(voters, one, ',');) options.voters.push_back(voter(std::stoi(one)));
        std::istringstream terms{arguments_["terms"]};
        for (std::string one; std::getline(terms, one, ',');) {
            const auto colon = one.find(':');
            options.log.terms.push_back({Term{std::stoi(one.substr(0, colon))}, Offset{std::stoi(one.substr(colon + 1))}});
        }
        auto node = Node::create(std::move(options));
        if (!node) return node.error().to_string() + "\n";
        node_.emplace(*std::move(node));
        return state();
    }

    std::string state() const {
        return "state " + std::string{role_name(node_->role())} + " term=" + std::to_string(node_->term().value) + " log=[" +
               std::to_string(node_->ledger().start().offset.value) + ", " + std::to_string(node_->ledger().end().value) +
               ") durable=" + std::to_string(node_->ledger().durable_end().value) +
               " committed=" + std::to_string(node_->committed().value) + "\n";
    }

    std::string answer(const Input& input) {
        const Ready ready = node_->step(input);
        std::ostringstream out;
        if (ready.role) out << "role " << role_name(*ready.role) << "\n";
        if (ready.store) {
            out << "store term=" << ready.store->term.value
                << " vote=" << (ready.store->vote ? std::to_string(ready.store->vote->node.value) : "none") << "\n";
        }
        if (ready.truncate_to) out << "truncate to=" << ready.truncate_to->value << "\n";
        if (ready.restart_at) out << "restart at=" << text(*ready.restart_at) << "\n";
        for (const Entry& entry : ready.append) {
            out << "append [" << entry.base.value << ", " << entry.end().value << ") term=" << entry.term.value
                << (entry.kind == EntryKind::kLeaderChange ? " leader-change" : "") << "\n";
        }
        if (ready.committed) out << "committed " << ready.committed->value << "\n";
        if (ready.compact_to) out << "compact to=" << ready.compact_to->value << "\n";
        if (ready.refused == Ready::Refusal::kNotLeader) out << "refused not-leader\n";
        return out.str() + state();
    }

    std::map<std::string, std::string> arguments_;
    std::optional<Node> node_;
};

// The transcript with the core's answers of now. Comments and commands are kept.
std::string replay(const std::string& golden) {
    Player player;
    std::istringstream in{golden};
    std::string out;
    bool in_answer = false;
    for (std::string line; std::getline(in, line);) {
        if (line.empty()) in_answer = false;
        if (in_answer) continue;
        out += line + "\n";
        if (line.empty() || line.front() == '#') continue;
        out += "----\n" + player.play(line);
        in_answer = true;
    }
    return out;
}

TEST(Transcripts, AreWhatTheCoreAnswers) {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator{MOLDAU_SOURCE_DIR "/broker/raft/testdata"}) {
        std::stringstream golden;
        golden << std::ifstream{file.path()}.rdbuf();
        const std::string now = replay(golden.str());
        if (std::getenv("MOLDAU_REWRITE_TRANSCRIPTS")) std::ofstream{file.path()} << now;
        EXPECT_EQ(now, golden.str()) << file.path();
        ++count;
    }
    EXPECT_GE(count, 5u);
}

}  // namespace
}  // namespace moldau::raft
