// `moldau consume`: prints records until told to stop, and commits, for a group, only what was written out.

#include <unistd.h>

#include "cli/frame/interrupt.h"
#include "cli/frame/print.h"
#include "cli/frame/progress.h"
#include "cli/records/end_watch.h"
#include "cli/records/record_source.h"

namespace moldau::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::optional<std::string_view> text_of(const void* data, std::size_t bytes) {
    if (data == nullptr) return std::nullopt;
    return std::string_view{static_cast<const char*>(data), bytes};
}

RecordFields fields_of(const rd_kafka_message_t& message) {
    rd_kafka_timestamp_type_t type{};
    RecordFields fields{.topic = rd_kafka_topic_name(message.rkt), .partition = message.partition, .offset = message.offset};
    fields.timestamp_ms = rd_kafka_message_timestamp(&message, &type);
    fields.key = text_of(message.key, message.key_len);
    fields.value = text_of(message.payload, message.len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return fields;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t bytes = 0;
    for (std::size_t index = 0; rd_kafka_header_get_all(headers, index, &name, &value, &bytes) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++index) {
        fields.headers.push_back({name, text_of(value, bytes)});
    }
    return fields;
}

Error read_error(const Consume& options, const rd_kafka_message_t& message) {
    const std::string what = "cannot read " + options.topic + "-" + std::to_string(message.partition);
    if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        return {Errc::kOffsetOutOfRange, what + ": there is no such offset, see moldau topic describe " + options.topic};
    }
    return failed(what, message.err, rd_kafka_message_errstr(&message));
}

// Counts only where it does not stand between the records.
ProgressScreen progress_screen() {
    return ::isatty(STDOUT_FILENO) != 0 ? ProgressScreen{} : ProgressScreen::standard_error();
}

// Reads, prints and counts. Lifetime: one run of the command.
class Reader {
public:
    Reader(const Global& global, const Consume& options, RecordSource& source)
        : global_(global),
          options_(options),
          source_(source),
          progress_(options.count.value_or(0), "reading records", progress_screen()) {
        if (options.group.empty()) ends_.give(source.chosen_partitions());
    }

    Result<void> run(const Interrupt& interrupt) {
        while (!is_done_ && !interrupt.came()) {
            const auto message = source_.poll();
            MOLDAU_TRY(rebalanced_);
            if (message != nullptr) MOLDAU_TRY(take(*message));
            // A quiet topic's records are to be seen at once, a busy one's cheaply.
            if (message == nullptr || Clock::now() - written_ > kWriteEvery) MOLDAU_TRY(write());
            if (message == nullptr) check_end();
        }
        progress_.finish();
        return write();
    }

    // From within `poll`. What was read of a partition that goes is committed while that is still allowed; one that comes
    // back is read again from there, so its end is not reached any more.
    void rebalance(const Rebalance& change) {
        if (change.kind == Rebalance::Kind::kGiven) return ends_.give(change.partitions);
        rebalanced_ = write();
        ends_.take(change.partitions);
    }

private:
    static constexpr std::chrono::milliseconds kWriteEvery{500};

    Result<void> take(const rd_kafka_message_t& message) {
        if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            ends_.reach_end(message.partition);
            check_end();
            return write();
        }
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(read_error(options_, message));
        ends_.read(message.partition);
        text_.clear();
        if (global_.output == Output::kJson) {
            text_ = record_json(fields_of(message)) + '\n';
        } else {
            options_.format.print(text_, fields_of(message));
        }
        print(text_);
        ++count_;
        progress_.advance(1);
        is_done_ = options_.count && count_ >= *options_.count;
        return {};
    }

    void check_end() {
        if (options_.at_end == AtEnd::kExit && ends_.is_all_read()) is_done_ = true;
    }

    Result<void> write() {
        written_ = Clock::now();
        MOLDAU_TRY(flush());
        return source_.commit();
    }

    const Global& global_;
    const Consume& options_;
    RecordSource& source_;
    Progress progress_;
    EndWatch ends_;
    std::string text_;
    std::int64_t count_ = 0;
    Clock::time_point written_ = Clock::now();
    Result<void> rebalanced_;
    bool is_done_ = false;
};

}  // namespace

Result<void> run(const Global& global, const Consume& options) {
    const Interrupt interrupt;
    Reader* reader = nullptr;  // none before the first poll and when the group is left
    ClientOptions client_options{.properties = source_properties(options)};
    if (!options.group.empty()) {
        client_options.on_rebalance = [&reader](const Rebalance& change) {
            if (reader != nullptr) reader->rebalance(change);
        };
    }
    MOLDAU_TRY_ASSIGN(client, Client::connect(global, std::move(client_options)));
    MOLDAU_TRY_ASSIGN(source, open_source(*client, options));
    Reader made{global, options, *source};
    reader = &made;
    auto done = made.run(interrupt);
    reader = nullptr;
    return done;
}

}  // namespace moldau::cli
