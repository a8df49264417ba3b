// The life of fetch sessions, by the rules of KIP-227.

#include "handlers/fetch_sessions.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace moldau::handlers {
namespace {

constexpr std::int32_t kNoSession = 0;
constexpr std::int32_t kInitialEpoch = 0;
constexpr std::int32_t kFinalEpoch = -1;
constexpr std::int16_t kFirstVersionWithIds = 13;
// After so long unused a session may make room for a new one (min.incremental.fetch.session.eviction.ms).
constexpr std::chrono::minutes kEvictionAge{2};

std::vector<FetchTarget> targets_of(const wire::FetchRequest& request) {
    std::vector<FetchTarget> targets;
    for (const auto& topic : request.topics) {
        for (const auto& partition : topic.partitions) {
            FetchTarget target;
            target.topic = topic.topic;
            target.topic_id = TopicId{topic.topic_id};
            target.index = PartitionIndex{partition.partition};
            target.from = Offset{partition.fetch_offset};
            target.current_leader_epoch = LeaderEpoch{partition.current_leader_epoch};
            target.last_fetched_epoch = LeaderEpoch{partition.last_fetched_epoch};
            target.bytes_max = static_cast<std::size_t>(std::max(partition.partition_max_bytes, 0));
            targets.push_back(std::move(target));
        }
    }
    return targets;
}

std::int32_t next_epoch(std::int32_t epoch) { return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1; }

}  // namespace

void FetchSession::set(FetchTarget target) {
    const Key key{{target.topic, target.topic_id}, target.index};
    const auto found = places_.find(key);
    if (found == places_.end()) {
        places_[key] = targets_.insert(targets_.end(), std::move(target));
        return;
    }
    target.high_watermark = found->second->high_watermark;
    target.log_start_offset = found->second->log_start_offset;
    *found->second = std::move(target);
}

void FetchSession::forget(const std::string& topic, TopicId topic_id, PartitionIndex index) {
    const auto found = places_.find({{topic, topic_id}, index});
    if (found == places_.end()) return;
    targets_.erase(found->second);
    places_.erase(found);
}

bool FetchSession::note_answer(const FetchTarget& target, const Outcome& outcome) {
    const auto found = places_.find({{target.topic, target.topic_id}, target.index});
    if (found == places_.end()) return true;
    auto& known = *found->second;
    const bool differs =
        known.high_watermark != outcome.high_watermark || known.log_start_offset != outcome.log_start_offset;
    known.high_watermark = outcome.high_watermark;
    known.log_start_offset = outcome.log_start_offset;
    if (outcome.bytes > 0) targets_.splice(targets_.end(), targets_, found->second);
    return differs || outcome.bytes > 0 || outcome.error_code != 0;
}

Result<FetchSessions::Opened> FetchSessions::open(const wire::FetchRequest& request, std::int16_t version,
                                                  std::int32_t new_id, MonoTime now) {
    const auto naming = version >= kFirstVersionWithIds ? TopicNaming::kById : TopicNaming::kByName;
    const bool full = request.session_epoch == kInitialEpoch || request.session_epoch == kFinalEpoch;
    if (!full) return continue_session(request, naming, now);

    sessions_.erase(request.session_id);
    Opened opened{nullptr, targets_of(request), Opened::Kind::kFull};
    if (request.session_epoch == kFinalEpoch || opened.targets.empty()) return opened;
    opened.session = make(new_id, now);
    if (!opened.session) return opened;
    opened.session->naming = naming;
    for (const auto& target : opened.targets) opened.session->set(target);
    return opened;
}

Result<FetchSessions::Opened> FetchSessions::continue_session(const wire::FetchRequest& request, TopicNaming naming,
                                                              MonoTime now) {
    const auto found = request.session_id == kNoSession ? sessions_.end() : sessions_.find(request.session_id);
    if (found == sessions_.end()) return fail(Errc::kFetchSessionIdNotFound);
    const auto session = found->second;
    if (session->naming != naming) return fail(Errc::kFetchSessionTopicIdError);
    if (session->epoch != request.session_epoch) return fail(Errc::kInvalidFetchSessionEpoch);
    session->epoch = next_epoch(session->epoch);
    session->last_used = now;
    for (auto& target : targets_of(request)) session->set(std::move(target));
    for (const auto& topic : request.forgotten_topics_data) {
        for (const auto index : topic.partitions)
            session->forget(topic.topic, TopicId{topic.topic_id}, PartitionIndex{index});
    }
    if (session->targets().empty()) {
        sessions_.erase(found);
        return Opened{};
    }
    return Opened{session, {session->targets().begin(), session->targets().end()}, Opened::Kind::kIncremental};
}

std::shared_ptr<FetchSession> FetchSessions::make(std::int32_t id, MonoTime now) {
    if (sessions_.contains(id) || !make_room(now)) return nullptr;
    auto session = std::make_shared<FetchSession>();
    session->id = id;
    session->last_used = now;
    sessions_[id] = session;
    return session;
}

bool FetchSessions::make_room(MonoTime now) {
    if (sessions_.size() < slots_) return true;
    if (sessions_.empty()) return false;
    const auto oldest = std::ranges::min_element(
        sessions_, {}, [](const auto& entry) { return std::pair(entry.second->busy, entry.second->last_used); });
    if (oldest->second->busy > 0 || now - oldest->second->last_used < kEvictionAge) return false;
    sessions_.erase(oldest);
    ++evicted_;
    return true;
}

}  // namespace moldau::handlers
