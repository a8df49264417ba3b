// Records at once, transactional ones with their marker.

#include "coordinator/offsets_replay.h"

#include <optional>
#include <utility>

#include "producers/producer_states.h"
#include "wire/record_reader.h"

namespace moldau::coordinator {
namespace {

constexpr std::size_t kInflatedBytesMax = 256 << 20;

std::optional<bytes::View> view_of(const bytes::View& owner, const std::optional<bytes::Span>& span) {
    if (!span) return std::nullopt;
    return bytes::View{owner.owner(), *span};
}

}  // namespace

Result<void> OffsetsReplay::replay(const bytes::View& batches) {
    wire::BatchIterator iterator{batches.span()};
    while (true) {
        const auto position = iterator.position();
        MOLDAU_TRY_ASSIGN(batch, iterator.next());
        if (!batch) return {};
        const auto& header = batch->header;
        const auto bytes = batches.slice(position, header.size_bytes());
        if (header.attributes.is_control()) {
            MOLDAU_TRY(end_transaction(bytes, header));
        } else if (header.attributes.is_transactional()) {
            open_[header.producer_id].push_back(bytes::View::copy_of(bytes.span()));  // lets go of the batches around it
        } else {
            MOLDAU_TRY(replay_batch(bytes, header));
        }
    }
}

Result<void> OffsetsReplay::end_transaction(const bytes::View& batch, const wire::BatchHeader& header) {
    const auto marker = producers::marker_in(header, batch.span().subspan(wire::kBatchHeaderBytes));
    const auto open = open_.find(header.producer_id);
    if (!marker || open == open_.end()) return {};
    const auto batches = std::move(open->second);
    open_.erase(open);
    if (marker->type != wire::ControlType::kCommit) return {};
    for (const auto& waiting : batches) {
        MOLDAU_TRY_ASSIGN(parsed, wire::BatchHeader::parse(waiting.span()));
        MOLDAU_TRY(replay_batch(waiting, parsed));
    }
    return {};
}

Result<void> OffsetsReplay::replay_batch(const bytes::View& batch, const wire::BatchHeader& header) {
    MOLDAU_TRY_ASSIGN(records, wire::inflate_records(batch, header, decompressor_, kInflatedBytesMax));
    wire::RecordReader reader{records.span(), header.record_count};
    while (true) {
        MOLDAU_TRY_ASSIGN(record, reader.next());
        if (!record) return {};
        MOLDAU_TRY(shard_.replay(view_of(records, record->key), view_of(records, record->value)));
    }
}

}  // namespace moldau::coordinator
