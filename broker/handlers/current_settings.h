// The broker settings in force on a core, as the metadata image says.
//
// The problem: settings change while requests run, on every core, and what was once stored may be refused by this version.
// The idea: the file's values with the image's above them are one immutable value, of which each core has a reference; with
// a new image each core makes its own anew, tells who depends on it, and only then follows the image's topics. What cannot
// be used is logged and ignored: the rest serves. Place: between the metadata and `Shard`.

#pragma once

#include "handlers/shard.h"

namespace moldau::handlers {

// `fixed` with what the image has for all brokers and for this one. What the tables refuse is left out and, when `report`
// says so, logged.
enum class Report : std::uint8_t { kSilent, kLog };
settings::Values values_in_force(const settings::Values& fixed, const metadata::Image& image, BrokerId broker,
                                 Report report);

// Brings a core from one image to the next: settings first, so that new logs open with them, then its partitions. Once it
// resolves, `shard.image` is `to`.
Task<void> follow_image(Shard& shard, metadata::ImageRef from, metadata::ImageRef to);

}  // namespace moldau::handlers
