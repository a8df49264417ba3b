// The real transport against a real socket: what is sent, what streams, what breaks, and TLS.

#include "operator/kube/cpprest_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "operator/kube/client.h"
#include "operator/kube/loopback_testing.h"
#include "operator/loop/real_loop.h"

namespace moldau::kube {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class CpprestTransportTest : public testing::Test {
protected:
    ~CpprestTransportTest() override {
        if (transport_) run(transport_->stop());
    }

    void connect(const std::string& url) { connect(Endpoint{.server = url}); }
    void connect(const Endpoint& endpoint) {
        auto made = CpprestTransport::create(loop_, endpoint);
        ASSERT_TRUE(made) << made.error().context;
        transport_ = *std::move(made);
    }
    template <class T>
    T run(Task<T> task) {
        std::optional<T> result;
        loop_.post([&] {
            spawn(std::move(task), [&](T value) {
                result.emplace(std::move(value));
                loop_.stop();
            });
        });
        loop_.run();
        return *std::move(result);
    }
    void run(Task<void> task) {
        loop_.post([&] { spawn(std::move(task), [&] { loop_.stop(); }); });
        loop_.run();
    }
    Task<Result<Response>> send(Request request) {
        co_return co_await completion<Result<Response>>(
            [&](auto done) { last_ = transport_->send(std::move(request), std::move(done)); });
    }
    Task<Result<StreamedResponse>> open(Request request) {
        co_return co_await completion<Result<StreamedResponse>>(
            [&](auto done) { last_ = transport_->open(std::move(request), std::move(done)); });
    }
    static Task<Result<std::string>> read(BodyStream& body) {
        co_return co_await completion<Result<std::string>>([&](auto done) { body.read(std::move(done)); });
    }
    Errc fault_of(Request request) {
        const auto response = run(send(std::move(request)));
        return response ? Errc::kNone : response.error().code;
    }

    loop::RealLoop loop_;
    std::unique_ptr<Transport> transport_;
    RequestId last_{};
};

TEST_F(CpprestTransportTest, SendsARequestAndReadsItsAnswer) {
    LoopbackServer server([](LoopbackConnection& connection, int) {
        for (auto request = connection.read_request(); !request.empty(); request = connection.read_request()) {
            connection.answer("201 Created", request);
        }
    });
    connect(server.url());

    const auto response = run(send({.method = Method::kPatch,
                                    .path = "/apis/a%20b",
                                    .query = {{"fieldManager", "x&y"}, {"force", "true"}},
                                    .content_type = "application/apply-patch+yaml",
                                    .body = "{\"a\":1}",
                                    .authorization = "Bearer t"}));

    ASSERT_TRUE(response) << response.error().to_string();
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->header("content-type"), "application/json");
    EXPECT_THAT(response->body, StartsWith("PATCH /apis/a%20b?fieldManager=x%26y&force=true HTTP/1.1\r\n"));
    EXPECT_THAT(response->body, HasSubstr("\r\nAuthorization:Bearer t\r\n"));
    EXPECT_THAT(response->body, HasSubstr("\r\nAccept:application/json\r\n"));
    EXPECT_THAT(response->body, HasSubstr("\r\nContent-Type:application/apply-patch+yaml\r\n"));
    EXPECT_THAT(response->body, HasSubstr("\r\n\r\n{\"a\":1}"));
}

TEST_F(CpprestTransportTest, UsesConnectionsAgain) {
    LoopbackServer server([](LoopbackConnection& connection, int) {
        while (!connection.read_request().empty()) connection.answer("200 OK", "{}");
    });
    connect(server.url());

    // The library takes a connection back a moment after the answer: now and then the next request is faster.
    for (int number = 0; number < 20; ++number) ASSERT_EQ(run(send({.path = "/"}))->status, 200);

    EXPECT_LT(server.connections(), 20);
}

