// OffsetCommit, and OffsetFetch after a start.

#include "power_loss/committer.h"

#include <algorithm>

#include "base/errc.h"
#include "wire/find_coordinator.h"
#include "wire/offset_commit.h"
#include "wire/offset_fetch.h"

namespace moldau::power_loss {
namespace {

constexpr int kTriesMax = 200;

bool means_later(Errc error) {
    return error == Errc::kCoordinatorLoadInProgress || error == Errc::kNotCoordinator ||
           error == Errc::kCoordinatorNotAvailable;
}

}  // namespace

void Committer::step(Process& process) {
    if (waits_) return;
    waits_ = true;
    wire::OffsetCommitRequest request;
    request.group_id = group_;
    request.generation_id_or_member_epoch = -1;
    auto& row = request.topics.emplace_back();
    row.name = target_.plan().name;
    auto& partition = row.partitions.emplace_back();
    partition.partition_index = target_.index().value;
    const std::int64_t offset = partition.committed_offset = last_asked_ + 1;
    last_asked_ = offset;
    process.ask<wire::OffsetCommitResponse>(
        request, 8, [this, offset, &process](const wire::OffsetCommitResponse& response) {
            waits_ = false;
            const Errc error{response.topics.at(0).partitions.at(0).error_code};
            if (error == Errc::kNone) {
                last_answered_ = offset;
                ++verdict_.counts.commits_acknowledged;
            } else if (error == Errc::kCoordinatorNotAvailable) {
                wire::FindCoordinatorRequest find;  // makes the topic
                find.coordinator_keys = {group_};
                process.ask<wire::FindCoordinatorResponse>(find, 4, [](const auto&) {});
            } else if (!means_later(error) && !process.is_stopping() && !process.has_crashed()) {
                verdict_.violate("refused", "a commit of " + group_ + " got " + std::string{errc_name(error)});
            }
        });
}

std::optional<std::int64_t> Committer::fetch(Process& process) {
    for (int tries = 0; tries < kTriesMax; ++tries) {
        wire::OffsetFetchRequest request;
        auto& asked = request.groups.emplace_back();
        asked.group_id = group_;
        auto& row = asked.topics.emplace().emplace_back();
        row.name = target_.plan().name;
        row.partition_indexes = {target_.index().value};
        const auto response = process.ask_and_wait<wire::OffsetFetchResponse>(request, 8);
        if (!response) return std::nullopt;
        const auto& group = response->groups.at(0);
        const Errc error{group.error_code};
        if (error == Errc::kNone) return group.topics.at(0).partitions.at(0).committed_offset;
        if (error == Errc::kCoordinatorNotAvailable && last_answered_ < 0) return -1;
        if (!means_later(error)) {
            verdict_.violate("committed", group_ + " got " + std::string{errc_name(error)});
            return std::nullopt;
        }
        process.pass(std::chrono::milliseconds{10});
    }
    verdict_.violate("committed", group_ + ": the coordinator never finished loading");
    return std::nullopt;
}

bool Committer::check(Process& process) {
    const auto committed = fetch(process);
    if (!committed) return false;
    const bool may_be = *committed == last_answered_ || *committed > std::max(last_answered_, given_up_);
    if (!may_be || *committed > last_asked_) {
        verdict_.violate("committed", group_ + " has " + std::to_string(*committed) + ", answered " +
                                          std::to_string(last_answered_) + ", asked " + std::to_string(last_asked_));
    }
    last_answered_ = *committed;
    given_up_ = last_asked_;
    return true;
}

}  // namespace moldau::power_loss
