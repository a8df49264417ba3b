// The table of metrics and the registry in Prometheus' format.

#include "operator/metrics/metrics.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "operator/metrics/metrics_table.h"
#include "operator/metrics/process.h"

namespace moldau::metrics {
namespace {

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

// One series of every metric.
void fill(Registry& registry) {
    for (const auto& row : metric_rows()) {
        const LabelValues labels(row.label_count(), "x");
        if (row.kind == MetricKind::kHistogram)
            registry.histogram(row.metric, labels).observe(0.02);
        else
            registry.value(row.metric, labels) = 3;
    }
}

TEST(Registry, ShowsCountersUnderTheNamesOfControllerRuntime) {
    Registry registry;
    registry.value(Metric::kReconcileTotal, {"topic", "success"}) += 2;
    registry.value(Metric::kQueueDepth, {"topic"}) = 7;
    const auto text = registry.text();

    EXPECT_TRUE(has_line(text, "controller_runtime_reconcile_total{controller=\"topic\",result=\"success\"} 2"));
    EXPECT_TRUE(has_line(text, "workqueue_depth{name=\"topic\"} 7"));
}

TEST(Registry, AddsUpBucketsSoThatTheLastHoldsAll) {
    Registry registry;
    auto& histogram = registry.histogram(Metric::kReconcileSeconds, {"topic"});
    histogram.observe(0.005);
    histogram.observe(0.006);
    histogram.observe(1000);
    const auto text = registry.text();

    EXPECT_TRUE(has_line(text, "controller_runtime_reconcile_time_seconds_bucket{controller=\"topic\",le=\"0.005\"} 1"));
    EXPECT_TRUE(has_line(text, "controller_runtime_reconcile_time_seconds_bucket{controller=\"topic\",le=\"0.01\"} 2"));
    EXPECT_TRUE(has_line(text, "controller_runtime_reconcile_time_seconds_bucket{controller=\"topic\",le=\"+Inf\"} 3"));
    EXPECT_TRUE(has_line(text, "controller_runtime_reconcile_time_seconds_count{controller=\"topic\"} 3"));
}

TEST(Registry, LetsNoLabelGrowWithoutBound) {
    Registry registry;
    for (int index = 0; index < 2000; ++index) registry.value(Metric::kQueueDepth, {std::to_string(index)}) = 1;
    const auto text = registry.text();

    EXPECT_TRUE(has_line(text, "workqueue_depth{name=\"other\"} 1"));
    EXPECT_EQ(text.find("workqueue_depth{name=\"1999\"}"), std::string::npos);
}

TEST(Registry, AsksItsCollectorsBeforeEachScrape) {
    Registry registry;
    int asked = 0;
    registry.on_collect([&] { registry.value(Metric::kQueueDepth, {"topic"}) = ++asked; });
    static_cast<void>(registry.text());

    EXPECT_TRUE(has_line(registry.text(), "workqueue_depth{name=\"topic\"} 2"));
}

TEST(Registry, ReadsTheMemoryOfTheProcess) {
    Registry registry;
    collect_process(registry);
    static_cast<void>(registry.text());

    EXPECT_GT(registry.value(Metric::kProcessMemory), 1e6);
    EXPECT_GT(registry.value(Metric::kProcessStart), 1e9);
}

TEST(MetricTable, HasNamesThatPrometheusWants) {
    std::set<std::string_view> seen;
    for (const auto& row : metric_rows()) {
        EXPECT_TRUE(seen.insert(row.name).second) << row.name;
        EXPECT_EQ(row.kind == MetricKind::kCounter, row.name.ends_with("_total")) << row.name;
        EXPECT_EQ(row.kind == MetricKind::kHistogram, !row.bounds.empty()) << row.name;
    }
}

TEST(MetricTable, IsAllOnItsPage) {
    const auto page = metrics_page();
    for (const auto& row : metric_rows())
        EXPECT_NE(page.find("| `" + std::string(row.name) + "` |"), std::string::npos) << row.name;
}

TEST(MetricTable, PassesPromtool) {
    if (std::system("promtool --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
    Registry registry;
    fill(registry);
    const std::string file = ::testing::TempDir() + "moldau_operator_metrics_for_promtool.txt";
    std::ofstream{file} << registry.text();
    // controller_runtime_active_workers and others carry names that promtool's linter accepts; a fault ends with status 3.
    const auto status = std::system(("promtool check metrics < " + file).c_str());
    std::remove(file.c_str());

    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace moldau::metrics
