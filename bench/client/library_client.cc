// Makes librdkafka clients.

#include "library_client.h"

#include <cstdio>
#include <cstdlib>

namespace moldau::bench {

LibraryClient open_client(rd_kafka_type_t type, const Settings& settings, const Callbacks& callbacks) {
    char error[512];
    auto* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : settings) {
        if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) == RD_KAFKA_CONF_OK) continue;
        std::fprintf(stderr, "%s\n", error);
        std::exit(2);
    }
    rd_kafka_conf_set_opaque(conf, callbacks.context);
    if (callbacks.on_delivery != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, callbacks.on_delivery);
    if (callbacks.on_rebalance != nullptr) rd_kafka_conf_set_rebalance_cb(conf, callbacks.on_rebalance);
    LibraryClient client{rd_kafka_new(type, conf, error, sizeof error)};
    if (client) return client;
    std::fprintf(stderr, "%s\n", error);
    std::exit(2);
}

}  // namespace moldau::bench
