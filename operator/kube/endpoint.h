// Where an API server is, and how we and it prove who we are on the way there.

#pragma once

#include <cstdint>
#include <string>

namespace moldau::kube {

enum class ServerCheck : std::uint8_t { kVerify, kSkip };

struct Endpoint {
    std::string server;           // "https://10.96.0.1:443"
    std::string ca_pem;           // empty: the system's authorities
    std::string certificate_pem;  // the client's own; empty: none
    std::string key_pem;
    ServerCheck check = ServerCheck::kVerify;
    bool operator==(const Endpoint&) const = default;
};

}  // namespace moldau::kube
