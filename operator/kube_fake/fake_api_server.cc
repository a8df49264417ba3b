// Requests come in, meet their faults, and are answered from the loop.

#include "operator/kube_fake/fake_api_server.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "operator/kube/json.h"
#include "operator/kube_fake/garbage.h"

namespace moldau::kube_fake {

using nlohmann::json;

std::string AuditEntry::summary() const {
    return std::string(kube::method_name(method)) + " " + resource + (subresource.empty() ? "" : "/" + subresource) + " " +
           key.to_string();
}

namespace {

std::vector<kube::Resource> plain_resources() {
    using namespace kube::resources;
    return {events(),          secrets(),        config_maps(), service_accounts(), leases(), controller_revisions(),
            storage_classes(), endpoint_slices()};
}

std::vector<kube::Resource> resources_with_status() {
    using namespace kube::resources;
    return {pods(),
            nodes(),
            services(),
            namespaces(),
            persistent_volumes(),
            persistent_volume_claims(),
            stateful_sets(),
            network_policies(),
            pod_disruption_budgets(),
            custom_resource_definitions(),
            service_monitors(),
            pod_monitors(),
            clusters(),
            topics()};
}

}  // namespace

FakeApiServer::FakeApiServer(loop::Loop& loop, FakeOptions options)
    : loop_(loop), options_(options), writes_(store_), alive_(std::make_shared<bool>(true)) {
    for (auto& resource : plain_resources()) serve({.resource = std::move(resource)});
    for (auto& resource : resources_with_status())
        serve({.resource = std::move(resource), .status = HasStatus::kSubresource});
    store_.on_change = [this](const Change& change) {
        tell_watchers(change);
        if (change.type != Change::Type::kAdded) schedule_garbage_collection();
    };
}

FakeApiServer::~FakeApiServer() { *alive_ = false; }

kube::RequestId FakeApiServer::send(kube::Request request, Done done) {
    return enter(std::move(request), {.done = std::move(done), .stream_done = {}});
}

kube::RequestId FakeApiServer::open(kube::Request request, StreamDone done) {
    return enter(std::move(request), {.done = {}, .stream_done = std::move(done)});
}

kube::RequestId FakeApiServer::enter(kube::Request request, Pending pending) {
    const auto id = kube::RequestId{++last_id_};
    pending.timeout = loop_.call_after(request.timeout, [this, id, alive = alive_] {
        if (*alive) finish(id, fail(Errc::kTimedOut, "no answer in time"), {});
    });
    pending_.emplace(last_id_, std::move(pending));
    auto arrive = [this, id, request = std::move(request), alive = alive_] {
        if (*alive) run(id, request);
    };
    if (options_.latency > Millis{0}) {
        loop_.call_after(options_.latency, std::move(arrive));
    } else {
        loop_.post(std::move(arrive));
    }
    return id;
}

void FakeApiServer::run(kube::RequestId id, const kube::Request& request) {
    if (pending_for(id) == nullptr) return;
    if (stopped_) return finish(id, fail(Errc::kCancelled, "the transport stops"), {});
    const auto target = request.target();
    targets_.push_back(target);
    if (away_) return finish(id, fail(Errc::kClosed, "connection refused"), {});
    const auto fault = take_fault(target);
    if (!fault) return carry_out(id, request, {});
    switch (fault->kind) {
        case Fault::Kind::kAnswer:
            return finish_fault(id, *fault);
        case Fault::Kind::kDropBefore:
            return finish(id, fail(Errc::kClosed, "connection reset by peer"), {});
        case Fault::Kind::kDropAfter:
            static_cast<void>(handle(request));
            return finish(id, fail(Errc::kClosed, "connection reset by peer"), {});
        case Fault::Kind::kHang:
            return;
        case Fault::Kind::kDelay:
            loop_.call_after(fault->delay, [this, id, request, alive = alive_] {
                if (*alive && pending_for(id) != nullptr) carry_out(id, request, {});
            });
            return;
        case Fault::Kind::kCutBody:
            return carry_out(id, request, fault->bytes);
    }
}

void FakeApiServer::carry_out(kube::RequestId id, const kube::Request& request, std::optional<std::size_t> cut_after) {
    const bool is_watch =
        std::ranges::find(request.query, std::pair<std::string, std::string>{"watch", "true"}) != request.query.end();
    const auto target = route(request.path);
    const bool authorized = token_.empty() || request.authorization == "Bearer " + token_;
    if (is_watch && target && authorized && pending_for(id)->stream_done) {
        return open_watch(id, *target->served, target->key.ns, request);
    }
    finish(id, handle(request), cut_after);
}

FakeApiServer::Pending* FakeApiServer::pending_for(kube::RequestId id) {
    const auto found = pending_.find(static_cast<std::uint64_t>(id));
    return found == pending_.end() ? nullptr : &found->second;
}

void FakeApiServer::finish_fault(kube::RequestId id, const Fault& fault) {
    auto answer = refuse(fault.status, "", "injected");
    if (!fault.body.empty()) answer.body = fault.body;
    if (fault.retry_after_seconds) answer.retry_after = std::to_string(*fault.retry_after_seconds);
    finish(id, std::move(answer), {});
}

void FakeApiServer::finish(kube::RequestId id, Result<Answer> answer, std::optional<std::size_t> cut_after) {
    auto node = pending_.extract(static_cast<std::uint64_t>(id));
    if (node.empty()) return;
    auto& pending = node.mapped();
    loop_.cancel_timer(pending.timeout);
    std::map<std::string, std::string> headers{{"content-type", "application/json"}};
    if (answer && !answer->retry_after.empty()) headers["retry-after"] = answer->retry_after;
    if (pending.done) {
        Result<kube::Response> response = fail(Errc::kClosed, "cut in the middle of the answer");
        if (!answer) {
            response = fail(answer.error());
        } else if (!cut_after) {
            response =
                kube::Response{.status = answer->status, .headers = std::move(headers), .body = std::move(answer->body)};
        }
        loop_.post(
            [done = std::move(pending.done), response = std::move(response)]() mutable { done(std::move(response)); });
        return;
    }
    Result<kube::StreamedResponse> response = fail(Errc::kClosed);
    if (answer) {
        auto end = std::make_shared<StreamEnd>(loop_, options_.chunk_bytes);
        end->write(std::string_view(answer->body).substr(0, cut_after.value_or(answer->body.size())));
        cut_after ? end->cut() : end->end();
        response = kube::StreamedResponse{.status = answer->status, .headers = std::move(headers), .body = stream_of(end)};
    } else {
        response = fail(answer.error());
    }
    loop_.post(
        [done = std::move(pending.stream_done), response = std::move(response)]() mutable { done(std::move(response)); });
}

void FakeApiServer::cancel(kube::RequestId request) {
    finish(request, fail(Errc::kCancelled, "the request was cancelled"), {});
}

Task<void> FakeApiServer::stop() {
    stopped_ = true;
    while (!pending_.empty()) cancel(kube::RequestId{pending_.begin()->first});
    for (const auto& watch : watches_) watch.end->cancel();
    watches_.clear();
    co_await loop_.yield();
}

std::optional<Fault> FakeApiServer::take_fault(const std::string& target) {
    for (auto at = faults_.begin(); at != faults_.end(); ++at) {
        if (!target.contains(at->text)) continue;
        auto fault = at->fault;
        if (--at->count == 0) faults_.erase(at);
        return fault;
    }
    return std::nullopt;
}

void FakeApiServer::fail_next(int count, std::string text, Fault fault) {
    CHECK(count > 0);
    faults_.push_back({.count = count, .text = std::move(text), .fault = std::move(fault)});
}

void FakeApiServer::go_away() {
    away_ = true;
    cut_watches();
}

std::vector<AuditEntry> FakeApiServer::mutations() const {
    std::vector<AuditEntry> done;
    for (const auto& entry : audit_) {
        if (entry.status < 300 && !entry.dry_run) done.push_back(entry);
    }
    return done;
}

std::size_t FakeApiServer::count_requests(std::string_view text) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(targets_, [&](const std::string& target) { return target.contains(text); }));
}

