// This module's rows of the handler table.

#pragma once

#include <span>

#include "handlers/handler_table.h"

namespace moldau::administration {

std::span<const handlers::Handler> administration_handlers();

}  // namespace moldau::administration
