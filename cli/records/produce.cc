// `moldau produce`: a record from each line of standard input; success is what the broker acknowledged.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "cli/frame/client.h"
#include "cli/frame/lines.h"
#include "cli/frame/print.h"
#include "cli/frame/progress.h"
#include "cli/records/commands.h"
#include "cli/records/record_input.h"
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

using OwnedHeaders = Owned<rd_kafka_headers_t, rd_kafka_headers_destroy>;

OwnedHeaders make_headers(const InputRecord& record) {
    OwnedHeaders headers{rd_kafka_headers_new(record.headers.size())};
    for (const auto& [name, value] : record.headers) {
        rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value ? value->data() : nullptr,
                            value ? static_cast<ssize_t>(value->size()) : 0);
    }
    return headers;
}

// Null to librdkafka is no key or no value; an empty text has a pointer.
decltype(rd_kafka_vu_t::u.mem) memory_of(const std::optional<std::string>& text) {
    if (!text) return {nullptr, 0};
    return {const_cast<char*>(text->data()), text->size()};
}

// One record as librdkafka's list of typed arguments.
using Arguments = std::array<rd_kafka_vu_t, 7>;

Arguments arguments_of(const Produce& options, const InputRecord& record, rd_kafka_headers_t* headers) {
    Arguments list{};
    list[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    list[0].u.cstr = options.topic.c_str();
    list[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    list[1].u.i32 = record.partition.value_or(options.partition);
    list[2].vtype = RD_KAFKA_VTYPE_KEY;
    list[2].u.mem = memory_of(record.key);
    list[3].vtype = RD_KAFKA_VTYPE_VALUE;
    list[3].u.mem = memory_of(record.value);
    list[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    list[4].u.headers = headers;
    list[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    list[5].u.i = RD_KAFKA_MSG_F_COPY;
    list[6].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    list[6].u.i64 = record.timestamp_ms.value_or(0);  // 0: now
    return list;
}

// Waits while librdkafka's queue is full: that bounds the memory.
rd_kafka_resp_err_t send(Client& client, const Produce& options, const InputRecord& record) {
    constexpr int kFullWaitMs = 100;
    while (true) {
        auto headers = make_headers(record);
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

// The length of standard input when it is a file, else 0.
std::int64_t input_bytes() {
    struct stat facts{};
    return ::fstat(STDIN_FILENO, &facts) == 0 && S_ISREG(facts.st_mode) ? facts.st_size : 0;
}

Result<InputRecord> to_record(const Produce& options, std::string_view line) {
    if (options.input == InputForm::kLines) {
        auto record = split_line(line, options.line_rules);
        for (const auto& [name, value] : options.headers) record.headers.emplace_back(name, value);
        return record;
    }
    MOLDAU_TRY_ASSIGN(record, parse_json_record(line));
    if (options.partition >= 0) record.partition.reset();
    for (const auto& [name, value] : options.headers) record.headers.emplace_back(name, value);
    return record;
}

// Sends lines until their end, or until one is no record.
Result<void> send_lines(Client& client, const Produce& options, Counts& counts) {
    Lines lines{stdin};
    Progress progress{input_bytes(), "sending bytes"};
    while (const auto line = lines.next()) {
        const auto record = to_record(options, *line);
        if (!record) {
            return fail(Errc::kMalformed, "line " + std::to_string(lines.count()) +
                                              " is no record, so sending ended before it: " + record.error().context);
        }
        const auto code = send(client, options, *record);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) counts.add(code);
        rd_kafka_poll(client.handle(), 0);
        progress.advance(static_cast<std::int64_t>(line->size()) + 1);
    }
    return lines.status();
}

}  // namespace

Result<void> run(const Global& global, const Produce& options) {
    Counts counts;
    MOLDAU_TRY_ASSIGN(client, Client::connect(global, client_options(global, options, counts)));
    const auto read = send_lines(*client, options, counts);
    // Every record is answered for: message.timeout.ms fails what no broker took, so this ends.
    while (rd_kafka_outq_len(client->handle()) > 0) rd_kafka_flush(client->handle(), client->timeout_ms());
    const auto reported = report(global, options, counts);
    MOLDAU_TRY(read);
    return reported;
}

}  // namespace moldau::cli
