// The HTTP listener on loopback, and what health says.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "operator/serve/health.h"
#include "operator/serve/http_server.h"

namespace moldau::serve {
namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// A port that nobody listened on a moment ago.
int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    auto address = loopback(0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
    close(socket);
    return ntohs(address.sin_port);
}

struct Served {
    std::unique_ptr<HttpServer> server;
    int port = 0;
};

Served serve(const HttpRoutes& routes) {
    for (int attempt = 0; attempt < 20; ++attempt) {
        const int port = free_port();
        auto server = serve_http({"127.0.0.1", port}, routes);
        if (server) return {*std::move(server), port};
    }
    return {};
}

std::string ask(int port, const std::string& request) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto address = loopback(port);
    if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return "no connection";
    EXPECT_EQ(send(socket, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::string answer;
    char bytes[4096];
    for (ssize_t count = 0; (count = recv(socket, bytes, sizeof(bytes), 0)) > 0;)
        answer.append(bytes, static_cast<std::size_t>(count));
    close(socket);
    return answer;
}

std::string get(int port, const std::string& path) {
    return ask(port, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

TEST(HttpServer, AnswersItsPathsAndNamesThemForOthers) {
    const auto served = serve({{"/hello", [](const HttpReply& reply) { reply({.body = "world"}); }}});
    ASSERT_TRUE(served.server);

    EXPECT_TRUE(get(served.port, "/hello").ends_with("\r\n\r\nworld"));
    const auto unknown = get(served.port, "/other");
    EXPECT_TRUE(unknown.starts_with("HTTP/1.1 404")) << unknown;
    EXPECT_NE(unknown.find("/hello"), std::string::npos);
}

TEST(HttpServer, RefusesToBeWrittenTo) {
    const auto served = serve({{"/hello", [](const HttpReply& reply) { reply({.body = "world"}); }}});
    ASSERT_TRUE(served.server);
    const auto answer =
        ask(served.port, "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    EXPECT_TRUE(answer.starts_with("HTTP/1.1 405")) << answer;
}

TEST(HttpServer, TakesAnAnswerLaterAndFromAnotherThread) {
    std::thread loop;
    {
        const auto served = serve({{"/later", [&](const HttpReply& reply) {
                                        loop = std::thread([reply] { reply({.status = 418, .body = "tea"}); });
                                    }}});
        ASSERT_TRUE(served.server);

        EXPECT_TRUE(get(served.port, "/later").starts_with("HTTP/1.1 418"));
    }
    loop.join();
}

TEST(HttpServer, AnswersForARouteThatLetsGo) {
    const auto served = serve({{"/dropped", [](const HttpReply&) {}}});
    ASSERT_TRUE(served.server);

    EXPECT_TRUE(get(served.port, "/dropped").starts_with("HTTP/1.1 503"));
}

TEST(HttpServer, SaysWhyItCannotListen) {
    const auto served = serve({});
    ASSERT_TRUE(served.server);
    const auto second = serve_http({"127.0.0.1", served.port}, {});

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::kIo);
    EXPECT_NE(second.error().context.find(std::to_string(served.port)), std::string::npos);
}

TEST(HttpAddress, IsHostAndPort) {
    EXPECT_EQ(parse_http_address("127.0.0.1:8080")->port, 8080);
    EXPECT_EQ(parse_http_address(":8081")->host, "0.0.0.0");
    EXPECT_EQ(parse_http_address("[::1]:0")->host, "[::1]");
    for (const char* text : {"", "8080", "host", "host:", "host:x", "host:1x", "host:-1", "host:65536"})
        EXPECT_FALSE(parse_http_address(text)) << text;
}

// Health with a clock that the test moves.
struct HealthAtTime {
    MonoTime now{1h};
    Health health{{.stalled_after = 20s, .clock = [this] { return now; }}};
};

TEST(Health, IsAliveAsLongAsTheLoopBeats) {
    HealthAtTime at;
    at.now += 19s;
    EXPECT_EQ(at.health.livez().status, 200);
    at.health.beat();
    at.now += 20s;
    EXPECT_EQ(at.health.livez().status, 200);
    at.now += 1s;
    const auto stalled = at.health.livez();

    EXPECT_EQ(stalled.status, 503);
    EXPECT_EQ(stalled.body, "the event loop has not run for 21 s\n");
}

TEST(Health, IsReadyWhenLeadingOrStandingByOnly) {
    HealthAtTime at;
    for (const auto phase : {Phase::kStarting, Phase::kSyncing, Phase::kStopping}) {
        at.health.enter(phase);
        EXPECT_EQ(at.health.readyz().status, 503);
    }
    for (const auto phase : {Phase::kStandingBy, Phase::kLeading}) {
        at.health.enter(phase);
        EXPECT_EQ(at.health.readyz().status, 200);
    }
    at.now += 1h;
    EXPECT_EQ(at.health.readyz().status, 503);
}

}  // namespace
}  // namespace moldau::serve
