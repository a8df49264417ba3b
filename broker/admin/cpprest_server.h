// What the C++20 file and the rest share: nothing that needs C++23.

#pragma once

#include <functional>
#include <memory>
#include <string>

namespace moldau::admin {

struct RawAnswer {
    int status = 200;
    std::string content_type;
    std::string body;
};
using RawHandler = std::function<RawAnswer(const std::string& path)>;

class RawHttpServer {
public:
    virtual ~RawHttpServer() = default;
};

// Null, with the reason in `error`, when the address cannot be listened on.
std::unique_ptr<RawHttpServer> open_cpprest_server(const std::string& uri, RawHandler handler, std::string& error);

}  // namespace moldau::admin
