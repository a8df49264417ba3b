// What stands for something else in a setting's value: ${env:NAME} is that environment variable, as with Kafka's
// EnvVarConfigProvider (KIP-887), which need not be switched on here.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "settings/values.h"

namespace moldau::settings {

// What was put in is not looked at again. Errors: kInvalidConfig for a variable that is not set, and for anything else
// between
// ${ and }.
Result<std::string> expand_placeholders(std::string_view value, const KeyValues& environment);

// 2 for "events-brokers-2" and for "events-brokers-2.events-brokers.shop.svc". Errors: kInvalidConfig.
Result<std::string> ordinal_of(std::string_view host_name);

}  // namespace moldau::settings
