// A note in the partition's folder that a cut of the log is under way, or that its recovery point must not be believed.
//
// The problem: cutting a log touches several files, in an order that a power loss does not keep; and the recovery point
// checkpoint of the data directory may speak of bytes that were cut and written anew since. The idea: the cut is written
// down first; recovery finishes it. Afterwards the note stays as a ceiling for the recovery point, until the log has been
// synced beyond its old end.
//
//   file  = "0\n" cut " " start " " ceiling " " old-end "\n"     decimal numbers; file "moldau-cut"

#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace moldau::log {

inline constexpr const char* kCutFile = "moldau-cut";

struct CutMarker {
    Offset cut{-1};    // cut to [.., cut); -1: done already
    Offset start{-1};  // begin anew, empty, here; -1: no
    Offset ceiling;    // of the recovery point
    Offset old_end;    // until the recovery point is here
    bool operator==(const CutMarker&) const = default;

    std::string format() const;
    // Errors: kCorrupt, kNewerFormat.
    static Result<CutMarker> parse(std::string_view text);
};

}  // namespace moldau::log