void FakeApiServer::serve(Served served) {
    auto name = served.resource.name();
    served_.insert_or_assign(std::move(name), std::move(served));
}

void FakeApiServer::stop_serving(const kube::Resource& resource) { served_.erase(resource.name()); }

kube::Object FakeApiServer::put(const kube::Resource& resource, json object) {
    const auto& served = served_.at(resource.name());
    WriteContext context{
        .served = &served, .key = key_of(object), .subresource = {}, .manager = "test", .now = loop_.wall_now()};
    const auto status = object.contains("status") ? std::optional<json>(object["status"]) : std::nullopt;
    kube::json_erase(object, "/metadata/resourceVersion");
    const bool exists = store_.find(resource.name(), context.key) != nullptr;
    const auto answer = exists ? writes_.replace(context, object) : writes_.create(context, object);
    CHECK(answer.status < 300);
    if (status && served.status == HasStatus::kSubresource) return set(resource, context.key, "/status", *status);
    return *find(resource, context.key);
}

kube::Object FakeApiServer::set(const kube::Resource& resource, const kube::ObjectKey& key, std::string_view pointer,
                                json value) {
    const auto* stored = store_.find(resource.name(), key);
    CHECK(stored != nullptr);
    json object = *stored->object;
    CHECK(kube::json_set(object, pointer, std::move(value)));
    WriteContext context{
        .served = &served_.at(resource.name()), .key = key, .subresource = {}, .manager = "test", .now = loop_.wall_now()};
    const bool to_status = pointer.starts_with("/status") && context.served->status == HasStatus::kSubresource;
    if (to_status) context.subresource = "status";
    CHECK(writes_.replace(context, std::move(object)).status < 300);
    const auto found = find(resource, key);
    return found ? *found : kube::Object{};
}

