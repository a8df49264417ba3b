// The words of `moldau produce` and `moldau consume`.

#include "cli/frame/grammar.h"
#include "cli/records/commands.h"

namespace moldau::cli {
namespace {

std::string check_format(const std::string& text) { return complaint(Format::parse(text)); }
std::string check_offset(const std::string& text) { return complaint(parse_offset_spec(text)); }

void declare_produce(Grammar& grammar) {
    auto produce = grammar.command<Produce>(&grammar.root(), "produce", "Send each line of standard input as a record");
    auto& made = produce.options;
    produce->add_option(kTopicArgument, made.topic, "The topic")->required();
    produce->add_option("-k,--key-separator", made.line_rules.key_separator,
                        "What stands between key and value in a line; without it, no keys");
    Grammar::add_choice(produce.app, "-Z,--null", made.line_rules.empty, EmptyMeans::kNull,
                        "An empty value, or key, is null: a null value deletes its key from a compacted topic");
    produce
        ->add_option_function<std::string>(
            "--input",
            [&made](const std::string& form) { made.input = form == "json" ? InputForm::kJson : InputForm::kLines; },
            "lines, or json: a record a line as consume --output json prints it")
        ->check(CLI::IsMember({"lines", "json"}))
        ->option_text("lines|json");
    Grammar::add_key_values(produce.app, "-H,--header", made.headers, "A header of every record");
    produce->add_option("-p,--partition", made.partition, "To this partition only")->check(CLI::NonNegativeNumber);
    produce->add_option("-z,--compression", made.compression, "The batches' codec")
        ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
        ->capture_default_str();
    produce->add_option("--acks", made.acks, "Which replicas must have a record: 0, 1 (the leader) or all (in sync)")
        ->check(CLI::IsMember({"0", "1", "all", "-1"}))
        ->capture_default_str();
    Grammar::add_choice(produce.app, "--idempotent", made.idempotence, Idempotence::kOn,
                        "Exactly once and in order, also over retries");
}

void declare_consume(Grammar& grammar) {
    auto consume = grammar.command<Consume>(&grammar.root(), "consume", "Print records");
    auto& made = consume.options;
    consume->add_option(kTopicArgument, made.topic, "The topic")->required();
    consume
        ->add_option_function<std::string>(
            "-f,--format", [&made](const std::string& text) { made.format = Format::parse(text).value_or(Format{}); },
            "%t topic, %p partition, %o offset, %T timestamp, %k key, %K its length, %s value, %S its length, %h headers, "
            "%n or \\n line end, \\t tab (default %s\\n)")
        ->check(Check{check_format});
    consume
        ->add_option_function<std::string>(
            "-o,--offset",
            [&made](const std::string& text) { made.offset = parse_offset_spec(text).value_or(OffsetSpec{}); },
            std::string(kOffsetForms) + " (default beginning)")
        ->check(Check{check_offset});
    consume->add_option("-p,--partition", made.partitions, "From this partition; may be repeated (default all)")
        ->check(CLI::NonNegativeNumber)
        ->allow_extra_args(false);
    consume->add_option("-n,--count", made.count, "Stop after so many records")->check(CLI::PositiveNumber);
    Grammar::add_choice(consume.app, "-e,--exit-at-end", made.at_end, AtEnd::kExit,
                        "Stop when all partitions are read to their end");
    consume->add_option("-g,--group", made.group, "Read as a member of this group and commit what was printed");
}

}  // namespace

std::string Produce::contradiction() const {
    if (input == InputForm::kJson && (!line_rules.key_separator.empty() || line_rules.empty == EmptyMeans::kNull)) {
        return "with --input json, the record says its key and what is null: leave out --key-separator and --null";
    }
    if (idempotence == Idempotence::kOn && acks != "all" && acks != "-1") return "--idempotent needs --acks all";
    return {};
}

std::string Consume::contradiction() const {
    if (group.empty()) return {};
    if (offset.kind != OffsetSpec::Kind::kBeginning && offset.kind != OffsetSpec::Kind::kEnd) {
        return "with --group, --offset is beginning or end: where to start if the group has not committed";
    }
    if (!partitions.empty()) return "with --group, the group assigns the partitions: leave out --partition";
    return {};
}

void declare_records(Grammar& grammar) {
    declare_produce(grammar);
    declare_consume(grammar);
}

}  // namespace moldau::cli
