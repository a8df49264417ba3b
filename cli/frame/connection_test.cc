// Where brokers are, from text, and what becomes of a connection that brings nothing.

#include "cli/frame/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace moldau::cli {
namespace {

using testing::HasSubstr;

std::string texts_of(const std::string& text) {
    const auto parsed = parse_endpoints(text);
    if (!parsed) return "refused";
    std::string all;
    for (const auto& one : *parsed) all += one.text() + " ";
    return all;
}

TEST(Endpoints, TakeHostsAddressesAndPorts) {
    EXPECT_EQ(texts_of("a:1,b,[::1]:7,[::2],10.0.0.1:65535"), "a:1 b:9092 [::1]:7 [::2]:9092 10.0.0.1:65535 ");
}

TEST(Endpoints, RefuseWhatIsNone) {
    for (const auto* text : {"", "a,", ":1", "a:", "a:0", "a:65536", "a:x", "[::1", "[::1]x", "a:-1"}) {
        EXPECT_EQ(texts_of(text), "refused") << text;
    }
}

// A port that accepts connections and answers nothing, or what it is told to.
class Listener {
public:
    Listener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
        EXPECT_EQ(::listen(socket_, 1), 0);
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
        endpoint_ = {"127.0.0.1", ntohs(address.sin_port)};
    }
    ~Listener() { ::close(socket_); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    const Endpoint& endpoint() const { return endpoint_; }
    // Accepts, sends `bytes` and closes.
    void answer(std::string_view bytes) {
        const int peer = ::accept(socket_, nullptr, nullptr);
        EXPECT_EQ(::write(peer, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
        ::close(peer);
    }

private:
    int socket_;
    Endpoint endpoint_;
};

TEST(Connection, ReceivesWholeFrames) {
    Listener listener;
    auto connection = Connection::open(listener.endpoint(), std::chrono::seconds(10));
    ASSERT_TRUE(connection);
    listener.answer(std::string_view{"\0\0\0\3abc", 7});
    const auto frame = connection->receive_frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->text(), "abc");
}

TEST(Connection, RefusesALengthThatNoAnswerHas) {
    Listener listener;
    auto connection = Connection::open(listener.endpoint(), std::chrono::seconds(10));
    ASSERT_TRUE(connection);
    listener.answer("HTTP/1.1 400 Bad Request");
    const auto frame = connection->receive_frame();
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, Errc::kMalformed);
}

TEST(Connection, EndsWithThePeer) {
    Listener listener;
    auto connection = Connection::open(listener.endpoint(), std::chrono::seconds(10));
    ASSERT_TRUE(connection);
    listener.answer(std::string_view{"\0\0\0\7ab", 6});
    const auto frame = connection->receive_frame();
    ASSERT_FALSE(frame);
    EXPECT_THAT(frame.error().context, HasSubstr("closed"));
}

TEST(Connection, WaitsNoLongerThanItMay) {
    Listener listener;
    auto connection = Connection::open(listener.endpoint(), std::chrono::milliseconds(1));
    ASSERT_TRUE(connection);
    const auto frame = connection->receive_frame();
    ASSERT_FALSE(frame);
    EXPECT_EQ(frame.error().code, Errc::kTimedOut);
}

TEST(Connection, SaysWhyItCannotConnect) {
    Endpoint nobody;
    {
        Listener listener;
        nobody = listener.endpoint();
    }
    const auto connection = Connection::open(nobody, std::chrono::seconds(10));
    ASSERT_FALSE(connection);
    EXPECT_THAT(connection.error().context, HasSubstr("refused"));
}

}  // namespace
}  // namespace moldau::cli
