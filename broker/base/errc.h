// Every way in which something can fail because of a peer, a client, a disk or a configuration.
//
// The problem: a handler must answer with Kafka's error code whatever went wrong below it. The idea: one table has Kafka's
// own codes (protocol 4.4) and, above 10000, Moldau's internal ones, each with the Kafka code that clients see in its place.
// Place: the bottom; `Error` (base/result.h) carries one of these with its context.

#pragma once

#include <cstdint>
#include <string_view>

namespace moldau {

// clang-format off
// name, Kafka's code, Kafka's name, may a client retry, what it means
#define MOLDAU_KAFKA_ERRORS(X) \
    X(kUnknownServerError, -1, "UNKNOWN_SERVER_ERROR", false, \
      "the server met an unexpected error") \
    X(kNone, 0, "NONE", false, \
      "no error") \
    X(kOffsetOutOfRange, 1, "OFFSET_OUT_OF_RANGE", false, \
      "the offset is outside the range that the log holds") \
    X(kCorruptMessage, 2, "CORRUPT_MESSAGE", true, \
      "the batch fails its checksum or is malformed") \
    X(kUnknownTopicOrPartition, 3, "UNKNOWN_TOPIC_OR_PARTITION", true, \
      "this broker does not host that topic or partition") \
    X(kInvalidFetchSize, 4, "INVALID_FETCH_SIZE", false, \
      "the fetch size is invalid") \
    X(kLeaderNotAvailable, 5, "LEADER_NOT_AVAILABLE", true, \
      "the partition has no leader at the moment") \
    X(kNotLeaderOrFollower, 6, "NOT_LEADER_OR_FOLLOWER", true, \
      "this broker does not lead that partition") \
    X(kRequestTimedOut, 7, "REQUEST_TIMED_OUT", true, \
      "the request timed out") \
    X(kBrokerNotAvailable, 8, "BROKER_NOT_AVAILABLE", false, \
      "the broker is not available") \
    X(kReplicaNotAvailable, 9, "REPLICA_NOT_AVAILABLE", true, \
      "the replica is not available") \
    X(kMessageTooLarge, 10, "MESSAGE_TOO_LARGE", false, \
      "the batch is larger than max.message.bytes") \
    X(kStaleControllerEpoch, 11, "STALE_CONTROLLER_EPOCH", false, \
      "the controller epoch is stale") \
    X(kOffsetMetadataTooLarge, 12, "OFFSET_METADATA_TOO_LARGE", false, \
      "the offset's metadata is larger than offset.metadata.max.bytes") \
    X(kNetworkException, 13, "NETWORK_EXCEPTION", true, \
      "the connection was lost before the answer") \
    X(kCoordinatorLoadInProgress, 14, "COORDINATOR_LOAD_IN_PROGRESS", true, \
      "the coordinator is still loading") \
    X(kCoordinatorNotAvailable, 15, "COORDINATOR_NOT_AVAILABLE", true, \
      "the coordinator is not available") \
    X(kNotCoordinator, 16, "NOT_COORDINATOR", true, \
      "this broker is not the coordinator") \
    X(kInvalidTopicException, 17, "INVALID_TOPIC_EXCEPTION", false, \
      "the topic name is invalid") \
    X(kRecordListTooLarge, 18, "RECORD_LIST_TOO_LARGE", false, \
      "the batch is larger than a segment") \
    X(kNotEnoughReplicas, 19, "NOT_ENOUGH_REPLICAS", true, \
      "fewer in-sync replicas than min.insync.replicas") \
    X(kNotEnoughReplicasAfterAppend, 20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", true, \
      "written, but to fewer in-sync replicas than required") \
    X(kInvalidRequiredAcks, 21, "INVALID_REQUIRED_ACKS", false, \
      "acks must be -1, 0 or 1") \
    X(kIllegalGeneration, 22, "ILLEGAL_GENERATION", false, \
      "the member's generation is not the group's") \
    X(kInconsistentGroupProtocol, 23, "INCONSISTENT_GROUP_PROTOCOL", false, \
      "the member's protocols do not fit the group's") \
    X(kInvalidGroupId, 24, "INVALID_GROUP_ID", false, \
      "the group id is invalid") \
    X(kUnknownMemberId, 25, "UNKNOWN_MEMBER_ID", false, \
      "the group has no such member") \
    X(kInvalidSessionTimeout, 26, "INVALID_SESSION_TIMEOUT", false, \
      "the session timeout is outside the allowed range") \
    X(kRebalanceInProgress, 27, "REBALANCE_IN_PROGRESS", false, \
      "the group is rebalancing, rejoin") \
    X(kInvalidCommitOffsetSize, 28, "INVALID_COMMIT_OFFSET_SIZE", false, \
      "the committed offsets do not fit in one batch") \
    X(kTopicAuthorizationFailed, 29, "TOPIC_AUTHORIZATION_FAILED", false, \
      "not authorized for the topic") \
    X(kGroupAuthorizationFailed, 30, "GROUP_AUTHORIZATION_FAILED", false, \
      "not authorized for the group") \
    X(kClusterAuthorizationFailed, 31, "CLUSTER_AUTHORIZATION_FAILED", false, \
      "not authorized for the cluster") \
    X(kInvalidTimestamp, 32, "INVALID_TIMESTAMP", false, \
      "the timestamp is outside the allowed range") \
    X(kUnsupportedSaslMechanism, 33, "UNSUPPORTED_SASL_MECHANISM", false, \
      "the SASL mechanism is not supported") \
    X(kIllegalSaslState, 34, "ILLEGAL_SASL_STATE", false, \
      "the request does not fit the SASL state") \
    X(kUnsupportedVersion, 35, "UNSUPPORTED_VERSION", false, \
      "the version of the API is not supported") \
    X(kTopicAlreadyExists, 36, "TOPIC_ALREADY_EXISTS", false, \
      "the topic exists already") \
    X(kInvalidPartitions, 37, "INVALID_PARTITIONS", false, \
      "the number of partitions is invalid") \
    X(kInvalidReplicationFactor, 38, "INVALID_REPLICATION_FACTOR", false, \
      "the replication factor is invalid") \
    X(kInvalidReplicaAssignment, 39, "INVALID_REPLICA_ASSIGNMENT", false, \
      "the replica assignment is invalid") \
    X(kInvalidConfig, 40, "INVALID_CONFIG", false, \
      "the configuration is invalid") \
    X(kNotController, 41, "NOT_CONTROLLER", true, \
      "this broker is not the controller") \
    X(kInvalidRequest, 42, "INVALID_REQUEST", false, \
      "the request is malformed or contradicts itself") \
    X(kUnsupportedForMessageFormat, 43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", false, \
      "the message format does not support this") \
    X(kPolicyViolation, 44, "POLICY_VIOLATION", false, \
      "a policy forbids the request") \
    X(kOutOfOrderSequenceNumber, 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", false, \
      "the producer's sequence number is out of order") \
    X(kDuplicateSequenceNumber, 46, "DUPLICATE_SEQUENCE_NUMBER", false, \
      "the sequence number was used before") \
    X(kInvalidProducerEpoch, 47, "INVALID_PRODUCER_EPOCH", false, \
      "the producer's epoch is older than a newer producer's") \
    X(kInvalidTxnState, 48, "INVALID_TXN_STATE", false, \
      "the transaction is not in a state that allows this") \
    X(kInvalidProducerIdMapping, 49, "INVALID_PRODUCER_ID_MAPPING", false, \
      "the producer id does not belong to the transactional id") \
    X(kInvalidTransactionTimeout, 50, "INVALID_TRANSACTION_TIMEOUT", false, \
      "the transaction timeout is invalid") \
    X(kConcurrentTransactions, 51, "CONCURRENT_TRANSACTIONS", true, \
      "another operation of the transaction is running") \
    X(kTransactionCoordinatorFenced, 52, "TRANSACTION_COORDINATOR_FENCED", false, \
      "the transaction coordinator is fenced") \
    X(kTransactionalIdAuthorizationFailed, 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", false, \
      "not authorized for the transactional id") \
    X(kSecurityDisabled, 54, "SECURITY_DISABLED", false, \
      "security features are disabled") \
    X(kOperationNotAttempted, 55, "OPERATION_NOT_ATTEMPTED", false, \
      "not attempted, because another part failed") \
    X(kKafkaStorageError, 56, "KAFKA_STORAGE_ERROR", true, \
      "the disk failed or is full") \
    X(kLogDirNotFound, 57, "LOG_DIR_NOT_FOUND", false, \
      "no such log directory") \
    X(kSaslAuthenticationFailed, 58, "SASL_AUTHENTICATION_FAILED", false, \
      "authentication failed") \
    X(kUnknownProducerId, 59, "UNKNOWN_PRODUCER_ID", false, \
      "the producer id is unknown") \
    X(kReassignmentInProgress, 60, "REASSIGNMENT_IN_PROGRESS", false, \
      "the partition is being reassigned") \
    X(kDelegationTokenAuthDisabled, 61, "DELEGATION_TOKEN_AUTH_DISABLED", false, \
      "delegation tokens are disabled") \
    X(kDelegationTokenNotFound, 62, "DELEGATION_TOKEN_NOT_FOUND", false, \
      "no such delegation token") \
    X(kDelegationTokenOwnerMismatch, 63, "DELEGATION_TOKEN_OWNER_MISMATCH", false, \
      "the delegation token has another owner") \
    X(kDelegationTokenRequestNotAllowed, 64, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", false, \
      "delegation tokens cannot be used here") \
    X(kDelegationTokenAuthorizationFailed, 65, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", false, \
      "not authorized for delegation tokens") \
    X(kDelegationTokenExpired, 66, "DELEGATION_TOKEN_EXPIRED", false, \
      "the delegation token has expired") \
    X(kInvalidPrincipalType, 67, "INVALID_PRINCIPAL_TYPE", false, \
      "the principal type is not supported") \
    X(kNonEmptyGroup, 68, "NON_EMPTY_GROUP", false, \
      "the group has members") \
    X(kGroupIdNotFound, 69, "GROUP_ID_NOT_FOUND", false, \
      "no such group") \
    X(kFetchSessionIdNotFound, 70, "FETCH_SESSION_ID_NOT_FOUND", true, \
      "no such fetch session") \
    X(kInvalidFetchSessionEpoch, 71, "INVALID_FETCH_SESSION_EPOCH", true, \
      "the fetch session's epoch is wrong") \
    X(kListenerNotFound, 72, "LISTENER_NOT_FOUND", true, \
      "the leader has no such listener") \
    X(kTopicDeletionDisabled, 73, "TOPIC_DELETION_DISABLED", false, \
      "deleting topics is disabled") \
    X(kFencedLeaderEpoch, 74, "FENCED_LEADER_EPOCH", true, \
      "the leader epoch is older than the broker's") \
    X(kUnknownLeaderEpoch, 75, "UNKNOWN_LEADER_EPOCH", true, \
      "the leader epoch is newer than the broker's") \
    X(kUnsupportedCompressionType, 76, "UNSUPPORTED_COMPRESSION_TYPE", false, \
      "the compression codec is not supported") \
    X(kStaleBrokerEpoch, 77, "STALE_BROKER_EPOCH", false, \
      "the broker epoch is stale") \
    X(kOffsetNotAvailable, 78, "OFFSET_NOT_AVAILABLE", true, \
      "the leader does not know the high watermark yet") \
    X(kMemberIdRequired, 79, "MEMBER_ID_REQUIRED", false, \
      "rejoin with the member id given") \
    X(kPreferredLeaderNotAvailable, 80, "PREFERRED_LEADER_NOT_AVAILABLE", true, \
      "the preferred leader is not available") \
    X(kGroupMaxSizeReached, 81, "GROUP_MAX_SIZE_REACHED", false, \
      "the group is full") \
    X(kFencedInstanceId, 82, "FENCED_INSTANCE_ID", false, \
      "a newer member uses this group instance id") \
    X(kEligibleLeadersNotAvailable, 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", true, \
      "no eligible leader is available") \
    X(kElectionNotNeeded, 84, "ELECTION_NOT_NEEDED", true, \
      "no election is needed") \
    X(kNoReassignmentInProgress, 85, "NO_REASSIGNMENT_IN_PROGRESS", false, \
      "no reassignment is in progress") \
    X(kGroupSubscribedToTopic, 86, "GROUP_SUBSCRIBED_TO_TOPIC", false, \
      "the group is subscribed to the topic") \
    X(kInvalidRecord, 87, "INVALID_RECORD", false, \
      "a record is invalid") \
    X(kUnstableOffsetCommit, 88, "UNSTABLE_OFFSET_COMMIT", true, \
      "unstable offsets must be waited for") \
    X(kThrottlingQuotaExceeded, 89, "THROTTLING_QUOTA_EXCEEDED", true, \
      "a quota is exceeded") \
    X(kProducerFenced, 90, "PRODUCER_FENCED", false, \
      "a newer producer fenced this one") \
    X(kResourceNotFound, 91, "RESOURCE_NOT_FOUND", false, \
      "no such resource") \
    X(kDuplicateResource, 92, "DUPLICATE_RESOURCE", false, \
      "the resource exists already") \
    X(kUnacceptableCredential, 93, "UNACCEPTABLE_CREDENTIAL", false, \
      "the credential is not acceptable") \
    X(kInconsistentVoterSet, 94, "INCONSISTENT_VOTER_SET", false, \
      "the voter set is inconsistent") \
    X(kInvalidUpdateVersion, 95, "INVALID_UPDATE_VERSION", false, \
      "the update version is invalid") \
    X(kFeatureUpdateFailed, 96, "FEATURE_UPDATE_FAILED", false, \
      "the feature cannot be updated") \
    X(kPrincipalDeserializationFailure, 97, "PRINCIPAL_DESERIALIZATION_FAILURE", false, \
      "the principal cannot be read") \
    X(kSnapshotNotFound, 98, "SNAPSHOT_NOT_FOUND", false, \
      "no such snapshot") \
    X(kPositionOutOfRange, 99, "POSITION_OUT_OF_RANGE", false, \
      "the position is outside the snapshot") \
    X(kUnknownTopicId, 100, "UNKNOWN_TOPIC_ID", true, \
      "no topic has that id") \
    X(kDuplicateBrokerRegistration, 101, "DUPLICATE_BROKER_REGISTRATION", false, \
      "another broker is registered with this id") \
    X(kBrokerIdNotRegistered, 102, "BROKER_ID_NOT_REGISTERED", false, \
      "the broker is not registered") \
    X(kInconsistentTopicId, 103, "INCONSISTENT_TOPIC_ID", true, \
      "the topic id is not the topic's") \
    X(kInconsistentClusterId, 104, "INCONSISTENT_CLUSTER_ID", false, \
      "the cluster id is another one") \
    X(kTransactionalIdNotFound, 105, "TRANSACTIONAL_ID_NOT_FOUND", false, \
      "no such transactional id") \
    X(kFetchSessionTopicIdError, 106, "FETCH_SESSION_TOPIC_ID_ERROR", true, \
      "the fetch session mixes topic names and ids") \
    X(kIneligibleReplica, 107, "INELIGIBLE_REPLICA", false, \
      "the replica cannot be in sync") \
    X(kNewLeaderElected, 108, "NEW_LEADER_ELECTED", false, \
      "a new leader was elected") \
    X(kOffsetMovedToTieredStorage, 109, "OFFSET_MOVED_TO_TIERED_STORAGE", false, \
      "the offset is in tiered storage") \
    X(kFencedMemberEpoch, 110, "FENCED_MEMBER_EPOCH", false, \
      "the member's epoch is fenced") \
    X(kUnreleasedInstanceId, 111, "UNRELEASED_INSTANCE_ID", false, \
      "the group instance id is still in use") \
    X(kUnsupportedAssignor, 112, "UNSUPPORTED_ASSIGNOR", false, \
      "the assignor is not supported") \
    X(kStaleMemberEpoch, 113, "STALE_MEMBER_EPOCH", false, \
      "the member's epoch is stale") \
    X(kMismatchedEndpointType, 114, "MISMATCHED_ENDPOINT_TYPE", false, \
      "the request reached the wrong kind of endpoint") \
    X(kUnsupportedEndpointType, 115, "UNSUPPORTED_ENDPOINT_TYPE", false, \
      "the kind of endpoint is not supported") \
    X(kUnknownControllerId, 116, "UNKNOWN_CONTROLLER_ID", false, \
      "no such controller") \
    X(kUnknownSubscriptionId, 117, "UNKNOWN_SUBSCRIPTION_ID", false, \
      "no such telemetry subscription") \
    X(kTelemetryTooLarge, 118, "TELEMETRY_TOO_LARGE", false, \
      "the telemetry is too large") \
    X(kInvalidRegistration, 119, "INVALID_REGISTRATION", false, \
      "the broker registration is invalid") \
    X(kTransactionAbortable, 120, "TRANSACTION_ABORTABLE", false, \
      "the transaction must be aborted") \
    X(kInvalidRecordState, 121, "INVALID_RECORD_STATE", false, \
      "the record is not in a state that allows this") \
    X(kShareSessionNotFound, 122, "SHARE_SESSION_NOT_FOUND", true, \
      "no such share session") \
    X(kInvalidShareSessionEpoch, 123, "INVALID_SHARE_SESSION_EPOCH", true, \
      "the share session's epoch is wrong") \
    X(kFencedStateEpoch, 124, "FENCED_STATE_EPOCH", false, \
      "the share state's epoch is fenced") \
    X(kInvalidVoterKey, 125, "INVALID_VOTER_KEY", false, \
      "the voter key is invalid") \
    X(kDuplicateVoter, 126, "DUPLICATE_VOTER", false, \
      "the voter exists already") \
    X(kVoterNotFound, 127, "VOTER_NOT_FOUND", false, \
      "no such voter") \
    X(kInvalidRegularExpression, 128, "INVALID_REGULAR_EXPRESSION", false, \
      "the regular expression is invalid") \
    X(kRebootstrapRequired, 129, "REBOOTSTRAP_REQUIRED", false, \
      "the client must bootstrap again") \
    X(kStreamsInvalidTopology, 130, "STREAMS_INVALID_TOPOLOGY", false, \
      "the streams topology is invalid") \
    X(kStreamsInvalidTopologyEpoch, 131, "STREAMS_INVALID_TOPOLOGY_EPOCH", false, \
      "the streams topology epoch is invalid") \
    X(kStreamsTopologyFenced, 132, "STREAMS_TOPOLOGY_FENCED", false, \
      "the streams topology is fenced") \
    X(kShareSessionLimitReached, 133, "SHARE_SESSION_LIMIT_REACHED", true, \
      "too many share sessions") \
    X(kGroupDeletionFailed, 134, "GROUP_DELETION_FAILED", false, \
      "the group could not be deleted") \
    X(kStreamsTopologyDescriptionUpdateFailed, 135, "STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED", false, \
      "the topology description could not be updated") \
    X(kControllerIdNotRegistered, 136, "CONTROLLER_ID_NOT_REGISTERED", false, \
      "the controller is not registered")

// name, the Kafka error that a client sees, what it means
#define MOLDAU_INTERNAL_ERRORS(X) \
    X(kIo, kKafkaStorageError, "a file operation failed") \
    X(kDiskFull, kKafkaStorageError, "no space left on the disk") \
    X(kNotFound, kResourceNotFound, "no such file or object") \
    X(kCorrupt, kKafkaStorageError, "stored bytes are damaged") \
    X(kNewerFormat, kKafkaStorageError, "written by a newer version of Moldau") \
    X(kMalformed, kInvalidRequest, "bytes from outside do not follow their grammar") \
    X(kLimitExceeded, kInvalidRequest, "a stated limit is exceeded") \
    X(kLocked, kKafkaStorageError, "another process uses the directory") \
    X(kClosed, kNetworkException, "the object is closed or the peer is gone") \
    X(kCancelled, kRequestTimedOut, "the wait was cancelled") \
    X(kTimedOut, kRequestTimedOut, "the deadline passed") \
    X(kBusy, kThrottlingQuotaExceeded, "no capacity left, try again") \
    X(kUsage, kInvalidConfig, "the command line or the settings are wrong")
// clang-format on

enum class Errc : std::int16_t {
#define X(name, code, text, retriable, meaning) name = code,
    MOLDAU_KAFKA_ERRORS(X)
#undef X
        kInternalFirst = 10000,
#define X(name, kafka, meaning) name,
    MOLDAU_INTERNAL_ERRORS(X)
#undef X
};

// What a client sees: Kafka's own codes as they are, internal ones as their Kafka stand-in.
Errc kafka_errc(Errc code);
inline std::int16_t kafka_code(Errc code) { return static_cast<std::int16_t>(kafka_errc(code)); }

// "UNKNOWN_TOPIC_OR_PARTITION" for Kafka's codes, "kIo" for internal ones; "UNKNOWN_CODE" for a number that has no row.
std::string_view errc_name(Errc code);
// One clause in lower case, without a full stop.
std::string_view errc_text(Errc code);
// May a client repeat the request unchanged?
bool is_retriable(Errc code);

}  // namespace moldau
