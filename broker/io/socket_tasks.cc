// Socket operations as tasks, and the text of an address.

#include <utility>

#include "io/socket.h"

namespace moldau::io {

std::string Address::to_string() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

Task<Result<std::size_t>> read_some(Socket& socket, bytes::MutableSpan into) {
    co_return co_await completion<Result<std::size_t>>([&](auto done) { socket.read_some(into, std::move(done)); });
}

Task<Result<void>> write(Socket& socket, bytes::ChunkList data) {
    co_return co_await completion<Result<void>>([&](auto done) { socket.write(std::move(data), std::move(done)); });
}

Task<Result<void>> handshake(Socket& socket) {
    co_return co_await completion<Result<void>>([&](auto done) { socket.handshake(std::move(done)); });
}

Task<Result<std::unique_ptr<Socket>>> accept(Acceptor& acceptor, Network& home) {
    co_return co_await completion<Result<std::unique_ptr<Socket>>>(
        [&](auto done) { acceptor.accept(home, std::move(done)); });
}

Task<Result<std::unique_ptr<Socket>>> connect(Network& network, Address address) {
    co_return co_await completion<Result<std::unique_ptr<Socket>>>(
        [&](auto done) { network.connect(address, std::move(done)); });
}

}  // namespace moldau::io
