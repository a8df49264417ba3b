// TCP for one core: connections as byte streams, acceptors that may hand a connection to any core.
//
// Reads go through Asio's edge-triggered reactor, which tries once and then waits without arming anything; writes are tried
// at once and wait only when the kernel's buffer is full. Place: made by `Core`.

#pragma once

#include <asio/ip/tcp.hpp>
#include <memory>

#include "io/loop.h"
#include "io/socket.h"

namespace moldau::io {

using TcpExecutor = asio::io_context::executor_type;
using TcpHandle = asio::basic_stream_socket<asio::ip::tcp, TcpExecutor>;
using TcpEndpoint = asio::ip::tcp::endpoint;

Address to_address(const TcpEndpoint& endpoint);

// Lifetime: outlives its sockets and acceptors. Thread: its loop's, except `loop()`.
class TcpNetwork final : public Network {
public:
    explicit TcpNetwork(Loop& loop) : loop_(loop) {}

    // A name resolves to its first IPv4 address, or else its first; an empty host listens on IPv6 and IPv4.
    Result<std::unique_ptr<Acceptor>> listen(const Address& address, const ListenOptions& options = {}) override;
    // Tries every address that the name resolves to.
    void connect(const Address& address, Done<std::unique_ptr<Socket>> done) override;
    Loop& loop() { return loop_; }

private:
    Loop& loop_;
};

// A connected `handle` as a Socket, with the options that every connection of ours has (no delay, keep-alive).
std::unique_ptr<Socket> make_tcp_socket(Loop& loop, TcpHandle handle);

}  // namespace moldau::io
