// The metadata log that knows of the imported topics, made ready beside the one in use.

#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "metadata/requests.h"

namespace moldau::cli {

struct MetadataChange {
    std::string folder;  // the metadata log is, or comes to, "<folder>/__cluster_metadata-0"
    std::string cluster_id;
    Uuid directory_id;  // of the data directory that it will be in
    metadata::Adoption adoption;
};

// Writes the topics into the log, which is whole and on the disk when it resolves. Errors: those of the metadata.
Result<void> adopt_into_metadata(MetadataChange change);
// A new random id, as data directories have.
Uuid new_directory_id();

}  // namespace moldau::cli
