// Sends and waits for admin requests.

#include "cli/frame/admin_call.h"

#include <array>

namespace moldau::cli {

AdminCall::AdminCall(Client& client, rd_kafka_admin_op_t operation)
    : client_(client),
      queue_(rd_kafka_queue_new(client.handle())),
      options_(rd_kafka_AdminOptions_new(client.handle(), operation)) {
    std::array<char, 256> reason{};
    rd_kafka_AdminOptions_set_request_timeout(options_.get(), client.timeout_ms(), reason.data(), reason.size());
    // Topic requests alone have it; the others answer that they do not, which is as good.
    rd_kafka_AdminOptions_set_operation_timeout(options_.get(), client.timeout_ms(), reason.data(), reason.size());
}

Result<OwnedEvent> AdminCall::wait(const std::string& what) {
    constexpr int kGraceMs = 1000;  // librdkafka's own deadline comes first and says more
    OwnedEvent event{rd_kafka_queue_poll(queue_.get(), client_.timeout_ms() + kGraceMs)};
    if (event == nullptr) return fail(failed(what, RD_KAFKA_RESP_ERR__TIMED_OUT));
    const auto code = rd_kafka_event_error(event.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(failed(what, code, rd_kafka_event_error_string(event.get())));
    return event;
}

void Failures::add(Error error) {
    if (error_.code == Errc::kNone) {
        error_ = std::move(error);
    } else {
        error_.context += '\n' + error.context;
    }
}

Result<void> Failures::result() const {
    if (error_.code == Errc::kNone) return {};
    return fail(error_);
}

}  // namespace moldau::cli
