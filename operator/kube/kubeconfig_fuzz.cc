// Any bytes as a kubeconfig: a configuration or a fault that names the file; every context of it can be picked or says why
// not.

#include "operator/kube/kubeconfig.h"

#include <cstdint>

#include "base/check.h"

using namespace moldau;
using namespace moldau::kube;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto config = parse_kubeconfig({reinterpret_cast<const char*>(data), size}, "fuzzed");
    if (!config) {
        CHECK(config.error().code == Errc::kUsage && config.error().context.starts_with("fuzzed"));
        return 0;
    }
    for (const auto& [name, context] : config->contexts) {
        const auto spec = pick_context(*config, name);
        CHECK(spec.has_value() ? !spec->server.empty() && !spec->ns.empty() : !spec.error().context.empty());
    }
    static_cast<void>(pick_context(*config, "").has_value());
    return 0;
}
