// What holds for every command of `moldau`: where the brokers are, how to answer, how long to wait.

#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace moldau::cli {

enum class Output { kText, kJson };
enum class Verbosity { kQuiet, kVerbose };
using KeyValue = std::pair<std::string, std::string>;

struct Global {
    std::string brokers = "127.0.0.1:9092";
    Output output = Output::kText;
    std::chrono::milliseconds timeout{10'000};
    Verbosity verbosity = Verbosity::kQuiet;
    std::vector<KeyValue> properties;  // librdkafka's, given to it last
};

}  // namespace moldau::cli
