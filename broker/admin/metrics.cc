// The table of metrics, and Prometheus' families made of it.

#include "admin/metrics.h"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <string_view>

#include "wire/api_table.h"

namespace moldau::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// A metric with one value per core (label `core`) or, for those that are the node's, one value.
struct Row {
    std::string_view name;
    MetricType type;
    std::string_view help;
    double (*per_core)(const CoreSnapshot&) = nullptr;
    double (*of_node)(const NodeSnapshot&) = nullptr;
};

template <auto member>
double of_server(const CoreSnapshot& core) {
    return static_cast<double>(core.server.*member);
}
template <auto member>
double of_handlers(const CoreSnapshot& core) {
    return static_cast<double>(core.handlers.*member);
}
template <auto member>
double of_wal(const CoreSnapshot& core) {
    return static_cast<double>(core.wal.*member);
}
template <auto member>
double of_cleaner(const CoreSnapshot& core) {
    return static_cast<double>(core.cleaner.*member);
}
template <auto member>
double of_core(const CoreSnapshot& core) {
    return static_cast<double>(core.*member);
}
template <auto member>
double of_node(const NodeSnapshot& node) {
    return static_cast<double>(node.*member);
}

using Server = server::ServerCounters;
using Handlers = handlers::HandlerCounters;
using Cleaner = store::CleanerStats;
using Wal = wal::WriteAheadLog::Counters;
constexpr auto kCounter = MetricType::Counter;
constexpr auto kGauge = MetricType::Gauge;

constexpr Row kRows[] = {
    {"moldau_connections", kGauge, "Client connections that are open.", of_server<&Server::connections_open>},
    {"moldau_connections_accepted_total", kCounter, "Client connections accepted.",
     of_server<&Server::connections_accepted>},
    {"moldau_connections_refused_total", kCounter, "Connections closed at once, because a limit was reached.",
     of_server<&Server::connections_refused>},
    {"moldau_connections_failed_total", kCounter, "Connections closed for what the peer sent.",
     of_server<&Server::connections_failed>},
    {"moldau_connections_idle_closed_total", kCounter, "Connections closed because they were silent.",
     of_server<&Server::connections_idle_closed>},
    {"moldau_network_received_bytes_total", kCounter, "Bytes of requests.", of_server<&Server::bytes_in>},
    {"moldau_network_sent_bytes_total", kCounter, "Bytes of answers.", of_server<&Server::bytes_out>},
    {"moldau_produce_batches_total", kCounter, "Batches appended.", of_handlers<&Handlers::produce_batches>},
    {"moldau_produce_records_total", kCounter, "Records appended.", of_handlers<&Handlers::produce_records>},
    {"moldau_produce_bytes_total", kCounter, "Bytes of batches appended.", of_handlers<&Handlers::produce_bytes>},
    {"moldau_produce_errors_total", kCounter, "Partitions of produce requests answered with an error.",
     of_handlers<&Handlers::produce_errors>},
    {"moldau_fetch_bytes_total", kCounter, "Bytes of batches sent to consumers.", of_handlers<&Handlers::fetch_bytes>},
    {"moldau_fetch_errors_total", kCounter, "Partitions of fetch requests answered with an error.",
     of_handlers<&Handlers::fetch_errors>},
    {"moldau_fetch_sessions", kGauge, "Incremental fetch sessions.", of_core<&CoreSnapshot::fetch_sessions>},
    {"moldau_requests_unsupported_total", kCounter, "Requests of an API or version that is not served.",
     of_handlers<&Handlers::requests_unsupported>},
    {"moldau_request_memory_bytes", kGauge, "Memory granted to requests under way.",
     of_core<&CoreSnapshot::request_memory_bytes>},
    {"moldau_answer_memory_bytes", kGauge, "Memory granted to answers read from files.",
     of_core<&CoreSnapshot::answer_memory_bytes>},
    {"moldau_wal_commits_total", kCounter, "Group commits of the write-ahead log.", of_wal<&Wal::commits>},
    {"moldau_wal_entries_total", kCounter, "Batches written to the write-ahead log.", of_wal<&Wal::entries>},
    {"moldau_wal_written_bytes_total", kCounter, "Bytes written to the write-ahead log.", of_wal<&Wal::bytes_written>},
    {"moldau_wal_sync_seconds_total", kCounter, "Time that commits waited for the disk.",
     [](const CoreSnapshot& core) { return static_cast<double>(core.wal.sync_nanos) / 1e9; }},
    {"moldau_cleaner_runs_total", kCounter, "Logs compacted.", of_cleaner<&Cleaner::runs>},
    {"moldau_cleaner_read_bytes_total", kCounter, "Bytes of batches that compaction read.",
     of_cleaner<&Cleaner::bytes_read>},
    {"moldau_cleaner_kept_bytes_total", kCounter, "Bytes of batches that compaction left.",
     of_cleaner<&Cleaner::bytes_kept>},
    {"moldau_cleaner_records_without_key_total", kCounter, "Records that compaction dropped because they have no key.",
     of_cleaner<&Cleaner::records_without_key>},
    {"moldau_cleaner_dirty_ratio_max", kGauge,
     "The largest share of uncompacted bytes among the compacted logs, at the last look.",
     of_cleaner<&Cleaner::dirty_ratio_max>},
    {"moldau_cleaner_uncleanable_logs", kGauge, "Logs that cannot be compacted any more; the reason is logged.",
     of_cleaner<&Cleaner::uncleanable_logs>},
    {"moldau_retention_segments_deleted_total", kCounter, "Segments deleted because they had expired.",
     of_cleaner<&Cleaner::segments_deleted>},
    {"moldau_partitions", kGauge, "Partitions on this broker.", of_core<&CoreSnapshot::partitions>},
    {"moldau_partitions_offline", kGauge, "Partitions whose log cannot be opened or whose data directory failed.",
     of_core<&CoreSnapshot::partitions_offline>},
    {"moldau_log_bytes", kGauge, "Bytes of all logs.", of_core<&CoreSnapshot::log_bytes>},
    {"moldau_log_segments", kGauge, "Segments of all logs.", of_core<&CoreSnapshot::log_segments>},
    {"moldau_log_hot_bytes", kGauge, "Bytes of batches kept in memory for consumers.", of_core<&CoreSnapshot::hot_bytes>},
    {"moldau_producers", kGauge, "Idempotent producers remembered.", of_core<&CoreSnapshot::producers>},
    {"moldau_groups", kGauge, "Consumer groups coordinated.", of_core<&CoreSnapshot::groups>},
    {"moldau_operator_api_feeds", kGauge, "Listeners to the operator API's feed of topics.", nullptr,
     [](const NodeSnapshot& node) {
         std::uint64_t feeds = 0;
         for (const auto& core : node.cores) feeds += core.operator_feeds;
         return static_cast<double>(feeds);
     }},
    {"moldau_topics", kGauge, "Topics of the cluster.", nullptr, of_node<&NodeSnapshot::topics>},
    {"moldau_metadata_offset", kGauge, "Offset that the metadata image has reached.", nullptr,
     of_node<&NodeSnapshot::metadata_offset>},
    {"moldau_metadata_commits_total", kCounter, "Commits of the metadata log.", nullptr,
     of_node<&NodeSnapshot::metadata_commits>},
};

