// `moldau broker may-stop`, `prepare-stop` and `stop-progress`.

#include <chrono>
#include <thread>

#include "cli/frame/print.h"
#include "cli/operation/commands.h"
#include "cli/operation/operator_client.h"
#include "cli/operation/stop_text.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

constexpr std::chrono::milliseconds kPoll{100};

void print_progress(const Global& global, const pb::StopProgress& progress) {
    if (global.output == Output::kJson) {
        wire::JsonWriter json;
        put_progress(json, progress);
        return print(json.take() + "\n");
    }
    std::string line = "broker " + std::to_string(progress.broker_id()) + ": " + std::string(stop_state_name(progress));
    if (progress.state() == pb::StopProgress::PREPARING) {
        line += ", " + std::to_string(progress.partitions_left()) + " of " + std::to_string(progress.partitions_total()) +
                " partitions left";
    }
    if (progress.state() == pb::StopProgress::PREPARED) {
        line += ": stop it within " + std::to_string(progress.valid_for_ms() / 1000) + " s";
    }
    print(line + "\n");
    print_reasons(progress.reasons());
}

void print_verdict(const Global& global, std::int32_t broker, const pb::MayStopResponse& verdict) {
    if (global.output == Output::kJson) {
        wire::JsonWriter json;
        json.begin_object();
        json.member("broker", broker);
        json.member("epoch", verdict.broker_epoch());
        json.member("mayStop", verdict.may_stop());
        json.member("partitionsUnavailable", verdict.partitions_unavailable());
        put_reasons(json, verdict.reasons());
        json.end_object();
        return print(json.take() + "\n");
    }
    print("broker " + std::to_string(broker) + (verdict.may_stop() ? " may stop\n" : " must not stop\n"));
    print_reasons(verdict.reasons());
}

Result<pb::StopProgress> ask_progress(OperatorClient& client, std::int32_t broker) {
    pb::GetStopProgressRequest request;
    request.set_broker_id(broker);
    return client.call(&pb::OperatorApi::Stub::GetStopProgress, request, "cannot ask for the progress");
}

}  // namespace

Result<void> run(const Global& global, const BrokerMayStop& options) {
    OperatorClient client{global, options.api};
    MOLDAU_TRY_ASSIGN(broker, client.broker_or_self(options.broker));
    pb::MayStopRequest request;
    request.set_broker_id(broker);
    MOLDAU_TRY_ASSIGN(verdict,
                      client.call(&pb::OperatorApi::Stub::MayStop, request, "cannot ask whether the broker may stop"));
    print_verdict(global, broker, verdict);
    if (verdict.may_stop()) return {};
    return fail(Errc::kUnknownServerError, "broker " + std::to_string(broker) + " must not stop now");
}

Result<void> run(const Global& global, const BrokerPrepareStop& options) {
    OperatorClient client{global, options.api};
    MOLDAU_TRY_ASSIGN(broker, client.broker_or_self(options.broker));
    MOLDAU_TRY_ASSIGN(now, ask_progress(client, broker));
    pb::PrepareToStopRequest request;
    request.set_broker_id(broker);
    request.set_broker_epoch(now.broker_epoch());
    const auto deadline = std::chrono::steady_clock::now() + global.timeout;
    auto progress = client.call(&pb::OperatorApi::Stub::PrepareToStop, request, "cannot prepare the stop");
    const bool waits = options.wait == BrokerPrepareStop::Wait::kYes;
    while (waits && progress && progress->state() == pb::StopProgress::PREPARING) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return fail(Errc::kRequestTimedOut, "the broker is still preparing: give it more --timeout");
        }
        std::this_thread::sleep_for(kPoll);
        progress = ask_progress(client, broker);
    }
    if (!progress) return fail(std::move(progress).error());
    print_progress(global, *progress);
    return {};
}

Result<void> run(const Global& global, const BrokerStopProgress& options) {
    OperatorClient client{global, options.api};
    MOLDAU_TRY_ASSIGN(broker, client.broker_or_self(options.broker));
    MOLDAU_TRY_ASSIGN(progress, ask_progress(client, broker));
    print_progress(global, progress);
    return {};
}

}  // namespace moldau::cli
