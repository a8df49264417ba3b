// What this module's tests share: batches to append, and a process that opens a log on a simulated disk.
//
// The problem: nearly every claim about a log is one about what is left after a process or the power died. The idea:
// `Process` is one life of a broker over a `sim::Disk` that outlives it. Place: included by *_test.cc here only.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/log.h"
#include "sim/disk.h"
#include "sim/loop.h"
#include "wire/batch_builder.h"

namespace moldau::log::testing {

inline constexpr const char* kDataDir = "/data";
inline constexpr const char* kLogDir = "/data/orders-0";

inline TopicId topic_id(std::uint8_t last = 1) {
    TopicId id;
    id.value.bytes[15] = last;
    id.value.bytes[0] = 7;
    return id;
}

inline LogIdentity identity() { return {.dir = kLogDir, .name = {"orders", PartitionIndex{0}}, .topic_id = topic_id()}; }

struct BatchSpec {
    int records = 1;
    std::size_t value_bytes = 10;
    std::int64_t timestamp = 1'000;  // of the first record; the others follow by one
    ProducerId producer = kNoProducerId;
    std::int16_t epoch = 0;
    std::int32_t sequence = 0;
    char fill = 'v';
    bytes::Codec codec = bytes::Codec::kNone;
    Offset base{0};
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
};

// The batch as the log would store it at `base`.
inline bytes::View batch_bytes(const BatchSpec& spec) {
    wire::BatchOptions options{.base_offset = spec.base, .leader_epoch = spec.leader_epoch, .codec = spec.codec};
    if (spec.producer != kNoProducerId) {
        options.producer_id = spec.producer;
        options.producer_epoch = ProducerEpoch{spec.epoch};
        options.base_sequence = spec.sequence;
    }
    wire::BatchBuilder builder{options};
    const std::vector<std::uint8_t> value(spec.value_bytes, static_cast<std::uint8_t>(spec.fill));
    for (int index = 0; index < spec.records; ++index) {
        builder.append(
            {.timestamp = spec.timestamp < 0 ? spec.timestamp : spec.timestamp + index, .value = bytes::Span{value}});
    }
    bytes::Compressor compressor;
    return *builder.build(compressor);
}

inline wire::ValidatedBatch batch_of(const BatchSpec& spec) {
    const bytes::View bytes = batch_bytes(spec);
    wire::ValidatedBatch batch{.header = *wire::BatchHeader::parse(bytes.span()),
                               .header_bytes = {},
                               .records = bytes.slice(wire::kBatchHeaderBytes)};
    std::copy_n(bytes.data(), wire::kBatchHeaderBytes, batch.header_bytes.begin());
    return batch;
}

// What was stored: batches by their header, whole, in order.
inline std::vector<bytes::View> split(const bytes::ChunkList& chunks) {
    std::vector<bytes::View> batches;
    const bytes::View all = chunks.flatten();
    std::size_t at = 0;
    while (at < all.size()) {
        const auto header = wire::BatchHeader::parse(all.slice(at).span());
        batches.push_back(all.slice(at, header->size_bytes()));
        at += header->size_bytes();
    }
    return batches;
}

// One life of a process: a loop, its way to the disk, and, when asked for, a write-ahead log. The log is opened by the test.
struct Process {
    explicit Process(sim::Disk& the_disk, std::uint64_t seed = 1)
        : disk(the_disk), loop({.seed = seed}), files(the_disk, loop) {}

    Result<std::unique_ptr<Log>> try_open(LogConfig config = {}, Shutdown shutdown = Shutdown::kClean) {
        return sim::run(loop, Log::open(identity(), config, environment(shutdown)));
    }
    void open(LogConfig config = {}, Shutdown shutdown = Shutdown::kClean) {
        auto opened = try_open(config, shutdown);
        CHECK(opened.has_value());
        log = *std::move(opened);
    }
    LogEnvironment environment(Shutdown shutdown) {
        return {.executor = loop,
                .files = files,
                .wal = wal.get(),
                .replay = replay ? &*replay : nullptr,
                .shutdown = shutdown,
                .high_watermark_checkpoint = high_watermark,
                .recovery_point = recovery_point,
                .log_start_checkpoint = log_start};
    }
    Result<AppendedRange> append(const BatchSpec& spec, LeaderEpoch epoch = LeaderEpoch{0}) {
        return log->append(batch_of(spec), epoch, loop.now());
    }
    void settle() { loop.run_until_idle(); }
    Result<ReadRange> read(Offset from, std::size_t bytes_max = 1 << 20) {
        return sim::run(loop, log->read({.from = from,
                                         .end = log->end_offset(),
                                         .bytes_max = bytes_max,
                                         .first_batch = ReadOptions::FirstBatch::kAlways}));
    }
    // All batches from `from` to the end.
    std::vector<bytes::View> read_all(Offset from) {
        std::vector<bytes::View> batches;
        while (from < log->end_offset()) {
            auto range = read(from);
            CHECK(range.has_value() && range->end > from);
            for (auto& batch : split(range->batches)) batches.push_back(std::move(batch));
            from = range->end;
        }
        return batches;
    }
    Result<void> close() { return sim::run(loop, log->close()); }
    // Ends the process without ceremony; what it was doing is taken apart.
    void die(bool power) {
        if (power) {
            disk.power_fails();
        } else {
            disk.process_dies();
        }
        disk.unwind_the_dead();
        loop.run_until_idle();
        if (log) static_cast<void>(sim::run(loop, log->close()));
        if (wal) static_cast<void>(sim::run(loop, wal->close()));
        loop.run_until_idle();
        log.reset();
        wal.reset();
    }

    sim::Disk& disk;
    sim::Loop loop;
    sim::FileSystem files;
    std::unique_ptr<wal::WriteAheadLog> wal;
    std::optional<wal::WalReplay> replay;
    Offset high_watermark{0};
    Offset recovery_point{0};
    Offset log_start{0};
    std::unique_ptr<Log> log;
};

}  // namespace moldau::log::testing
