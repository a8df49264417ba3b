// Wiring, and the one straight line of run().

#include "operator/app/operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/logger.h"
#include "operator/decide/observed.h"
#include "operator/loop/signal.h"

namespace moldau::app {
namespace {

constexpr std::string_view kModule = "app";
constexpr Millis kBeat{1'000};
constexpr Millis kComplainAfter{30'000};
// A feed that tells more than this at once is catching up, not somebody's edit.
constexpr std::size_t kLiveTopicsMax = 100;

using controller::Priority;

kube::ClientOptions client_options(const OperatorOptions& options, metrics::Registry& metrics) {
    kube::ClientOptions client;
    client.in_flight_max = options.requests_max;
    client.seed = options.seed;
    client.on_request = [&metrics](const kube::RequestEvent& event) {
        using metrics::Metric;
        metrics.value(Metric::kApiRequests, {std::string(event.code), std::string(event.method), "kube-apiserver"}) += 1;
        metrics.histogram(Metric::kApiRequestSeconds, {std::string(event.method)})
            .observe(std::chrono::duration<double>(event.duration).count());
    };
    return client;
}

kube::ClientOptions lease_options(const OperatorOptions& options, metrics::Registry& metrics) {
    auto client = controller::lease_client_options();
    client.seed = options.seed;
    client.on_request = client_options(options, metrics).on_request;
    return client;
}

specs::Environment environment(const OperatorOptions& options) {
    specs::Environment environment;
    environment.broker_image = options.broker_image;
    environment.operator_namespace = options.own_namespace;
    return environment;
}

controller::EventRecorderOptions event_options(const OperatorOptions& options) {
    controller::EventRecorderOptions events;
    events.instance = options.pod_name;
    return events;
}

controller::LeaderElectionOptions election_options(const OperatorOptions& options) {
    controller::LeaderElectionOptions election;
    election.lease = {options.own_namespace, options.lease};
    // No other process bears this name, the earlier life of this container included: it must win the lease again.
    election.identity = fmt::format("{}_{:016x}", options.pod_name, options.seed);
    return election;
}

Priority priority_of(const informer::Change& change) {
    return change.source == informer::Source::kWatch ? Priority::kLive : Priority::kBulk;
}

// A step looks again by itself after what it wrote.
bool is_ours(const informer::Change& change) { return change.source == informer::Source::kOwnWrite; }

// Does a Topic have reason to look at its Cluster again?
bool matters_to_topics(const informer::Change& change) {
    if (!change.before || !change.after) return change.kind != informer::ChangeKind::kResync;
    const auto pause = [](const kube::Object& cluster) { return cluster.bool_at("/spec/paused").value_or(false); };
    return pause(*change.before) != pause(*change.after) || change.before->is_deleting() != change.after->is_deleting() ||
           change.before->uid() != change.after->uid();
}

}  // namespace

Operator::Operator(Surroundings surroundings, OperatorOptions options)
    : loop_(surroundings.loop),
      health_(surroundings.health),
      metrics_(surroundings.metrics),
      on_lost_(std::move(surroundings.on_lost)),
      options_(std::move(options)),
      client_(loop_, surroundings.transport, client_options(options_, metrics_)),
      lease_client_(loop_, surroundings.transport, lease_options(options_, metrics_)),
      informers_(client_, metrics_),
      kinds_(informers_, options_.watch_namespace),
      observer_(kinds_, environment(options_)),
      events_(client_, event_options(options_), metrics_),
      links_(loop_, surroundings.brokers, metrics_, link_events()),
      cluster_step_(loop_, hands(), observer_, links_,
                    {.gone = [this](const auto& cluster) { touch_topics(cluster, Priority::kBulk); },
                     .broker_replaced = [this](const auto& cluster) { on_broker_replaced(cluster); }}),
      topics_step_(loop_, hands(), observer_, links_, book_),
      clusters_(loop_, cluster_step_, metrics_,
                {.step = {.name = "cluster", .seed = options_.seed}, .workers = options_.cluster_workers}),
      topics_(loop_, topics_step_, metrics_,
              {.step = {.name = "topic", .seed = options_.seed},
               .batch_max = options_.topics_batch_max,
               .batches_per_group = options_.topic_batches}),
      election_(lease_client_, election_options(options_), metrics_),
      wake_(loop_) {
    watch_kinds();
    metrics_.on_collect([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) collect();
    });
}

Operator::~Operator() { CHECK(background_.count() == 0 && beat_ == loop::TimerId::kNone); }

apply::Hands Operator::hands() {
    return {.client = client_, .kinds = kinds_, .events = events_, .metrics = metrics_, .may_write = [this] {
                return options_.leader_elect == LeaderElect::kNo || election_.is_leading();
            }};
}

observe::LinksEvents Operator::link_events() {
    return {.changed = [this](const auto& cluster) { touch_cluster(cluster, Priority::kLive); },
            .topics_changed = [this](const auto& cluster, const auto& names) { on_topics_changed(cluster, names); },
            .topics_known = [this](const auto& cluster) { touch_topics(cluster, Priority::kBulk); }};
}

void Operator::watch_kinds() {
    kinds_.clusters.on_change([this](const auto& change) { on_cluster(change); });
    kinds_.topics.on_change([this](const auto& change) { on_topic(change); });
    kinds_.nodes.on_change([this](const auto& change) { on_node(change); });
    kinds_.volumes.on_change([this](const auto& change) { on_volume(change); });
    kinds_.claims.on_change([this](const auto& change) { on_owned(change); });
    kinds_.pods.on_change([this](const auto& change) { on_owned(change); });
    for (auto* informer : kinds_.owned) informer->on_change([this](const auto& change) { on_owned(change); });
}

void Operator::touch_cluster(const kube::ObjectKey& cluster, Priority priority) { clusters_.add(cluster, priority); }

void Operator::touch_topic(const kube::ObjectKey& topic, Priority priority) {
    if (const auto found = book_.find(topic)) topics_.add(observe::cluster_of(*found), topic, priority);
}

void Operator::touch_topics(const kube::ObjectKey& cluster, Priority priority) {
    for (const auto& topic : book_.of_cluster(cluster)) topics_.add(cluster, topic, priority);
}

void Operator::on_cluster(const informer::Change& change) {
    if (is_ours(change)) return;
    touch_cluster(change.key, Priority::kLive);
    if (matters_to_topics(change)) touch_topics(change.key, Priority::kBulk);
}

void Operator::on_topic(const informer::Change& change) {
    for (const auto& key : book_.take(change))
        if (!is_ours(change)) touch_topic(key, priority_of(change));
}

// A pod's word about itself is a reason to ask its broker.
void Operator::on_owned(const informer::Change& change) {
    if (is_ours(change)) return;
    for (const auto* object : {&change.before, &change.after}) {
        const auto cluster = *object ? observe::cluster_of(**object) : std::nullopt;
        if (!cluster) continue;
        touch_cluster(*cluster, priority_of(change));
        if (auto* link = links_.find(*cluster); link != nullptr && (*object)->kind() == "Pod") link->poke();
    }
}

// Nodes tell that they live every few seconds: only what a decision would see matters.
void Operator::on_node(const informer::Change& change) {
    if (change.before && change.after && decide::read_node(*change.before) == decide::read_node(*change.after)) return;
    for (const auto& pod : kinds_.pods.store().list_by(observe::kByNode, change.key.name))
        if (const auto cluster = observe::cluster_of(pod)) touch_cluster(*cluster, Priority::kLive);
}

void Operator::on_volume(const informer::Change& change) {
    const auto& volume = change.after ? change.after : change.before;
    if (!volume) return;
    const kube::ObjectKey key{volume->string_at("/spec/claimRef/namespace").value_or(""),
                              volume->string_at("/spec/claimRef/name").value_or("")};
    const auto claim = kinds_.claims.store().get(key);
    if (const auto cluster = claim ? observe::cluster_of(*claim) : std::nullopt) touch_cluster(*cluster, Priority::kLive);
}

void Operator::on_topics_changed(const kube::ObjectKey& cluster, const std::vector<std::string>& names) {
    const auto priority = names.size() <= kLiveTopicsMax ? Priority::kLive : Priority::kBulk;
    for (const auto& name : names)
        for (const auto& topic : book_.of_topic(cluster, name)) topics_.add(cluster, topic, priority);
}

void Operator::on_broker_replaced(const kube::ObjectKey& cluster) {
    for (const auto& topic : book_.forget_broker(cluster)) topics_.add(cluster, topic, Priority::kBulk);
}

void Operator::beat() {
    health_.beat();
    beat_ = loop_.call_after(kBeat, [this] { beat(); });
}

void Operator::collect() {
    using metrics::Metric;
    for (const auto status : {api::ConditionStatus::kTrue, api::ConditionStatus::kFalse, api::ConditionStatus::kUnknown}) {
        const std::string name(api::status_name(status));
        metrics_.value(Metric::kResources, {"Topic", name}) = static_cast<double>(book_.count_ready(status));
        metrics_.value(Metric::kResources, {"Cluster", name}) = 0;
    }
    for (const auto& object : kinds_.clusters.store().list()) {
        const auto cluster = api::read_cluster(object);
        const auto* ready = api::find_condition(cluster.status.conditions, "Ready");
        const auto status = ready == nullptr ? api::ConditionStatus::kUnknown : ready->status;
        metrics_.value(Metric::kResources, {"Cluster", std::string(api::status_name(status))}) += 1;
    }
}

bool Operator::is_idle() const {
    return is_leading_ && informers_.are_settled() && clusters_.is_idle() && topics_.is_idle();
}

Task<Exit> Operator::run(loop::Cancel& cancel) {
    beat();
    informers_.start();
    const auto forwarded = cancel.on_request([this] { wake_.raise(); });
    if (co_await win_lease(cancel) && co_await wait_for_lists(cancel) && !is_lost_) {
        is_leading_ = true;
        health_.enter(serve::Phase::kLeading);
        LOG_INFO(kModule, "working topics={} clusters={}", book_.size(), kinds_.clusters.store().size());
        events_.start();
        clusters_.start();
        topics_.start();
        while (!cancel.requested() && !is_lost_) static_cast<void>(co_await wake_.wait(cancel));
    }
    health_.enter(serve::Phase::kStopping);
    LOG_INFO(kModule, "stopping");
    is_leading_ = false;
    co_await stop_work();
    co_await stop_rest();
    co_return is_lost_ ? Exit::kLost : Exit::kStopped;
}

// False: cancelled.
Task<bool> Operator::win_lease(loop::Cancel& cancel) {
    if (options_.leader_elect == LeaderElect::kNo) co_return !cancel.requested();
    health_.enter(serve::Phase::kStandingBy);
    const auto acquired = co_await election_.acquire(cancel);
    if (!acquired) co_return false;
    background_.start(hold_lease());
    co_return true;
}

Task<void> Operator::hold_lease() {
    co_await election_.hold(lease_cancel_, [this] {
        is_lost_ = true;
        if (on_lost_) on_lost_();
        wake_.raise();
    });
}

// False: cancelled, or the lease is lost. What is missing is said again and again.
Task<bool> Operator::wait_for_lists(loop::Cancel& cancel) {
    health_.enter(serve::Phase::kSyncing);
    while (!cancel.requested() && !is_lost_) {
        const auto synced = co_await informers_.wait_synced(loop_.mono_now() + kComplainAfter, cancel);
        if (synced) co_return true;
        if (synced.error().code == Errc::kTimedOut) LOG_WARNING(kModule, "still waiting {}", synced.error().context);
    }
    co_return false;
}

// Steps under way may end by themselves for a while; then their requests are cancelled, which ends them.
Task<void> Operator::stop_work() {
    const auto patience = is_lost_ ? Millis{0} : options_.stop_patience;
    auto timer = loop_.call_after(patience, [this] { background_.start(client_.stop()); });
    co_await clusters_.stop();
    co_await topics_.stop();
    co_await links_.stop();
    co_await events_.stop();
    loop_.cancel_timer(timer);
}

Task<void> Operator::stop_rest() {
    co_await informers_.stop();
    lease_cancel_.request();
    co_await client_.stop();
    co_await background_.stop();
    co_await lease_client_.stop();
    loop_.cancel_timer(std::exchange(beat_, loop::TimerId::kNone));
}

}  // namespace moldau::app
