// A snapshot's bytes.

#include "metadata/snapshot.h"

#include <charconv>
#include <cstdio>

#include "metadata/batches.h"
#include "metadata/describe_image.h"
#include "metadata/image_builder.h"

namespace moldau::metadata {
namespace {

constexpr std::size_t kRecordsPerBatch = 1000;
constexpr std::size_t kOffsetDigits = 20;
constexpr std::size_t kEpochDigits = 10;

template <class Number>
std::optional<Number> digits(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

std::unexpected<Error> damaged(SnapshotId id, const std::string& what) {
    return fail(Errc::kCorrupt, "snapshot " + id.file_name() + ": " + what);
}

// The header first, the footer last, data between.
class Frame {
public:
    // What is wrong with `kind` in this place; null when nothing is.
    const char* next(ReadBatch::Kind kind) {
        if (finished_) return "batches after the footer";
        if ((kind == ReadBatch::Kind::kSnapshotHeader) == started_) return started_ ? "a second header" : "no header";
        started_ = true;
        finished_ = kind == ReadBatch::Kind::kSnapshotFooter;
        const bool foreign = kind == ReadBatch::Kind::kLeaderChange || kind == ReadBatch::Kind::kOtherControl;
        if (foreign) return "a foreign control batch";
        return nullptr;
    }
    bool is_finished() const { return finished_; }

private:
    bool started_ = false;
    bool finished_ = false;
};

}  // namespace

std::string SnapshotId::file_name() const {
    char name[64];
    std::snprintf(name, sizeof name, "%020lld-%010d", static_cast<long long>(end.value), epoch.value);
    return std::string{name} + std::string{kSnapshotSuffix};
}

std::optional<SnapshotId> SnapshotId::parse(std::string_view file_name) {
    if (!file_name.ends_with(kSnapshotSuffix)) return std::nullopt;
    file_name.remove_suffix(kSnapshotSuffix.size());
    if (file_name.size() != kOffsetDigits + 1 + kEpochDigits || file_name[kOffsetDigits] != '-') return std::nullopt;
    const auto end = digits<std::int64_t>(file_name.substr(0, kOffsetDigits));
    const auto epoch = digits<std::int32_t>(file_name.substr(kOffsetDigits + 1));
    if (!end || !epoch) return std::nullopt;
    return SnapshotId{Offset{*end}, LeaderEpoch{*epoch}};
}

SnapshotEncoder::SnapshotEncoder(ImageRef image, WallTime time)
    : image_(std::move(image)), time_(time), topics_(image_->topics()) {}

Result<bytes::View> SnapshotEncoder::batch_of(std::vector<AnyRecord> records) {
    auto batch = data_batch(records, {offset_, image_->epoch(), time_});
    offset_ = offset_ + static_cast<std::int64_t>(records.size());
    return batch;
}

Result<std::optional<bytes::View>> SnapshotEncoder::next() {
    std::vector<AnyRecord> records;
    const auto collect = [&](AnyRecord record) { records.push_back(std::move(record)); };
    switch (stage_) {
        case Stage::kHeader:
            stage_ = Stage::kCluster;
            offset_ = Offset{1};
            return snapshot_header_batch(time_, {Offset{0}, image_->epoch(), time_});
        case Stage::kCluster:
            stage_ = Stage::kTopics;
            describe_cluster(*image_, collect);
            if (records.empty()) return next();
            return batch_of(std::move(records));
        case Stage::kTopics:
            while (topic_ < topics_.size() && records.size() < kRecordsPerBatch) describe_topic(*topics_[topic_++], collect);
            if (!records.empty()) return batch_of(std::move(records));
            stage_ = Stage::kFooter;
            [[fallthrough]];
        case Stage::kFooter:
            stage_ = Stage::kDone;
            return snapshot_footer_batch({offset_, image_->epoch(), time_});
        case Stage::kDone:
            break;
    }
    return std::nullopt;
}

Result<ImageRef> decode_snapshot(const bytes::View& file, SnapshotId id) {
    BatchReader reader{file};
    ImageBuilder builder{Image{}};
    Frame frame;
    Offset expected{0};
    while (true) {
        auto batch = reader.next();
        if (!batch) {
            if (batch.error().code == Errc::kNewerFormat) return fail(std::move(batch).error());
            return damaged(id, batch.error().context);
        }
        if (!*batch) break;
        if (const char* wrong = frame.next((*batch)->kind)) return damaged(id, wrong);
        if ((*batch)->base != expected) return damaged(id, "a batch is missing");
        expected = (*batch)->end;
        Offset at = (*batch)->base;
        for (const auto& record : (*batch)->records) {
            if (auto applied = builder.apply(record, at); !applied) return damaged(id, applied.error().context);
            at = at + 1;
        }
    }
    if (!frame.is_finished()) return damaged(id, "it ends before its footer");
    return builder.build(id.end, id.epoch);
}

}  // namespace moldau::metadata