// One value per data directory (label `dir`).
struct DirRow {
    std::string_view name;
    std::string_view help;
    double (*value)(const store::DirState&);
};

constexpr DirRow kDirRows[] = {
    {"moldau_disk_total_bytes", "Size of the data directory's file system.",
     [](const store::DirState& dir) { return static_cast<double>(dir.total_bytes); }},
    {"moldau_disk_free_bytes", "Space that is left there for this broker.",
     [](const store::DirState& dir) { return static_cast<double>(dir.free_bytes); }},
    {"moldau_disk_refusing", "1 while producers are refused because the disk is nearly full.",
     [](const store::DirState& dir) { return dir.refusing ? 1.0 : 0.0; }},
    {"moldau_disk_failed", "1 when the directory failed: its partitions are offline until the next start.",
     [](const store::DirState& dir) { return dir.failure ? 1.0 : 0.0; }},
};

constexpr std::string_view kRequestsName = "moldau_request_duration_seconds";
constexpr std::string_view kRequestsHelp = "Time from a request's arrival to its answer, waiting included.";
constexpr std::string_view kOperatorCallsName = "moldau_operator_api_requests_total";
constexpr std::string_view kOperatorCallsHelp = "Calls of the operator API that were answered, feeds when they ended.";
constexpr std::string_view kInfoName = "moldau_build_info";
constexpr std::string_view kInfoHelp = "1; version, node and cluster are in the labels.";

