// The arguments of the bench's programs: key=value words, each with a default or required. A fault ends the program with
// status 2.

#pragma once

#include <map>
#include <string>

#include "bytes/codec.h"

namespace moldau::bench {

class Arguments {
public:
    // Takes the words from `first` on.
    Arguments(int argc, char** argv, int first);

    std::string text(const std::string& name) const;
    std::string text(const std::string& name, const std::string& otherwise) const;
    // Whole and above zero.
    long number(const std::string& name) const;
    long number(const std::string& name, long otherwise) const;
    // A codec's name; none where nothing is said.
    bytes::Codec codec(const std::string& name) const;

private:
    std::map<std::string, std::string> values_;
};

}  // namespace moldau::bench
