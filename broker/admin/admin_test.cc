// The metrics in Prometheus' format, and the admin listener's address.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "admin/http_server.h"
#include "admin/metrics.h"

namespace moldau::admin {
namespace {

NodeSnapshot snapshot_of(std::size_t cores) {
    NodeSnapshot snapshot;
    snapshot.version = "1.2.3";
    snapshot.cluster_id = "abc";
    snapshot.node_id = 4;
    snapshot.topics = 7;
    for (std::size_t index = 0; index < cores; ++index) {
        auto& core = snapshot.cores.emplace_back();
        core.server.requests = 3;
        core.partitions = 10 + index;
        core.wal.sync_nanos = 1'500'000'000;
        core.requests[0].requests = 2;
        core.requests[0].latency.add(std::chrono::microseconds{3});
        core.requests[0].latency.add(std::chrono::hours{1});
    }
    return snapshot;
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, ShowEveryCoreAndTheNode) {
    const auto text = metrics_text(snapshot_of(2));

    EXPECT_TRUE(has_line(text, "moldau_partitions{core=\"0\"} 10"));
    EXPECT_TRUE(has_line(text, "moldau_partitions{core=\"1\"} 11"));
    EXPECT_TRUE(has_line(text, "moldau_topics 7"));
    EXPECT_TRUE(has_line(text, "moldau_wal_sync_seconds_total{core=\"0\"} 1.5"));
}

TEST(Metrics, AddTheCoresUpInHistogramsWhoseLastBucketHoldsAll) {
    const auto text = metrics_text(snapshot_of(2));

    EXPECT_TRUE(has_line(text, "moldau_request_duration_seconds_count{api=\"Produce\"} 4"));
    EXPECT_TRUE(has_line(text, "moldau_request_duration_seconds_bucket{api=\"Produce\",le=\"+Inf\"} 4"));
    EXPECT_EQ(text.find("api=\"Fetch\""), std::string::npos);
}

TEST(Metrics, AreThereBeforeAnyCoreIs) { EXPECT_TRUE(has_line(metrics_text(NodeSnapshot{}), "moldau_topics 0")); }

TEST(Metrics, AreAllOnTheirPage) {
    const auto page = metrics_page();
    std::istringstream lines{metrics_text(snapshot_of(1))};
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("# TYPE ")) continue;
        const auto name = line.substr(7, line.find(' ', 7) - 7);
        EXPECT_NE(page.find("`" + name + "`"), std::string::npos) << name;
    }
}

TEST(Metrics, HaveTheNamesThatPrometheusWants) {
    std::istringstream lines{metrics_text(snapshot_of(1))};
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("# TYPE ")) continue;
        std::istringstream words{line.substr(7)};
        std::string name, type;
        words >> name >> type;
        EXPECT_TRUE(name.starts_with("moldau_")) << name;
        EXPECT_TRUE(seen.insert(name).second) << name;
        EXPECT_EQ(type == "counter", name.ends_with("_total")) << name;
        for (const char* unit : {"_ms", "_nanos", "_micros", "_milliseconds", "_kb"})
            EXPECT_EQ(name.find(unit), std::string::npos) << name;
    }
    EXPECT_GT(seen.size(), 20u);
}

TEST(Metrics, PassPromtool) {
    if (std::system("promtool --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
    const std::string file = ::testing::TempDir() + "moldau_metrics_for_promtool.txt";
    std::ofstream{file} << metrics_text(snapshot_of(2));
    const auto status = std::system(("promtool check metrics < " + file).c_str());
    std::remove(file.c_str());

    EXPECT_EQ(status, 0);
}

TEST(HttpAddress, IsHostAndPort) {
    const auto plain = parse_http_address("127.0.0.1:9644");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "127.0.0.1");
    EXPECT_EQ(plain->port, 9644);
    EXPECT_EQ(parse_http_address("[::1]:0")->host, "[::1]");
}

TEST(HttpAddress, RefusesWhatIsNone) {
    for (const char* text :
         {"", ":9644", "9644", "host", "host:", "host:x", "host:1x", "host:-1", "host:65536", "host: 1"}) {
        const auto address = parse_http_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_EQ(address.error().code, Errc::kUsage);
    }
}

}  // namespace
}  // namespace moldau::admin
