// From the image's overrides to values that can be read.

#include "handlers/current_settings.h"

#include <utility>

#include "base/logger.h"

namespace moldau::handlers {
namespace {

settings::Overrides usable(const metadata::ConfigMap& stored, Report report) {
    settings::Overrides usable;
    for (const auto& [name, value] : stored) {
        auto canonical = settings::check_broker_value(name, value);
        if (canonical && settings::find_broker_setting(name)->update == settings::Update::kReadOnly) {
            canonical = fail(Errc::kInvalidConfig, name + " cannot be changed while the broker runs");
        }
        if (canonical) {
            usable.emplace(name, *std::move(canonical));
        } else if (report == Report::kLog) {
            LOG_WARNING("handlers", "a stored setting is ignored name={} error=\"{}\"", name, canonical.error().context);
        }
    }
    return usable;
}

bool is_other(const metadata::Image& from, const metadata::Image& to, BrokerId broker) {
    return from.cluster_configs() != to.cluster_configs() || from.broker_configs(broker) != to.broker_configs(broker);
}

}  // namespace

settings::Values values_in_force(const settings::Values& fixed, const metadata::Image& image, BrokerId broker,
                                 Report report) {
    return fixed.with_dynamic(usable(image.cluster_configs(), report), usable(image.broker_configs(broker), report));
}

Task<void> follow_image(Shard& shard, metadata::ImageRef from, metadata::ImageRef to) {
    const auto& node = shard.node;
    if (is_other(*from, *to, node.id)) {
        const auto report = shard.index == 0 ? Report::kLog : Report::kSilent;
        shard.use(std::make_shared<const settings::Values>(values_in_force(node.values, *to, node.id, report)));
        shard.partitions->use(shard.values(), *from);
    }
    co_await shard.partitions->apply(from, to);
    shard.image = to;
}

}  // namespace moldau::handlers
