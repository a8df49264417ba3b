// What the C++20 file and the rest share: nothing that needs C++23.

#pragma once

#include <functional>
#include <memory>
#include <string>

namespace moldau::serve {

struct RawAnswer {
    int status = 200;
    std::string content_type;
    std::string body;
};
// Called once, on any thread.
using RawReply = std::function<void(RawAnswer)>;
// Called on the library's threads; must not wait.
using RawHandler = std::function<void(const std::string& path, RawReply reply)>;

class RawListener {
public:
    virtual ~RawListener() = default;
};

// Null, with the reason in `error`, when the address cannot be listened on.
std::unique_ptr<RawListener> open_cpprest_listener(const std::string& uri, RawHandler handler, std::string& error);

}  // namespace moldau::serve
