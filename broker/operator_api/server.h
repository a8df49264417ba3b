// The operator API on the network: gRPC in front of `Operations`.
//
// The problem: gRPC calls back on threads of its own, while everything of the broker lives on cores. The idea: a call is
// posted to the home core, handled there and finished from there; gRPC's side holds nothing but its messages until then. It
// listens before the broker has recovered, so that an operator hears "recovering" instead of silence. Memory, messages,
// calls and feeds are bounded. Place: made by `app` first, given `Operations` once they exist, shut down first.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "io/executor.h"
#include "security/authorizer.h"

namespace moldau::operator_api {

class Operations;

struct ServerOptions {
    std::string address;  // host:port; port 0: any
    BrokerId node{1};
    std::string version;
    std::size_t memory_bytes_max = 16 << 20;  // of gRPC's buffers
    std::size_t calls_max = 64;               // under way
    std::size_t feeds_max = 16;
};

// Answers given, by method ("CreateTopics") and gRPC code ("OK").
struct CallCount {
    std::string_view method;
    std::string_view code;
    std::uint64_t count = 0;
};

// Lifetime: listen() .. shutdown(); the home core outlives it. Thread: the main one, where nothing else is said.
class Server {
public:
    // Errors: kIo when the address cannot be listened on, kUsage when it is none.
    static Result<std::unique_ptr<Server>> listen(io::Executor& home, const security::Authorizer& authorizer,
                                                  ServerOptions options);
    ~Server();

    // The real one.
    int port() const;

    // On the home core. Until serve() calls are answered with "recovering", after stop_serving() with "stopping".
    void serve(Operations& operations);
    // Resolves when no call and no feed uses the operations any more.
    Task<void> stop_serving();
    std::vector<CallCount> counts() const;
    std::size_t feeds() const;

    // After stop_serving(), or when it never served. Blocks for a second at most.
    void shutdown();

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace moldau::operator_api
