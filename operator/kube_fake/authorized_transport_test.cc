// Tokens that rotate and certificates that change, under requests that are under way.

#include "operator/kube/authorized_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "operator/kube/client.h"
#include "operator/kube/list_watch.h"
#include "operator/kube_fake/fake_api_server.h"
#include "operator/kube_fake/testing.h"
#include "operator/loop/manual_loop.h"

namespace moldau::kube_fake {
namespace {

const kube::Resource kTopics = kube::resources::topics();

// Passes everything on to the one server that all endpoints lead to.
class Door final : public kube::Transport {
public:
    Door(FakeApiServer& server, int& stopped) : server_(server), stopped_(stopped) {}
    kube::RequestId send(kube::Request request, Done done) override {
        return server_.send(std::move(request), std::move(done));
    }
    kube::RequestId open(kube::Request request, StreamDone done) override {
        return server_.open(std::move(request), std::move(done));
    }
    void cancel(kube::RequestId request) override { server_.cancel(request); }
    Task<void> stop() override {
        ++stopped_;
        co_return;
    }

private:
    FakeApiServer& server_;
    int& stopped_;
};

class AuthorizedTransportTest : public testing::Test {
protected:
    AuthorizedTransportTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "moldau-token-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        write("token", "one");
        write("ca.crt", "first");
        server_.require_token("one");
        server_.put(kTopics, {{"metadata", {{"name", "x"}, {"namespace", "a"}}}});
        source_.emplace(loop_, kube::ConnectionSpec{.origin = "test",
                                                    .server = "https://x",
                                                    .authority = {.file = (folder_ / "ca.crt").string()},
                                                    .token = {.file = (folder_ / "token").string()}});
        transport_.emplace(loop_, *source_,
                           [this](const kube::Endpoint& endpoint) -> Result<std::unique_ptr<kube::Transport>> {
                               if (endpoint.ca_pem == "broken") return fail(Errc::kUsage, "ca.crt: no certificate");
                               ++made_;
                               return std::make_unique<Door>(server_, stopped_);
                           });
        client_.emplace(loop_, *transport_);
    }
    ~AuthorizedTransportTest() override {
        run_task(loop_, client_->stop());
        run_task(loop_, transport_->stop());
        std::filesystem::remove_all(folder_);
    }

    void write(const char* name, const char* text) { std::ofstream(folder_ / name) << text; }
    kube::KubeResult<kube::Object> get() { return run_task(loop_, client_->get(kTopics, {"a", "x"})); }

    std::filesystem::path folder_;
    loop::ManualLoop loop_;
    FakeApiServer server_{loop_};
    int made_ = 0;
    int stopped_ = 0;
    std::optional<kube::ConnectionSource> source_;
    std::optional<kube::AuthorizedTransport> transport_;
    std::optional<kube::Client> client_;
};

TEST_F(AuthorizedTransportTest, ReadsTheTokenAgainAtOnceOnARefusal) {
    ASSERT_TRUE(get());
    loop_.advance(Millis{5'000});
    write("token", "two");
    server_.require_token("two");

    const auto object = get();

    ASSERT_TRUE(object) << object.error().context;
    EXPECT_EQ(server_.count_requests("GET"), 3U);
    EXPECT_EQ(made_, 1);
}

TEST_F(AuthorizedTransportTest, GivesTheRefusalBackWhenNothingElseIsKnown) {
    ASSERT_TRUE(get());
    loop_.advance(Millis{5'000});
    server_.require_token("another");

    const auto object = get();

    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().reason, kube::Reason::kUnauthorized);
    EXPECT_EQ(server_.count_requests("GET"), 2U);
}

TEST_F(AuthorizedTransportTest, ChangesToNewCertificatesWhileAWatchEndsInItsOwnTime) {
    loop::Cancel cancel;
    int events = 0;
    bool ended = false;
    kube::ListWatch watch(*client_, {.resource = kTopics}, [&](const kube::WatchEvent& event) {
        if (event.kind == kube::WatchEvent::Kind::kModified) ++events;
    });
    spawn(watch.run(cancel), [&] { ended = true; });
    loop_.run_ready();
    write("ca.crt", "second");
    loop_.advance(Millis{61'000});

    ASSERT_TRUE(get());
    EXPECT_EQ(made_, 2);
    EXPECT_EQ(stopped_, 0) << "the watch still uses the old one";
    server_.set(kTopics, {"a", "x"}, "/spec/partitions", 5);
    loop_.run_ready();
    EXPECT_EQ(events, 1);

    server_.cut_watches();
    loop_.advance(Millis{2'000});
    EXPECT_EQ(stopped_, 1);
    EXPECT_EQ(server_.watch_count(), 1U);
    cancel.request();
    loop_.run_ready();
    EXPECT_TRUE(ended);
}

TEST_F(AuthorizedTransportTest, SaysWhatIsWrongWithCertificates) {
    write("ca.crt", "broken");
    const auto object = get();
    ASSERT_FALSE(object);
    EXPECT_EQ(object.error().code, Errc::kUsage);
    EXPECT_THAT(object.error().context, testing::HasSubstr("ca.crt: no certificate"));
}

TEST_F(AuthorizedTransportTest, TellsEveryRequestItsEndWhenItStops) {
    server_.fail_next(1, "GET", Fault::hang());
    std::vector<Errc> ends;
    const auto note = [&](const Result<kube::Response>& response) { ends.push_back(response.error().code); };
    transport_->send({.path = "/api/v1/pods", .timeout = std::chrono::hours{2}}, note);
    loop_.run_ready();
    transport_->send({.path = "/api/v1/pods"}, note);

    run_task(loop_, transport_->stop());
    transport_->send({.path = "/api/v1/pods"}, note);
    loop_.run_ready();

    EXPECT_THAT(ends, testing::ElementsAre(Errc::kCancelled, Errc::kCancelled, Errc::kCancelled));
}

}  // namespace
}  // namespace moldau::kube_fake