TEST_F(CpprestTransportTest, StreamsEachLineAsItComes) {
    std::atomic<int> seen = 0;
    LoopbackServer server([&](LoopbackConnection& connection, int) {
        connection.read_request();
        connection.begin_chunks();
        connection.chunk("first\n");
        while (seen < 1 && !connection.stopping()) std::this_thread::yield();
        connection.chunk("second\n");
        connection.end_chunks();
        connection.wait_for_close();
    });
    connect(server.url());

    auto response = run(open({.path = "/watch"}));

    ASSERT_TRUE(response) << response.error().to_string();
    EXPECT_EQ(run(read(*response->body)), "first\n");
    seen = 1;
    EXPECT_EQ(run(read(*response->body)), "second\n");
    EXPECT_EQ(run(read(*response->body)), "");
    EXPECT_EQ(run(read(*response->body)), "");
}

TEST_F(CpprestTransportTest, TellsACutBodyFromItsEnd) {
    LoopbackServer server([&](LoopbackConnection& connection, int) {
        connection.read_request();
        connection.begin_chunks();
        connection.chunk("half a li");
    });
    connect(server.url());
    auto response = run(open({.path = "/watch"}));
    ASSERT_TRUE(response);
    EXPECT_EQ(run(read(*response->body)), "half a li");

    const auto rest = run(read(*response->body));

    ASSERT_FALSE(rest);
    EXPECT_EQ(rest.error().code, Errc::kClosed);
}

TEST_F(CpprestTransportTest, MakesTheServerWaitWhileNobodyReads) {
    constexpr std::size_t kTotal = 64U << 20U;
    std::atomic<std::size_t> written = 0;
    LoopbackServer server([&](LoopbackConnection& connection, int) {
        connection.read_request();
        connection.begin_chunks();
        const std::string part(64U << 10U, 'x');
        while (written < kTotal && connection.chunk(part)) written += part.size();
        connection.end_chunks();
        connection.wait_for_close();
    });
    connect(server.url());
    auto response = run(open({.path = "/long"}));
    ASSERT_TRUE(response);

    run(loop_.sleep_for(Millis{300}));
    EXPECT_LT(written, kTotal / 2) << "the rest is in the buffers of two sockets at most";

    std::size_t total = 0;
    for (auto part = run(read(*response->body)); part && !part->empty(); part = run(read(*response->body)))
        total += part->size();
    EXPECT_EQ(total, kTotal);
}

TEST_F(CpprestTransportTest, ClientRepeatsAfterAReset) {
    LoopbackServer server([](LoopbackConnection& connection, int number) {
        connection.read_request();
        if (number == 0) return connection.reset();
        connection.answer("200 OK", R"({"metadata":{"name":"a"}})");
        connection.wait_for_close();
    });
    connect(server.url());
    Client client(loop_, *transport_);

    const auto object = run(client.get(resources::pods(), {"n", "a"}));

    ASSERT_TRUE(object) << object.error().context;
    EXPECT_EQ(object->name(), "a");
    EXPECT_EQ(server.connections(), 2);
    run(client.stop());
}

TEST_F(CpprestTransportTest, TimesOutCancelsAndStops) {
    LoopbackServer server([](LoopbackConnection& connection, int) {
        connection.read_request();
        connection.wait_for_close();
    });
    connect(server.url());
    EXPECT_EQ(fault_of({.path = "/slow", .timeout = Millis{50}}), Errc::kTimedOut);
    loop_.call_after(Millis{50}, [&] { transport_->cancel(last_); });
    EXPECT_EQ(fault_of({.path = "/slow"}), Errc::kCancelled);

    std::optional<Errc> pending;
    loop_.post(
        [&] { spawn(send({.path = "/slow"}), [&](const Result<Response>& response) { pending = response.error().code; }); });
    run(loop_.sleep_for(Millis{20}));
    run(transport_->stop());
    EXPECT_EQ(pending, Errc::kCancelled);
    EXPECT_EQ(fault_of({.path = "/late"}), Errc::kCancelled);
}

