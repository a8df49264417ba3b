// `moldau produce`: a record from each line of standard input; success is what the broker acknowledged.

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "client.h"
#include "lines.h"
#include "print.h"
#include "wire/json_writer.h"

namespace moldau::cli {
namespace {

struct Counts {
    std::int64_t acknowledged = 0;
    std::int64_t failed = 0;
    std::map<rd_kafka_resp_err_t, std::int64_t> reasons;

    void add(rd_kafka_resp_err_t code) {
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            ++acknowledged;
        } else {
            ++failed;
            ++reasons[code];
        }
    }
};

struct Record {
    std::optional<std::string_view> key;
    std::string_view value;
};

Record split(std::string_view line, std::string_view separator) {
    const auto at = separator.empty() ? line.npos : line.find(separator);
    if (at == line.npos) return {std::nullopt, line};
    return {line.substr(0, at), line.substr(at + separator.size())};
}

Owned<rd_kafka_headers_t, rd_kafka_headers_destroy> make_headers(const std::vector<KeyValue>& pairs) {
    Owned<rd_kafka_headers_t, rd_kafka_headers_destroy> headers{rd_kafka_headers_new(pairs.size())};
    for (const auto& [name, value] : pairs) {
        rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
    }
    return headers;
}

// A pointer for librdkafka, to which null means that there is no key: an empty key is not null.
void* pointer_of(std::string_view text) { return const_cast<char*>(text.data() != nullptr ? text.data() : ""); }

// One record as librdkafka's list of typed arguments.
using Arguments = std::array<rd_kafka_vu_t, 6>;

Arguments arguments_of(const Produce& options, const Record& record, rd_kafka_headers_t* headers) {
    const auto key = record.key.value_or(std::string_view{});
    Arguments list{};
    list[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    list[0].u.cstr = options.topic.c_str();
    list[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    list[1].u.i32 = options.partition;
    list[2].vtype = RD_KAFKA_VTYPE_KEY;
    list[2].u.mem = {record.key ? pointer_of(key) : nullptr, key.size()};
    list[3].vtype = RD_KAFKA_VTYPE_VALUE;
    list[3].u.mem = {pointer_of(record.value), record.value.size()};
    list[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    list[4].u.headers = headers;
    list[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    list[5].u.i = RD_KAFKA_MSG_F_COPY;
    return list;
}

// Waits while librdkafka's queue is full: that bounds the memory.
rd_kafka_resp_err_t send(Client& client, const Produce& options, const Record& record) {
    constexpr int kFullWaitMs = 100;
    while (true) {
        auto headers = make_headers(options.headers);
        const auto list = arguments_of(options, record, headers.get());
        const Owned<rd_kafka_error_t, rd_kafka_error_destroy> error{
            rd_kafka_produceva(client.handle(), list.data(), list.size())};
        if (error == nullptr) {
            headers.release();  // librdkafka has taken them
            return RD_KAFKA_RESP_ERR_NO_ERROR;
        }
        const auto code = rd_kafka_error_code(error.get());
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) return code;
        rd_kafka_poll(client.handle(), kFullWaitMs);
    }
}

ClientOptions client_options(const Global& global, const Produce& options, Counts& counts) {
    const bool is_idempotent = options.idempotence == Idempotence::kOn;
    ClientOptions made{.type = RD_KAFKA_PRODUCER};
    made.properties = {{"acks", options.acks},
                       {"compression.codec", options.compression},
                       {"enable.idempotence", is_idempotent ? "true" : "false"},
                       {"linger.ms", "5"},
                       {"message.timeout.ms", std::to_string(std::max<std::int64_t>(global.timeout.count(), 10))}};
    made.on_delivery = [&counts](const rd_kafka_message_t& message) { counts.add(message.err); };
    return made;
}

Result<void> report(const Global& global, const Produce& options, const Counts& counts) {
    if (global.output == Output::kJson) {
        wire::JsonWriter json;
        json.begin_object();
        json.member("topic", options.topic);
        json.member("acknowledged", counts.acknowledged);
        json.member("failed", counts.failed);
        json.end_object();
        print(json.take() + "\n");
    } else {
        print(std::to_string(counts.acknowledged) + (counts.acknowledged == 1 ? " record" : " records") +
              (options.acks == "0" ? " sent\n" : " acknowledged\n"));
    }
    if (counts.failed == 0) return {};
    std::string text =
        std::to_string(counts.failed) + " of " + std::to_string(counts.failed + counts.acknowledged) + " records failed";
    for (const auto& [code, count] : counts.reasons) text += "\n" + std::to_string(count) + ": " + rd_kafka_err2str(code);
    return fail(to_error(counts.reasons.begin()->first, text));
}

}  // namespace

Result<void> run(const Global& global, const Produce& options) {
    Counts counts;
    MOLDAU_TRY_ASSIGN(client, Client::connect(global, client_options(global, options, counts)));
    Lines lines{stdin};
    while (const auto line = lines.next()) {
        const auto code = send(*client, options, split(*line, options.key_separator));
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) counts.add(code);
        rd_kafka_poll(client->handle(), 0);
    }
    // Every record is answered for: message.timeout.ms fails what no broker took, so this ends.
    while (rd_kafka_outq_len(client->handle()) > 0) rd_kafka_flush(client->handle(), client->timeout_ms());
    const auto reported = report(global, options, counts);
    MOLDAU_TRY(lines.status());
    return reported;
}

}  // namespace moldau::cli
