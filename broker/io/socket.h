// Byte streams between processes, by completion.
//
// A Socket is a byte stream after an asynchronous handshake; plain TCP has none and TLS differs below this line only.
// Thread: the loop of the `Network` that it belongs to. At most one read and one write are under way at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "bytes/buffer.h"
#include "io/file.h"

namespace moldau::io {

struct Address {
    std::string host;  // a name or a literal; empty means every interface when listening
    std::uint16_t port = 0;
    bool operator==(const Address&) const = default;
    // "host:port", IPv6 literals in brackets.
    std::string to_string() const;
};

// Lifetime: destroying closes; completions under way are then called with kClosed (from the loop, later).
class Socket {
public:
    virtual ~Socket() = default;
    virtual void handshake(Done<void> done) = 0;
    // At least one byte into `into`, which stays valid until `done`; 0 means that the peer ended the stream. Errors:
    // kClosed.
    virtual void read_some(bytes::MutableSpan into, Done<std::size_t> done) = 0;
    // All of `data`; with file ranges only when sends_files(). May complete before it returns. Errors: kClosed, kIo when a
    // file has become shorter than its range.
    virtual void write(bytes::ChunkList data, Done<void> done) = 0;
    // Does the kernel send file ranges by itself? Not where bytes are changed on their way (TLS) or there is no kernel.
    virtual bool sends_files() const { return false; }
    // Ends both directions; idempotent. What is under way completes with kClosed.
    virtual void close() = 0;
    virtual Address peer() const = 0;
    virtual Address local() const = 0;
};

class Network;

// Lifetime: destroying stops listening. Thread: the loop of the Network that made it.
class Acceptor {
public:
    virtual ~Acceptor() = default;
    // The next connection, as a Socket of `home`, to be used on `home`'s loop only; `done` runs on the acceptor's loop.
    // Errors: kClosed after close(), kBusy when the process is out of descriptors (accept again later).
    virtual void accept(Network& home, Done<std::unique_ptr<Socket>> done) = 0;
    virtual void close() = 0;
    virtual Address local() const = 0;  // with the real port where 0 was asked for
};

// What the kernel is told of a listener and of all connections that it accepts.
struct ListenOptions {
    int backlog = 1024;  // connections that wait to be accepted; the kernel has a limit of its own
    // What one connection may hold in the kernel, bytes; nullopt: the kernel decides, and goes on deciding.
    std::optional<int> send_buffer_bytes = {};
    std::optional<int> receive_buffer_bytes = {};
};

class Network {
public:
    virtual ~Network() = default;
    // Errors: kIo with the address and the reason (in use, not ours, not resolvable).
    virtual Result<std::unique_ptr<Acceptor>> listen(const Address& address, const ListenOptions& options = {}) = 0;
    virtual void connect(const Address& address, Done<std::unique_ptr<Socket>> done) = 0;
};

// The same as tasks.
Task<Result<std::size_t>> read_some(Socket& socket, bytes::MutableSpan into);
Task<Result<void>> write(Socket& socket, bytes::ChunkList data);
Task<Result<void>> handshake(Socket& socket);
Task<Result<std::unique_ptr<Socket>>> accept(Acceptor& acceptor, Network& home);
Task<Result<std::unique_ptr<Socket>>> connect(Network& network, Address address);

}  // namespace moldau::io