TEST_F(CpprestTransportTest, EndsAReadThatIsCancelled) {
    LoopbackServer server([](LoopbackConnection& connection, int) {
        connection.read_request();
        connection.begin_chunks();
        connection.wait_for_close();
    });
    connect(server.url());
    auto response = run(open({.path = "/watch"}));
    ASSERT_TRUE(response);
    loop_.call_after(Millis{20}, [&] { response->body->cancel(); });

    const auto part = run(read(*response->body));

    ASSERT_FALSE(part);
    EXPECT_EQ(part.error().code, Errc::kCancelled);
}

TEST_F(CpprestTransportTest, BoundsAnAnswer) {
    LoopbackServer server([](LoopbackConnection& connection, int) {
        connection.read_request();
        connection.answer("200 OK", std::string(100'000, 'x'));
        connection.wait_for_close();
    });
    connect(server.url());
    EXPECT_EQ(fault_of({.path = "/", .body_bytes_max = 50'000}), Errc::kLimitExceeded);
}

TEST_F(CpprestTransportTest, TakesWhatIsNoHttpForALostConnection) {
    LoopbackServer server([](LoopbackConnection& connection, int number) {
        connection.read_request();
        if (number == 0) connection.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
        if (number == 1) connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
    });
    connect(server.url());
    EXPECT_EQ(fault_of({.path = "/"}), Errc::kClosed);
    EXPECT_EQ(fault_of({.path = "/"}), Errc::kClosed);
    server.stop();
    EXPECT_EQ(fault_of({.path = "/"}), Errc::kClosed) << "connection refused";
}

class TlsTest : public CpprestTransportTest {
protected:
    Authority authority_;
    Authority other_;
    Identity client_ = authority_.issue("moldau-operator", "DNS:client");
    LoopbackServer::Serve serve_ = [](LoopbackConnection& connection, int) {
        if (!connection.read_request().empty()) connection.answer("200 OK", "{}");
        connection.wait_for_close();
    };
};

TEST_F(TlsTest, TrustsItsAuthorityAndShowsItsCertificate) {
    LoopbackServer server(serve_, authority_.issue("api", "IP:127.0.0.1"), authority_.pem());
    connect({.server = server.url(),
             .ca_pem = authority_.pem(),
             .certificate_pem = client_.certificate_pem,
             .key_pem = client_.key_pem});
    const auto response = run(send({.path = "/"}));
    ASSERT_TRUE(response) << response.error().to_string();
    EXPECT_EQ(response->status, 200);
}

TEST_F(TlsTest, RefusesAServerOfAnotherAuthorityOrName) {
    LoopbackServer stranger(serve_, other_.issue("api", "IP:127.0.0.1"));
    connect({.server = stranger.url(), .ca_pem = authority_.pem()});
    EXPECT_EQ(fault_of({.path = "/"}), Errc::kIo);
    run(transport_->stop());

    LoopbackServer misnamed(serve_, authority_.issue("api", "DNS:elsewhere"));
    connect({.server = misnamed.url(), .ca_pem = authority_.pem()});
    EXPECT_EQ(fault_of({.path = "/"}), Errc::kIo);
    run(transport_->stop());

    connect({.server = misnamed.url(), .ca_pem = authority_.pem(), .check = ServerCheck::kSkip});
    EXPECT_EQ(fault_of({.path = "/"}), Errc::kNone);
}

TEST_F(TlsTest, IsRefusedWithoutACertificate) {
    LoopbackServer server(serve_, authority_.issue("api", "IP:127.0.0.1"), authority_.pem());
    connect({.server = server.url(), .ca_pem = authority_.pem()});
    EXPECT_NE(fault_of({.path = "/"}), Errc::kNone);
}

TEST_F(TlsTest, SaysThatItsCertificatesAreNoGood) {
    for (const auto& endpoint :
         {Endpoint{.server = "https://127.0.0.1", .ca_pem = "nonsense"},
          Endpoint{.server = "https://127.0.0.1", .certificate_pem = client_.certificate_pem, .key_pem = "nonsense"},
          Endpoint{.server = "nonsense"}}) {
        const auto made = CpprestTransport::create(loop_, endpoint);
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code, Errc::kUsage);
    }
}

}  // namespace
}  // namespace moldau::kube
