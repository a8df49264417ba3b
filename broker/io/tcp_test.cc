// Loopback connections: streams, ends, closing under way, accepting to another core, running out of descriptors.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "base/task_group.h"
#include "io/core.h"

namespace moldau::io {
namespace {

struct Pair {
    std::unique_ptr<Socket> client;
    std::unique_ptr<Socket> server;
};

Task<Pair> connect_pair(Network& network) {
    auto acceptor = network.listen({.host = "127.0.0.1", .port = 0});
    EXPECT_TRUE(acceptor);
    Pair pair;
    pair.client = *co_await connect(network, (*acceptor)->local());
    pair.server = *co_await accept(**acceptor, network);
    co_return pair;
}

Task<std::string> read_all(Socket& socket) {
    std::array<std::uint8_t, 4'096> buffer;
    std::string text;
    for (;;) {
        const auto count = co_await read_some(socket, buffer);
        if (!count || *count == 0) co_return text;
        text.append(reinterpret_cast<const char*>(buffer.data()), *count);
    }
}

bytes::ChunkList chunk(std::string_view text) { return bytes::ChunkList{bytes::View::copy_of(text)}; }

class TcpTest : public testing::Test {
protected:
    template <class T>
    T run(Task<T> task) {
        return io::run(core_, std::move(task));
    }
    IoThreads threads_{{.writers = 1, .readers = 1}};
    Core core_{0, threads_};
    Network& network_ = core_.network();
};

TEST_F(TcpTest, CarriesBytesBothWaysAndTheEnd) {
    auto talk = [](Network& network) -> Task<bool> {
        auto [client, server] = co_await connect_pair(network);
        EXPECT_TRUE(co_await handshake(*server));
        EXPECT_TRUE(co_await write(*client, chunk("ping")));
        std::array<std::uint8_t, 16> buffer;
        EXPECT_EQ(co_await read_some(*server, buffer), 4u);
        EXPECT_TRUE(co_await write(*server, chunk("pong!")));
        server.reset();
        EXPECT_EQ(co_await read_all(*client), "pong!");
        EXPECT_EQ(co_await read_some(*client, buffer), 0u);
        co_return true;
    };
    EXPECT_TRUE(run(talk(network_)));
}

TEST_F(TcpTest, KnowsBothAddresses) {
    auto pair = run(connect_pair(network_));
    EXPECT_EQ(pair.client->peer(), pair.server->local());
    EXPECT_EQ(pair.client->local(), pair.server->peer());
    EXPECT_EQ(pair.client->peer().host, "127.0.0.1");
}

Task<bool> stream_through(Network& network, TaskGroup& group, bytes::ChunkList data) {
    auto pair = co_await connect_pair(network);
    std::string received;
    auto reader = [](Socket& socket, std::string& text) -> Task<void> { text = co_await read_all(socket); };
    group.start(reader(*pair.server, received));
    EXPECT_TRUE(co_await write(*pair.client, data));
    pair.client.reset();
    co_await group.stop();
    co_return received == data.flatten().text();
}

TEST_F(TcpTest, WritesMoreThanTheKernelTakesAtOnceInManyPieces) {
    bytes::ChunkList data;
    for (int index = 0; index < 20'000; ++index) data.append(bytes::View::copy_of("piece " + std::to_string(index)));
    bytes::Buffer large{16 << 20};
    std::iota(large.spare().begin(), large.spare().end(), std::uint8_t{0});
    large.commit(large.capacity());
    data.append(large.view());
    TaskGroup group;
    EXPECT_TRUE(run(stream_through(network_, group, data)));
}

// An unlinked file with `text` in it.
std::shared_ptr<std::FILE> file_of(std::string_view text) {
    std::shared_ptr<std::FILE> file{std::tmpfile(), std::fclose};
    EXPECT_EQ(std::fwrite(text.data(), 1, text.size(), file.get()), text.size());
    std::fflush(file.get());
    return file;
}

bytes::FileRange range_of(const std::shared_ptr<std::FILE>& file, std::uint64_t position, std::size_t length) {
    return {file, ::fileno(file.get()), position, length};
}

TEST_F(TcpTest, SendsFileRangesBetweenPiecesOfMemory) {
    auto send = [](Network& network) -> Task<std::string> {
        const auto file = file_of("0123456789");
        auto pair = co_await connect_pair(network);
        EXPECT_TRUE(pair.client->sends_files());
        bytes::ChunkList data;
        data.append(range_of(file, 8, 2));
        data.append(bytes::View::copy_of("<a>"));
        data.append(bytes::View::copy_of("<b>"));
        data.append(range_of(file, 0, 3));
        data.append(range_of(file, 5, 1));
        data.append(bytes::View::copy_of("<c>"));
        EXPECT_TRUE(co_await write(*pair.client, std::move(data)));
        pair.client.reset();
        co_return co_await read_all(*pair.server);
    };
    EXPECT_EQ(run(send(network_)), "89<a><b>0125<c>");
}

TEST_F(TcpTest, SendsFileRangesThatTheKernelTakesInParts) {
    std::string text(24 << 20, ' ');
    for (std::size_t index = 0; index < text.size(); ++index) text[index] = static_cast<char>(index * 7 + index / 251);
    auto send = [](Network& network, TaskGroup& group, std::string_view content) -> Task<bool> {
        const auto file = file_of(content);
        auto pair = co_await connect_pair(network);
        std::string received;
        auto reader = [](Socket& socket, std::string& into) -> Task<void> { into = co_await read_all(socket); };
        group.start(reader(*pair.server, received));
        bytes::ChunkList data{bytes::View::copy_of("head")};
        data.append(range_of(file, 0, content.size()));
        EXPECT_TRUE(co_await write(*pair.client, data));
        EXPECT_TRUE(co_await write(*pair.client, chunk("next")));
        pair.client.reset();
        co_await group.stop();
        co_return received == "head" + std::string{content} + "next";
    };
    TaskGroup group;
    EXPECT_TRUE(run(send(network_, group, text)));
}

TEST_F(TcpTest, AFileThatBecameShorterIsAnError) {
    auto send = [](Network& network) -> Task<Errc> {
        const auto file = file_of("0123456789");
        auto pair = co_await connect_pair(network);
        bytes::ChunkList data;
        data.append(range_of(file, 5, 20));
        const auto sent = co_await write(*pair.client, std::move(data));
        co_return sent ? Errc::kNone : sent.error().code;
    };
    EXPECT_EQ(run(send(network_)), Errc::kIo);
}

TEST_F(TcpTest, AWriterInALoopLetsOthersRun) {
    auto write_on = [](Network& network, Executor& loop) -> Task<int> {
        auto pair = co_await connect_pair(network);
        bool ran = false;
        loop.post([&] { ran = true; });
        int writes = 0;
        while (!ran && writes < 1'000) {
            EXPECT_TRUE(co_await write(*pair.client, chunk("x")));
            ++writes;
        }
        co_return writes;
    };
    EXPECT_LE(run(write_on(network_, core_.executor())), 16);
}

TEST_F(TcpTest, ClosingEndsAReadAndAWriteUnderWay) {
    auto close_both = [](Network& network) -> Task<std::pair<Errc, Errc>> {
        auto pair = co_await connect_pair(network);
        std::array<std::uint8_t, 16> buffer;
        Errc read_error{};
        Errc write_error{};
        int ended = 0;
        co_await completion<bool>([&](auto done) {
            auto both = [&, done = std::move(done)]() mutable {
                if (++ended == 2) done(true);
            };
            auto shared = std::make_shared<decltype(both)>(std::move(both));
            pair.client->read_some(buffer, [&, shared](auto result) {
                read_error = result ? Errc::kNone : result.error().code;
                (*shared)();
            });
            pair.client->write(chunk(std::string(32 << 20, 'x')), [&, shared](auto result) {
                write_error = result ? Errc::kNone : result.error().code;
                (*shared)();
            });
            pair.client.reset();
            EXPECT_EQ(ended, 0);
        });
        co_return std::pair{read_error, write_error};
    };
    EXPECT_EQ(run(close_both(network_)), (std::pair{Errc::kClosed, Errc::kClosed}));
}

TEST_F(TcpTest, AClosedSocketRefusesWithKClosed) {
    auto use_closed = [](Network& network) -> Task<bool> {
        auto pair = co_await connect_pair(network);
        pair.client->close();
        pair.client->close();
        std::array<std::uint8_t, 16> buffer;
        const auto got = co_await read_some(*pair.client, buffer);
        const auto put = co_await write(*pair.client, chunk("x"));
        co_return !got && got.error().code == Errc::kClosed && !put && put.error().code == Errc::kClosed;
    };
    EXPECT_TRUE(run(use_closed(network_)));
}

TEST_F(TcpTest, APeerThatWentAwayIsKClosedWithoutASignal) {
    auto write_to_none = [](Network& network) -> Task<Errc> {
        auto pair = co_await connect_pair(network);
        pair.server.reset();
        for (;;) {
            const auto put = co_await write(*pair.client, chunk("x"));
            if (!put) co_return put.error().code;
        }
    };
    EXPECT_EQ(run(write_to_none(network_)), Errc::kClosed);
}

TEST_F(TcpTest, ListenErrorsNameTheAddress) {
    auto first = network_.listen({.host = "127.0.0.1", .port = 0});
    ASSERT_TRUE(first);
    const auto taken = network_.listen((*first)->local());
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Errc::kIo);
    EXPECT_EQ(taken.error().context, "listen on " + (*first)->local().to_string() + ": Address already in use");
    EXPECT_FALSE(network_.listen({.host = "192.0.2.1", .port = 0}));
    EXPECT_FALSE(network_.listen({.host = "no such host", .port = 0}));
}

// What a peer that reads nothing makes the kernel hold. Bytes.
std::size_t taken_unread(Core& core, const ListenOptions& options) {
    auto fill = [](Network& network, ListenOptions how) -> Task<std::size_t> {
        auto acceptor = *network.listen({.host = "127.0.0.1", .port = 0}, how);
        auto client = *co_await connect(network, acceptor->local());
        auto server = *co_await accept(*acceptor, network);
        constexpr std::size_t kPiece = 16 << 10, kPiecesMax = 4096;
        const std::string piece(kPiece, 'x');
        std::size_t taken = 0;
        // The last write ends with the socket, later than this.
        const auto done = std::make_shared<bool>(true);
        while (*done && taken < kPiecesMax * kPiece) {
            *done = false;
            server->write(chunk(piece), [done](const Result<void>&) { *done = true; });
            taken += *done ? kPiece : 0;
        }
        client.reset();
        server.reset();
        co_return taken;
    };
    return io::run(core, fill(core.network(), options));
}

TEST_F(TcpTest, ASendBufferBoundsWhatTheKernelHolds) {
    const auto bounded = taken_unread(core_, {.send_buffer_bytes = 32 << 10, .receive_buffer_bytes = 32 << 10});
    const auto free = taken_unread(core_, {});
    EXPECT_LT(2 * bounded, free);
}

TEST_F(TcpTest, ABacklogBoundsWhoWaitsToBeAccepted) {
    constexpr int kBacklog = 1, kClients = 8;
    auto count_connected = [](Core& core) -> Task<int> {
        auto acceptor = *core.network().listen({.host = "127.0.0.1", .port = 0}, {.backlog = kBacklog});
        auto connected = std::make_shared<std::vector<std::unique_ptr<Socket>>>();
        for (int index = 0; index < kClients; ++index) {
            core.network().connect(acceptor->local(), [connected](auto socket) {
                if (socket) connected->push_back(*std::move(socket));
            });
        }
        co_await sleep_until(core.executor(), core.executor().now().mono + std::chrono::milliseconds{200});
        co_return static_cast<int>(connected->size());
    };
    const int connected = run(count_connected(core_));
    EXPECT_GE(connected, 1);
    EXPECT_LE(connected, kBacklog + 1);  // Linux takes one more
}

TEST_F(TcpTest, ConnectErrorsNameTheAddress) {
    auto connect_to_none = [](Network& network) -> Task<Error> {
        const auto free = (*network.listen({.host = "127.0.0.1", .port = 0}))->local();
        const auto socket = co_await connect(network, free);
        co_return socket ? Error{} : socket.error();
    };
    const auto error = run(connect_to_none(network_));
    EXPECT_EQ(error.code, Errc::kIo);
    EXPECT_NE(error.context.find("Connection refused"), std::string::npos) << error.context;
}

TEST_F(TcpTest, AnEmptyHostTakesBothFamiliesAndANameResolves) {
    auto both = [](Network& network) -> Task<bool> {
        auto acceptor = network.listen({.host = "", .port = 0});
        EXPECT_TRUE(acceptor);
        const auto port = (*acceptor)->local().port;
        auto four = co_await connect(network, {.host = "localhost", .port = port});
        EXPECT_TRUE(four);
        auto server = co_await accept(**acceptor, network);
        EXPECT_EQ((*server)->peer().port, (*four)->local().port);
        EXPECT_EQ((*server)->peer().host, (*four)->local().host);
        co_return true;
    };
    EXPECT_TRUE(run(both(network_)));
    EXPECT_EQ((Address{"::1", 9092}).to_string(), "[::1]:9092");
}

TEST_F(TcpTest, ClosingAnAcceptorEndsItsAccept) {
    auto close_it = [](Network& network) -> Task<Errc> {
        auto acceptor = *network.listen({.host = "127.0.0.1", .port = 0});
        co_return co_await completion<Errc>([&](auto done) {
            acceptor->accept(network, [done = std::move(done)](auto result) mutable { done(result.error().code); });
            acceptor.reset();
        });
    };
    EXPECT_EQ(run(close_it(network_)), Errc::kClosed);
}

TEST_F(TcpTest, OutOfDescriptorsIsKBusyAndPasses) {
    auto accept_full = [](Network& network) -> Task<std::pair<Errc, bool>> {
        auto acceptor = *network.listen({.host = "127.0.0.1", .port = 0});
        auto client = co_await connect(network, acceptor->local());
        rlimit before{};
        ::getrlimit(RLIMIT_NOFILE, &before);
        const int first_free = ::open("/dev/null", O_RDONLY);
        ::close(first_free);
        const rlimit none{static_cast<rlim_t>(first_free), before.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
        const auto refused = co_await accept(*acceptor, network);
        ::setrlimit(RLIMIT_NOFILE, &before);
        const auto accepted = co_await accept(*acceptor, network);
        co_return std::pair{refused ? Errc::kNone : refused.error().code, accepted.has_value()};
    };
    EXPECT_EQ(run(accept_full(network_)), (std::pair{Errc::kBusy, true}));
}

TEST_F(TcpTest, AConnectionMayBelongToAnotherCore) {
    Core other{1, threads_};
    std::thread thread{[&] { other.run(); }};
    auto serve = [](Executor& home, Executor& loop, std::unique_ptr<Socket> socket) -> Task<bool> {
        co_await switch_to(loop);
        const auto text = co_await read_all(*socket);
        const bool echoed = (co_await write(*socket, chunk(text + text))).has_value();
        socket.reset();
        co_await switch_to(home);
        co_return echoed&& text == "abc";
    };
    auto talk = [&serve](Core& here, Core& there) -> Task<bool> {
        auto acceptor = *here.network().listen({.host = "127.0.0.1", .port = 0});
        auto client = *co_await connect(here.network(), acceptor->local());
        auto server = *co_await accept(*acceptor, there.network());
        EXPECT_TRUE(co_await write(*client, chunk("abc")));
        client.reset();
        co_return co_await serve(here.executor(), there.executor(), std::move(server));
    };
    EXPECT_TRUE(run(talk(core_, other)));
    other.stop();
    thread.join();
}

}  // namespace
}  // namespace moldau::io
