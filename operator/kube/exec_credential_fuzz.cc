// Any bytes as the output of an exec plugin: a credential that can be used, or an error.

#include "operator/kube/exec_credential.h"

#include <cstdint>

#include "base/check.h"
#include "operator/kube/timestamp.h"

using namespace moldau;
using namespace moldau::kube;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto credential = parse_exec_credential(text)) {
        CHECK(!credential->token.empty() || !credential->certificate_pem.empty());
        CHECK(credential->certificate_pem.empty() == credential->key_pem.empty());
    }
    if (const auto time = parse_timestamp(text)) CHECK(parse_timestamp(format_micro_timestamp(*time)) == *time);
    return 0;
}
