// The floor beside which a broker's figures are read: a bare loop that makes the same system calls, and nothing else.
//
// Usage: floor stream path=FILE megabytes=N frame=BYTES, or floor serve path=FILE topic=NAME (see stream.h, server.h).

#include <cstdio>
#include <string_view>

#include "arguments.h"
#include "server.h"
#include "stream.h"

int main(int argc, char** argv) {
    using namespace moldau::bench;
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "stream") {
        const Arguments arguments{argc, argv, 2};
        stream({.path = arguments.text("path"),
                .gigabytes = static_cast<double>(arguments.number("megabytes")) / 1e3,
                .frame_bytes = static_cast<std::size_t>(arguments.number("frame"))});
        return 0;
    }
    if (mode == "serve") {
        const Arguments arguments{argc, argv, 2};
        serve(arguments.text("path"), arguments.text("topic"));
        return 0;
    }
    std::fprintf(stderr, "usage: floor stream|serve key=value...\n");
    return 2;
}
