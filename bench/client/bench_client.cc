// The light client with which brokers are measured: one mode a run, one line of JSON a result.
//
// Usage: bench_client MODE key=value...; the modes and their keys stand in records.h, load.h, fetches.h and members.h. Exit
// status 1 when not everything went through.

#include <cstdio>
#include <string_view>

#include "arguments.h"
#include "fetches.h"
#include "load.h"
#include "members.h"
#include "records.h"

namespace {

struct Mode {
    std::string_view name;
    bool (*run)(const moldau::bench::Arguments&);
};

constexpr Mode kModes[] = {
    {"produce", moldau::bench::produce_records}, {"consume", moldau::bench::consume_records},
    {"requests", moldau::bench::send_requests},  {"rate", moldau::bench::send_at_rate},
    {"fetch", moldau::bench::fetch_records},     {"members", moldau::bench::run_members},
};

}  // namespace

int main(int argc, char** argv) {
    for (const auto& mode : kModes) {
        if (argc > 1 && mode.name == argv[1]) return mode.run({argc, argv, 2}) ? 0 : 1;
    }
    std::fprintf(stderr, "usage: bench_client produce|consume|requests|rate|fetch|members key=value...\n");
    return 2;
}
