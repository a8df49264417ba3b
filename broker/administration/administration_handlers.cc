// Which function serves which API.

#include "administration/administration_handlers.h"

#include "administration/alter_configs.h"
#include "administration/delete_records.h"
#include "administration/describe_configs.h"
#include "administration/describe_log_dirs.h"
#include "administration/describe_producers.h"
#include "administration/describe_topic_partitions.h"
#include "administration/list_config_resources.h"

namespace moldau::administration {

std::span<const handlers::Handler> administration_handlers() {
    using handlers::handler_for;
    static constexpr handlers::Handler kRows[] = {
        handler_for<wire::DeleteRecordsRequest, handle_delete_records>(),
        handler_for<wire::DescribeConfigsRequest, handle_describe_configs>(),
        handler_for<wire::AlterConfigsRequest, handle_alter_configs>(),
        handler_for<wire::DescribeLogDirsRequest, handle_describe_log_dirs>(),
        handler_for<wire::IncrementalAlterConfigsRequest, handle_incremental_alter_configs>(),
        handler_for<wire::DescribeProducersRequest, handle_describe_producers>(),
        handler_for<wire::ListConfigResourcesRequest, handle_list_config_resources>(),
        handler_for<wire::DescribeTopicPartitionsRequest, handle_describe_topic_partitions>(),
    };
    return kRows;
}

}  // namespace moldau::administration
