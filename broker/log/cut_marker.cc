// Text of the note.

#include "log/cut_marker.h"

#include <array>
#include <charconv>

namespace moldau::log {

std::string CutMarker::format() const {
    std::string text = "0\n";
    text += std::to_string(cut.value) + ' ' + std::to_string(start.value) + ' ';
    text += std::to_string(ceiling.value) + ' ' + std::to_string(old_end.value) + '\n';
    return text;
}

Result<CutMarker> CutMarker::parse(std::string_view text) {
    if (!text.starts_with("0\n")) {
        const bool is_number = !text.empty() && text.front() >= '1' && text.front() <= '9';
        return fail(is_number ? Errc::kNewerFormat : Errc::kCorrupt, kCutFile);
    }
    std::array<std::int64_t, 4> numbers{};
    const char* at = text.data() + 2;
    const char* const end = text.data() + text.size();
    for (std::size_t index = 0; index < numbers.size(); ++index) {
        const auto [stopped, error] = std::from_chars(at, end, numbers[index]);
        const char separator = index + 1 == numbers.size() ? '\n' : ' ';
        if (error != std::errc{} || stopped == end || *stopped != separator || numbers[index] < -1)
            return fail(Errc::kCorrupt, kCutFile);
        at = stopped + 1;
    }
    if (at != end) return fail(Errc::kCorrupt, kCutFile);
    return CutMarker{Offset{numbers[0]}, Offset{numbers[1]}, Offset{numbers[2]}, Offset{numbers[3]}};
}

}  // namespace moldau::log
