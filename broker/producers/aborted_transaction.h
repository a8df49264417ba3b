// A transaction that was aborted though it has records, as consumers must know it and `.txnindex` files keep it.

#pragma once

#include "base/ids.h"

namespace moldau::producers {

struct AbortedTransaction {
    ProducerId producer;
    Offset first;        // of its records
    Offset last;         // of its marker
    Offset last_stable;  // where the earliest transaction that was open then begins; after the marker when there was none
    bool operator==(const AbortedTransaction&) const = default;
};

}  // namespace moldau::producers