void FakeApiServer::erase(const kube::Resource& resource, const kube::ObjectKey& key) { store_.erase(resource.name(), key); }

void FakeApiServer::remove(const kube::Resource& resource, const kube::ObjectKey& key) {
    const WriteContext context{
        .served = &served_.at(resource.name()), .key = key, .subresource = {}, .manager = "test", .now = loop_.wall_now()};
    CHECK(writes_.remove(context, nullptr).status < 300);
}

std::optional<kube::Object> FakeApiServer::find(const kube::Resource& resource, const kube::ObjectKey& key) const {
    const auto* stored = store_.find(resource.name(), key);
    if (stored == nullptr) return std::nullopt;
    return kube::Object(*stored->object);
}

std::vector<kube::Object> FakeApiServer::all(const kube::Resource& resource) const {
    std::vector<kube::Object> objects;
    for (const auto& [key, stored] : store_.all(resource.name())) objects.emplace_back(*stored.object);
    return objects;
}

std::vector<std::string> FakeApiServer::owners_of(const kube::Resource& resource, const kube::ObjectKey& key,
                                                  const std::string& field) const {
    std::vector<std::string> managers;
    const auto* stored = store_.find(resource.name(), key);
    if (stored == nullptr) return managers;
    for (const auto& [manager, fields] : stored->owners) {
        if (fields.contains(field)) managers.push_back(manager.manager);
    }
    return managers;
}

void FakeApiServer::collect_all_garbage() {
    while (collect_garbage(store_, loop_.wall_now()) > 0) {
    }
}

void FakeApiServer::schedule_garbage_collection() {
    if (options_.garbage_collection == GarbageCollection::kOff || std::exchange(collecting_, true)) return;
    loop_.post([this, alive = alive_] {
        if (!*alive) return;
        collect_all_garbage();
        collecting_ = false;
    });
}

}  // namespace moldau::kube_fake
