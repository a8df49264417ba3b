// Hostile records of `__consumer_offsets`: replayed, then a shard that must serve.
//
// Input: records, each as lengths of key and value (a byte each, 255: null) and their bytes.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "group/shard.h"

using namespace moldau;

namespace {

std::optional<bytes::View> take(bytes::Span& input, std::uint8_t length) {
    if (length == 255) return std::nullopt;
    const std::size_t count = length < input.size() ? length : input.size();
    const auto taken = bytes::View::copy_of(input.first(count));
    input = input.subspan(count);
    return taken;
}

Now at(std::int64_t milliseconds) {
    return {MonoTime{} + Millis{milliseconds}, from_timestamp(1'700'000'000'000 + milliseconds)};
}

void answer_all(group::Shard& shard, group::Outputs outputs, std::int64_t milliseconds) {
    for (int round = 0; round < 100 && !outputs.writes.empty(); ++round) {
        auto writes = std::move(outputs.writes);
        outputs.writes.clear();
        for (const auto& write : writes) {
            auto more = shard.appended(write.id, {}, at(milliseconds));
            for (auto& next : more.writes) outputs.writes.push_back(std::move(next));
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    bytes::Span input{data, size};
    group::ShardOptions options;
    options.members_max = 3;
    group::Shard shard{options};
    while (input.size() >= 2) {
        const std::uint8_t key_length = input[0];
        const std::uint8_t value_length = input[1];
        input = input.subspan(2);
        const auto key = take(input, key_length);
        const auto value = take(input, value_length);
        // Damage is told, and must not make the rest unusable.
        if (const auto result = shard.replay(key, value); !result) CHECK(result.error().code != Errc::kNone);
    }
    answer_all(shard, shard.finish_load(at(0)), 0);
    for (std::int64_t time = 0; time < 3'000'000; time += 100'000) answer_all(shard, shard.tick(at(time)), time);
    shard.for_each([&](const group::Group& group) {
        const auto described = shard.describe(group.id(), 6);
        CHECK(group.members().empty() || group.members().contains(*group.leader()));
        CHECK(described.members.size() == group.members().size());
    });
    shard.stop();
    return 0;
}
