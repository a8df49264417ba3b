// The least that a broker can do with a stream of records: receive a frame, checksum it, write it to a file, answer. Then
// give the file back, read and sent, and once more by sendfile(2). The client is a child process of the same program.

#pragma once

#include <cstddef>
#include <string>

namespace moldau::bench {

struct StreamOptions {
    std::string path;
    double gigabytes = 1;
    std::size_t frame_bytes = 64 << 10;
};

// Prints one line of JSON with the processor seconds per GB of each.
void stream(const StreamOptions& options);

}  // namespace moldau::bench
