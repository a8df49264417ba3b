// librdkafka's handle: settings, first contact, errors.

#include "cli/frame/client.h"

#include <algorithm>
#include <array>
#include <span>

namespace moldau::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void drop_log_line(const rd_kafka_t*, int, const char*, const char*) {}

// librdkafka's own codes, which are below Kafka's.
Errc own_errc(rd_kafka_resp_err_t code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR__TRANSPORT:
        case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
        case RD_KAFKA_RESP_ERR__RESOLVE:
            return Errc::kNetworkException;
        case RD_KAFKA_RESP_ERR__TIMED_OUT:
        case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
            return Errc::kTimedOut;
        case RD_KAFKA_RESP_ERR__INVALID_ARG:
            return Errc::kUsage;
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
            return Errc::kUnknownTopicOrPartition;
        default:
            return Errc::kUnknownServerError;
    }
}

}  // namespace

Error to_error(rd_kafka_resp_err_t code, std::string context) {
    return {code >= RD_KAFKA_RESP_ERR_UNKNOWN ? static_cast<Errc>(code) : own_errc(code), std::move(context)};
}

Error failed(const std::string& what, rd_kafka_resp_err_t code, const char* text) {
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT) return to_error(code, what + ": no answer in time, try a longer --timeout");
    const char* reason = text != nullptr && *text != '\0' ? text : rd_kafka_err2str(code);
    return to_error(code, what + ": " + reason);
}

Result<std::unique_ptr<Client>> Client::connect(const Global& global, ClientOptions options) {
    std::unique_ptr<Client> client{new Client(global, std::move(options))};
    MOLDAU_TRY(client->open());
    MOLDAU_TRY(client->await_broker());
    return client;
}

Client::~Client() {
    if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

Result<void> Client::set(rd_kafka_conf_t* conf, const std::vector<KeyValue>& properties) {
    std::array<char, 512> reason{};
    for (const auto& [key, value] : properties) {
        if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), reason.data(), reason.size()) != RD_KAFKA_CONF_OK) {
            return fail(Errc::kUsage, "cannot set " + key + "=" + value + ": " + reason.data());
        }
    }
    return {};
}

Result<void> Client::open() {
    constexpr milliseconds kSetupMin{1000};  // librdkafka takes no less
    Owned<rd_kafka_conf_t, rd_kafka_conf_destroy> conf{rd_kafka_conf_new()};
    MOLDAU_TRY(set(conf.get(),
                   {{"bootstrap.servers", global_.brokers},
                    {"client.id", "moldau"},
                    {"reconnect.backoff.max.ms", "1000"},
                    {"socket.connection.setup.timeout.ms", std::to_string(std::max(global_.timeout, kSetupMin).count())}}));
    MOLDAU_TRY(set(conf.get(), options_.properties));
    MOLDAU_TRY(set(conf.get(), global_.properties));
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_error_cb(conf.get(), on_error);
    if (options_.on_delivery) rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivered);
    if (options_.on_rebalance) rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
    if (global_.verbosity == Verbosity::kQuiet) rd_kafka_conf_set_log_cb(conf.get(), drop_log_line);
    std::array<char, 512> reason{};
    handle_ = rd_kafka_new(options_.type, conf.get(), reason.data(), reason.size());
    if (handle_ == nullptr) return fail(Errc::kUsage, "cannot start the client: " + std::string(reason.data()));
    conf.release();  // the handle has taken it
    return {};
}

// Asks in short turns, because only between them is it told that every broker refused.
Result<void> Client::await_broker() {
    constexpr int kPauseMs = 20;
    const auto deadline = Clock::now() + global_.timeout;
    milliseconds turn{250};
    while (true) {
        const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
        const rd_kafka_metadata_t* answer = nullptr;
        const int wait_ms = static_cast<int>(std::clamp(left, milliseconds{1}, turn).count());
        if (rd_kafka_metadata(handle_, 0, nullptr, &answer, wait_ms) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            rd_kafka_metadata_destroy(answer);
            return {};
        }
        rd_kafka_poll(handle_, kPauseMs);
        if (are_all_down_ || Clock::now() >= deadline) {
            return fail(Errc::kNetworkException,
                        "cannot reach " + global_.brokers + ": is the broker running? try --brokers HOST:PORT");
        }
        turn *= 2;
    }
}

Result<OwnedMetadata> Client::metadata() {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(handle_, 1, nullptr, &answer, timeout_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed("cannot list the topics", code));
    return OwnedMetadata{answer};
}

Result<OwnedMetadata> Client::metadata_of(const std::string& topic) {
    const std::string what = "cannot look up topic " + topic;
    const OwnedTopic object{rd_kafka_topic_new(handle_, topic.c_str(), nullptr)};
    if (object == nullptr) return fail(failed(what, rd_kafka_last_error()));
    const rd_kafka_metadata_t* answer = nullptr;
    const auto code = rd_kafka_metadata(handle_, 0, object.get(), &answer, timeout_ms());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed(what, code));
    OwnedMetadata metadata{answer};
    if (metadata->topic_cnt != 1) return fail(Errc::kUnknownTopicOrPartition, what + ": the broker did not answer for it");
    const auto topic_code = metadata->topics[0].err;
    if (topic_code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return fail(to_error(topic_code, "there is no topic " + topic + ": see moldau topic list"));
    }
    if (topic_code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed(what, topic_code));
    return metadata;
}

Result<std::vector<std::int32_t>> Client::partitions_of(const TopicSelection& selection) {
    MOLDAU_TRY_ASSIGN(metadata, metadata_of(selection.topic));
    const auto& topic = metadata->topics[0];
    std::vector<std::int32_t> all;
    for (const auto& one : std::span(topic.partitions, static_cast<std::size_t>(topic.partition_cnt))) all.push_back(one.id);
    std::ranges::sort(all);
    if (selection.partitions.empty()) return all;
    auto chosen = selection.partitions;
    std::ranges::sort(chosen);
    chosen.erase(std::ranges::unique(chosen).begin(), chosen.end());
    for (const auto partition : chosen) {
        if (std::ranges::binary_search(all, partition)) continue;
        return fail(Errc::kUnknownTopicOrPartition, "topic " + selection.topic + " has no partition " +
                                                        std::to_string(partition) + ": it has 0 to " +
                                                        std::to_string(topic.partition_cnt - 1));
    }
    return chosen;
}

void Client::on_error(rd_kafka_t*, int code, const char*, void* self) {
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) static_cast<Client*>(self)->are_all_down_ = true;
}

void Client::on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list, void* self) {
    const bool is_given = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    const bool is_incremental = std::string_view{rd_kafka_rebalance_protocol(handle)} == "COOPERATIVE";
    Rebalance change{is_given ? Rebalance::Kind::kGiven : Rebalance::Kind::kTaken, {}};
    for (int at = 0; at < list->cnt; ++at) change.partitions.push_back(list->elems[at].partition);
    const auto& tell = static_cast<Client*>(self)->options_.on_rebalance;
    if (!is_given) tell(change);
    // An error here shows in the next poll.
    if (is_incremental && is_given) {
        if (auto* error = rd_kafka_incremental_assign(handle, list)) rd_kafka_error_destroy(error);
    } else if (is_incremental) {
        if (auto* error = rd_kafka_incremental_unassign(handle, list)) rd_kafka_error_destroy(error);
    } else {
        rd_kafka_assign(handle, is_given ? list : nullptr);
    }
    if (is_given) tell(change);
}

void Client::on_delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    static_cast<Client*>(self)->options_.on_delivery(*message);
}

}  // namespace moldau::cli