void set_value(ClientMetric& metric, MetricType type, double value) {
    (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
}

MetricFamily family_of(const Row& row, const NodeSnapshot& snapshot) {
    MetricFamily family{std::string(row.name), std::string(row.help), row.type, {}};
    if (row.of_node) {
        set_value(family.metric.emplace_back(), row.type, row.of_node(snapshot));
        return family;
    }
    for (std::size_t core = 0; core < snapshot.cores.size(); ++core) {
        auto& metric = family.metric.emplace_back();
        metric.label.push_back({"core", std::to_string(core)});
        set_value(metric, row.type, row.per_core(snapshot.cores[core]));
    }
    return family;
}

MetricFamily family_of(const DirRow& row, const NodeSnapshot& snapshot) {
    MetricFamily family{std::string(row.name), std::string(row.help), kGauge, {}};
    for (const auto& dir : snapshot.dirs) {
        auto& metric = family.metric.emplace_back();
        metric.label.push_back({"dir", dir.path});
        metric.gauge.value = row.value(dir);
    }
    return family;
}

void add_latency(const handlers::LatencyHistogram& from, handlers::LatencyHistogram& to) {
    for (std::size_t bucket = 0; bucket < from.counts.size(); ++bucket) to.counts[bucket] += from.counts[bucket];
    to.sum_nanos += from.sum_nanos;
}

ClientMetric histogram_of(const handlers::LatencyHistogram& latency) {
    ClientMetric metric;
    std::uint64_t cumulative = 0;
    for (std::size_t bucket = 0; bucket < latency.counts.size(); ++bucket) {
        cumulative += latency.counts[bucket];
        const bool last = bucket + 1 == latency.counts.size();
        const double bound = last ? std::numeric_limits<double>::infinity() : static_cast<double>(1ULL << bucket) / 1e6;
        // Every second power of two is enough to draw quantiles.
        if (bucket % 2 == 1 || last) metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = static_cast<double>(latency.sum_nanos) / 1e9;
    return metric;
}

MetricFamily requests_family(const NodeSnapshot& snapshot) {
    MetricFamily family{std::string(kRequestsName), std::string(kRequestsHelp), MetricType::Histogram, {}};
    for (const auto& api : wire::apis()) {
        const auto key = static_cast<std::size_t>(wire::to_int16(api.key));
        std::uint64_t requests = 0;
        handlers::LatencyHistogram latency;
        for (const auto& core : snapshot.cores) {
            requests += core.requests[key].requests;
            add_latency(core.requests[key].latency, latency);
        }
        if (requests == 0) continue;
        auto& metric = family.metric.emplace_back(histogram_of(latency));
        metric.label.push_back({"api", std::string(api.name)});
    }
    return family;
}

MetricFamily operator_calls_family(const NodeSnapshot& snapshot) {
    MetricFamily family{std::string(kOperatorCallsName), std::string(kOperatorCallsHelp), kCounter, {}};
    for (const auto& core : snapshot.cores) {
        for (const auto& calls : core.operator_calls) {
            auto& metric = family.metric.emplace_back();
            metric.label = {{"method", calls.method}, {"code", calls.code}};
            metric.counter.value = static_cast<double>(calls.count);
        }
    }
    return family;
}

MetricFamily info_family(const NodeSnapshot& snapshot) {
    MetricFamily family{std::string(kInfoName), std::string(kInfoHelp), kGauge, {}};
    auto& metric = family.metric.emplace_back();
    metric.label = {
        {"version", snapshot.version}, {"node", std::to_string(snapshot.node_id)}, {"cluster", snapshot.cluster_id}};
    metric.gauge.value = 1;
    return family;
}

}  // namespace

std::string metrics_text(const NodeSnapshot& snapshot) {
    std::vector<MetricFamily> families;
    for (const auto& row : kRows) families.push_back(family_of(row, snapshot));
    for (const auto& row : kDirRows) families.push_back(family_of(row, snapshot));
    families.push_back(requests_family(snapshot));
    families.push_back(operator_calls_family(snapshot));
    families.push_back(info_family(snapshot));
    return prometheus::TextSerializer{}.Serialize(families);
}

std::string metrics_page() {
    std::string page =
        "# Metrics\n\n"
        "Made by `moldau-broker --print-metrics-docs` from the table in `broker/admin`; do not edit. The broker shows them "
        "at\n"
        "`/metrics` of its admin listener, in base units.\n\n"
        "| name | type | labels | meaning |\n|---|---|---|---|\n";
    const auto add = [&](std::string_view name, std::string_view type, std::string_view labels, std::string_view help) {
        page += fmt::format("| `{}` | {} | {} | {} |\n", name, type, labels, help);
    };
    for (const auto& row : kRows)
        add(row.name, row.type == kCounter ? "counter" : "gauge", row.of_node ? "" : "`core`", row.help);
    for (const auto& row : kDirRows) add(row.name, "gauge", "`dir`", row.help);
    add(kRequestsName, "histogram", "`api`", kRequestsHelp);
    add(kOperatorCallsName, "counter", "`method`, `code`", kOperatorCallsHelp);
    add(kInfoName, "gauge", "`version`, `node`, `cluster`", kInfoHelp);
    return page;
}

}  // namespace moldau::admin
