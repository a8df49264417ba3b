// The least that a broker can do with one-record requests: an epoll loop that receives a frame, checksums it, writes it to a
// file and answers as a broker would, so that the same client drives it.

#pragma once

#include <string>

namespace moldau::bench {

// Prints the port, then serves on processor 0 until its standard input, a pipe, ends.
void serve(const std::string& path, const std::string& topic);

}  // namespace moldau::bench
