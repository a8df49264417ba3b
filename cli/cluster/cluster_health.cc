// `moldau cluster health`: asks every broker and says what is wrong; its exit status is the answer for scripts.

#include <algorithm>
#include <charconv>

#include "cli/cluster/commands.h"
#include "cli/cluster/problems.h"
#include "cli/frame/print.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct Health {
    std::size_t brokers = 0;
    std::size_t partitions = 0;
    std::size_t log_dirs = 0;
    std::vector<Problem> problems;
    std::vector<std::string> unknown;  // what could not be asked
};

std::string counted(std::size_t count, const std::string& one, const std::string& several = {}) {
    return std::to_string(count) + " " + (count == 1 ? one : several.empty() ? one + "s" : several);
}

void add(std::vector<Problem>& to, std::vector<Problem> more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Does each broker answer, and are its directories well?
void check_brokers(WireClient& client, const ClusterHealth& options, Health& health) {
    for (const auto& broker : client.metadata().brokers) {
        ++health.brokers;
        const auto name = "broker " + std::to_string(broker.node_id);
        const auto link = client.broker(broker.node_id);
        if (!link) {
            health.problems.push_back({"broker-unreachable", name + " does not answer: " + link.error().context});
            continue;
        }
        if (!(*link)->serves(wire::ApiKey::kDescribeLogDirs)) {
            health.unknown.push_back("the directories of " + name + ": it has no request for them");
            continue;
        }
        wire::DescribeLogDirsRequest request;
        request.topics.reset();
        const auto answer = (*link)->call<wire::DescribeLogDirsResponse>(request);
        if (!answer || answer->error_code != 0) {
            const auto why = answer ? refused("error", answer->error_code).context : answer.error().context;
            health.problems.push_back({"log-dir-failed", "cannot ask " + name + " for its directories: " + why});
            continue;
        }
        health.log_dirs += answer->results.size();
        add(health.problems, log_dir_problems(broker.node_id, *answer, options.disk_free_percent_min));
    }
    const auto controller = client.metadata().controller_id;
    if (controller < 0) health.problems.push_back({"no-controller", "no broker leads the metadata: nothing can be changed"});
}

// A few hundred topics a request: an answer holds every one's setting.
Result<std::map<std::string, std::int32_t>> min_insync_replicas(WireClient& client, const wire::MetadataResponse& metadata) {
    constexpr std::size_t kTogether = 500;
    std::map<std::string, std::int32_t> found;
    for (std::size_t first = 0; first < metadata.topics.size(); first += kTogether) {
        wire::DescribeConfigsRequest request;
        for (auto at = first; at < std::min(first + kTogether, metadata.topics.size()); ++at) {
            auto& asked = request.resources.emplace_back();
            asked.resource_type = static_cast<std::int8_t>(ResourceKind::kTopic);
            asked.resource_name = metadata.topics[at].name.value_or("");
            asked.configuration_keys = {"min.insync.replicas"};
        }
        MOLDAU_TRY_ASSIGN(answer, client.any().call<wire::DescribeConfigsResponse>(request));
        for (const auto& topic : answer.results) {
            for (const auto& entry : topic.configs) {
                const auto value = entry.value.value_or("");
                std::int32_t number = 1;
                std::from_chars(value.data(), value.data() + value.size(), number);
                if (entry.name == "min.insync.replicas") found[topic.resource_name] = number;
            }
        }
    }
    return found;
}

Result<void> check_partitions(WireClient& client, Health& health) {
    MOLDAU_TRY_ASSIGN(metadata, client.all_topics());
    for (const auto& topic : metadata.topics) health.partitions += topic.partitions.size();
    MOLDAU_TRY_ASSIGN(min_insync, min_insync_replicas(client, metadata));
    add(health.problems, partition_problems(metadata, min_insync));
    return {};
}

Result<std::string> ask_readyz(const Endpoint& endpoint, std::chrono::milliseconds timeout) {
    constexpr std::size_t kAnswerBytesMax = 64 << 10;
    MOLDAU_TRY_ASSIGN(connection, Connection::open(endpoint, timeout));
    const std::string request =
        "GET /readyz HTTP/1.1\r\nHost: " + endpoint.text() + "\r\nConnection: close\r\nAccept: */*\r\n\r\n";
    MOLDAU_TRY(connection.send(bytes::ChunkList{bytes::View::copy_of(request)}));
    MOLDAU_TRY_ASSIGN(answer, connection.receive_all(kAnswerBytesMax));
    return answer.substr(0, answer.find("\r\n"));
}

void check_admin(const Global& global, const ClusterHealth& options, Health& health) {
    if (options.admin.empty()) return;
    const auto endpoints = parse_endpoints(options.admin);  // checked by the grammar
    const auto status = ask_readyz(endpoints->front(), global.timeout);
    if (status && status->starts_with("HTTP/") && status->find(" 200") != status->npos) return;
    const auto why = status ? "says '" + *status + "'" : "does not answer: " + status.error().context;
    health.problems.push_back({"not-ready", "the admin listener " + options.admin + " " + why});
}

void print_json(const Health& health) {
    wire::JsonWriter json;
    json.begin_object();
    json.member("healthy", health.problems.empty());
    json.member("brokers", health.brokers);
    json.member("partitions", health.partitions);
    json.member("logDirs", health.log_dirs);
    json.key("problems");
    json.begin_array();
    for (const auto& problem : health.problems) {
        json.begin_object();
        json.member("kind", problem.kind);
        json.member("text", problem.text);
        json.end_object();
    }
    json.end_array();
    json.member("unknown", health.unknown);
    json.end_object();
    print(json.take() + "\n");
}

void print_text(const Health& health) {
    constexpr std::size_t kShown = 50;  // of thousands of partitions nobody reads the rest
    const auto shown = std::min(kShown, health.problems.size());
    for (std::size_t at = 0; at < shown; ++at) print(health.problems[at].kind + ": " + health.problems[at].text + "\n");
    if (shown < health.problems.size()) {
        print("and " + std::to_string(health.problems.size() - shown) + " more: --output json has all\n");
    }
    for (const auto& what : health.unknown) print("not known: " + what + "\n");
    const std::string verdict = health.problems.empty() ? "healthy" : "not healthy";
    print(verdict + ": " + counted(health.brokers, "broker") + ", " + counted(health.partitions, "partition") + ", " +
          counted(health.log_dirs, "data directory", "data directories") + "\n");
}

}  // namespace

Result<void> run(const Global& global, const ClusterHealth& options) {
    MOLDAU_TRY_ASSIGN(client, WireClient::connect(global));
    Health health;
    check_brokers(client, options, health);
    MOLDAU_TRY(check_partitions(client, health));
    check_admin(global, options, health);
    if (global.output == Output::kJson) {
        print_json(health);
    } else {
        print_text(health);
    }
    if (health.problems.empty()) return {};
    const auto count = health.problems.size();
    return fail(Errc::kUnknownServerError,
                "the cluster is not healthy: " + std::to_string(count) + (count == 1 ? " problem" : " problems"));
}

}  // namespace moldau::cli
