// An image as records: what a snapshot holds.
//
// Applying the records of describe_cluster() and then those of each topic to an empty image gives an equal one.

#pragma once

#include <functional>

#include "metadata/image.h"
#include "metadata/records.h"

namespace moldau::metadata {

using RecordVisitor = std::function<void(AnyRecord)>;

// Everything but topics: cluster, features, producer ids, brokers, settings.
void describe_cluster(const Image& image, const RecordVisitor& visit);
// A topic, its settings, its partitions.
void describe_topic(const Topic& topic, const RecordVisitor& visit);

}  // namespace moldau::metadata
