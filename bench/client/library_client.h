// A librdkafka client from a list of settings: what the modes that use the library share. A bad setting ends the program
// with status 2.

#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace moldau::bench {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct DestroyClient {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using LibraryClient = std::unique_ptr<rd_kafka_t, DestroyClient>;

struct Callbacks {
    void (*on_delivery)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
    void (*on_rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*) = nullptr;
    void* context = nullptr;
};

LibraryClient open_client(rd_kafka_type_t type, const Settings& settings, const Callbacks& callbacks = {});

}  // namespace moldau::bench
