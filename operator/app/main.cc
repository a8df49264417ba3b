// moldau-operator: turns Cluster and Topic resources into running brokers and topics, until SIGTERM or SIGINT.
//
// Exit status: 0 after a clean stop, 1 when something failed or the lease was lost, 2 when the command line is wrong.

#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "base/logger.h"
#include "operator/api/catalogue.h"
#include "operator/app/command_line.h"
#include "operator/app/logging.h"
#include "operator/app/operator.h"
#include "operator/broker_api/grpc_broker_api.h"
#include "operator/kube/authorized_transport.h"
#include "operator/kube/cpprest_transport.h"
#include "operator/kube/in_cluster.h"
#include "operator/loop/real_loop.h"
#include "operator/metrics/process.h"

namespace {

using namespace moldau;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr const char* kModule = "app";

// One thread does the work and the others pass bytes on: heaps of their own would be memory for nothing.
constexpr int kArenasMax = 1;
// Fixed, or it would grow with what is freed: large buffers, which come with lists, go back to the system at once.
constexpr int kMappedFrom = 64 << 10;
constexpr Millis kTrimEvery{60'000};

std::string host_name() {
    char name[256] = {};
    return gethostname(name, sizeof(name) - 1) == 0 ? name : "moldau-operator";
}

void complete(app::OperatorOptions& options, const kube::ConnectionSpec& connection) {
    std::random_device device;
    options.seed = (std::uint64_t{device()} << 32U) | device();
    if (options.pod_name.empty()) options.pod_name = host_name();
    if (options.own_namespace.empty()) options.own_namespace = connection.ns.empty() ? "default" : connection.ns;
}

// Everything that serves HTTP. Lifetime: before the loop.
struct Servers {
    std::unique_ptr<serve::HttpServer> metrics;
    std::unique_ptr<serve::HttpServer> health;
};

Result<std::unique_ptr<serve::HttpServer>> serve_on(const std::string& address, serve::HttpRoutes routes) {
    if (address.empty()) return std::unique_ptr<serve::HttpServer>{};
    MOLDAU_TRY_ASSIGN(parsed, serve::parse_http_address(address));
    return serve::serve_http(parsed, std::move(routes));
}

Result<Servers> serve(const app::OperatorOptions& options, loop::Loop& loop, metrics::Registry& metrics,
                      const serve::Health& health) {
    Servers servers;
    // Counters live on the loop: it answers.
    serve::HttpRoutes routes{
        {"/metrics", [&loop, &metrics](serve::HttpReply reply) {
             loop.post([&metrics, reply = std::move(reply)] {
                 reply({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics.text()});
             });
         }}};
    MOLDAU_TRY_ASSIGN(metrics_server, serve_on(options.metrics_address, std::move(routes)));
    servers.metrics = std::move(metrics_server);
    MOLDAU_TRY_ASSIGN(health_server, serve_on(options.health_address, serve::health_routes(health)));
    servers.health = std::move(health_server);
    return servers;
}

void end_at_once(int) { _exit(kFailed); }

// The first signal asks for a clean stop, a second one ends the process.
void wait_for_signal(sigset_t signals, loop::Loop& loop, loop::Cancel& cancel) {
    int number = 0;
    sigwait(&signals, &number);
    std::signal(SIGINT, end_at_once);
    std::signal(SIGTERM, end_at_once);
    loop.post([number, &cancel] {
        LOG_INFO(kModule, "stopping signal={}", strsignal(number));
        cancel.request();
    });
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

// What a burst of work needed goes back to the node once it is over.
void give_memory_back(loop::Loop& loop) {
    loop.call_after(kTrimEvery, [&loop] {
        malloc_trim(0);
        give_memory_back(loop);
    });
}

void lose() {
    app::flush_logging();
    // Nothing that is under way may go on.
    _exit(kFailed);
}

// What ran has ended: the transport's connections are closed, then the loop ends.
Task<void> run_all(app::Operator& the_operator, kube::Transport& transport, loop::RealLoop& loop, loop::Cancel& cancel) {
    static_cast<void>(co_await the_operator.run(cancel));
    co_await transport.stop();
    loop.stop();
}

int run(app::OperatorOptions options, const kube::ConnectionSpec& connection, const sigset_t& signals) {
    loop::RealLoop loop;
    metrics::Registry metrics;
    metrics::collect_process(metrics);
    metrics.value(metrics::Metric::kInfo, {MOLDAU_VERSION}) = 1;
    serve::Health health;
    kube::ConnectionSource source{loop, connection};
    kube::AuthorizedTransport transport{
        loop, source, [&loop](const kube::Endpoint& endpoint) { return kube::CpprestTransport::create(loop, endpoint); }};
    broker_api::GrpcBrokerApiFactory brokers{loop};
    auto servers = serve(options, loop, metrics, health);
    if (!servers) {
        LOG_ERROR(kModule, "cannot start error=\"{}\"", servers.error().to_string());
        return kFailed;
    }
    LOG_INFO(kModule, "starting version={} name={} api={} namespaces={}", MOLDAU_VERSION, options.pod_name,
             connection.origin, options.watch_namespace.empty() ? "all" : options.watch_namespace);
    app::Operator the_operator{
        {.loop = loop, .transport = transport, .brokers = brokers, .metrics = metrics, .health = health, .on_lost = lose},
        std::move(options)};
    loop::Cancel cancel;
    std::jthread waiter{[&] { wait_for_signal(signals, loop, cancel); }};
    give_memory_back(loop);
    spawn(run_all(the_operator, transport, loop, cancel), [] {});
    loop.run();
    // A scrape under way still needs the loop to answer it.
    std::jthread closer{[&] {
        *servers = {};
        loop.stop();
    }};
    loop.run();
    LOG_INFO(kModule, "stopped cleanly");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    mallopt(M_ARENA_MAX, kArenasMax);
    mallopt(M_MMAP_THRESHOLD, kMappedFrom);
    const auto environment = kube::process_environment();
    auto line = app::parse_command_line(argc, argv, environment);
    if (line.exit_status) return *line.exit_status;
    if (line.print == app::CommandLine::Print::kMetricsDocs) return std::fputs(metrics::metrics_page().c_str(), stdout) < 0;
    if (line.print == app::CommandLine::Print::kConditionsDocs)
        return std::fputs(api::conditions_page().c_str(), stdout) < 0;

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    // Before the first thread: all inherit it, so that only one hears them.
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    app::start_logging(line.options);
    const auto connection = kube::find_connection({line.options.kubeconfig, line.options.context}, environment);
    if (!connection) {
        LOG_ERROR(kModule, "no way to the API server error=\"{}\"", connection.error().to_string());
        return kUsage;
    }
    complete(line.options, *connection);
    const int status = run(std::move(line.options), *connection, signals);
    app::flush_logging();
    return status;
}
