// The rows of the catalogue (catalogue.h), a line or two each: what a person reads in `kubectl describe` and what he does.
//
// Within a type the rows stand from good to bad: of several findings the last one counts. Ready sums up the other types and
// takes the reason of the first of them that is not True; it has rows of its own only for what the others do not say. Place:
// included by catalogue.h alone.

#pragma once

// clang-format off
// id, kind, type, reason, status, severity, what it means, what a person must do
#define MOLDAU_CLUSTER_CONDITIONS(X) \
    X(kClusterReady, kCluster, "Ready", "Ready", kTrue, kNormal, \
      "The cluster serves and is as its spec says.", "") \
    X(kClusterNotReady, kCluster, "Ready", "NotReady", kFalse, kNormal, \
      "Stands for the reason of the first condition that is not True, which is named here in its place.", \
      "Look up the reason that is shown among those of the other types.") \
    X(kAccepted, kCluster, "Accepted", "Accepted", kTrue, kNormal, \
      "The spec was understood and the API server took every object made from it.", "") \
    X(kInvalidSpec, kCluster, "Accepted", "InvalidSpec", kFalse, kWarning, \
      "The spec has values that cannot be used. Nothing is changed because of it; what ran before goes on.", \
      "Correct the fields that the message names.") \
    X(kConfigKeyRefused, kCluster, "Accepted", "ConfigKeyRefused", kFalse, kWarning, \
      "spec.config names settings that the operator sets itself. They are left out, the rest applies.", \
      "Remove them from spec.config; the message says which field of the spec sets each of them.") \
    X(kTemplateRefused, kCluster, "Accepted", "TemplateRefused", kFalse, kWarning, \
      "The API server refuses the pods' template that spec.template leads to. The last good one stays in force.", \
      "Correct spec.template as the API server's message says.") \
    X(kObjectRefused, kCluster, "Accepted", "ObjectRefused", kFalse, kWarning, \
      "The API server refuses an object of this cluster: its message says whether a quota, a policy or a missing right " \
      "is the reason. It is tried again.", \
      "Remove the cause: raise the quota, change the policy, or give the operator the right.") \
    X(kNameTaken, kCluster, "Accepted", "NameTaken", kFalse, kWarning, \
      "An object of a name that this cluster needs exists and belongs to somebody else. It is left alone.", \
      "Remove or rename the object that the message names, or give the cluster another name.") \
    X(kBrokersReady, kCluster, "BrokersReady", "BrokersReady", kTrue, kNormal, \
      "Every wanted broker runs, answers and calls itself ready.", "") \
    X(kBrokersStopped, kCluster, "BrokersReady", "Stopped", kFalse, kNormal, \
      "spec.replicas is 0: no broker runs, the data is kept.", "Set spec.replicas to 1 to start it.") \
    X(kBrokersStarting, kCluster, "BrokersReady", "Starting", kFalse, kNormal, \
      "A pod is being made or its broker starts: it pulls its image, waits for its volume or recovers its logs.", \
      "Nothing; when it lasts, see `kubectl describe pod`.") \
    X(kPodMissing, kCluster, "BrokersReady", "PodMissing", kFalse, kWarning, \
      "The StatefulSet makes no pod although it should.", \
      "Read the events of the StatefulSet: a quota, a policy or an admission webhook refuses the pod.") \
    X(kUnschedulable, kCluster, "BrokersReady", "Unschedulable", kFalse, kWarning, \
      "No node takes the pod; the message is the scheduler's.", \
      "Add a node, ask for less in spec.resources, or change affinity, tolerations or the storage class. An edit " \
      "of the spec takes effect at once.") \
    X(kImagePullFailed, kCluster, "BrokersReady", "ImagePullFailed", kFalse, kWarning, \
      "The image cannot be pulled; the message is the kubelet's.", \
      "Correct spec.image or spec.version, or give the pull secret. An edit takes effect at once.") \
    X(kContainerConfigError, kCluster, "BrokersReady", "ContainerConfigError", kFalse, kWarning, \
      "The container cannot be made: a Secret or ConfigMap that spec.template names is missing, or the image runs as " \
      "root.", \
      "Make what the message names, or correct spec.template.") \
    X(kConfigRefused, kCluster, "BrokersReady", "ConfigRefused", kFalse, kWarning, \
      "The broker refuses to start with its settings; the message is its own.", \
      "Correct spec.config. An edit takes effect at once.") \
    X(kCrashLoop, kCluster, "BrokersReady", "CrashLoop", kFalse, kWarning, \
      "The broker's process ends again and again; the message has its exit code and its last words.", \
      "Read its log (`kubectl logs --previous`). Out of memory (exit code 137, OOMKilled): raise spec.resources.") \
    X(kPodEvicted, kCluster, "BrokersReady", "PodEvicted", kFalse, kWarning, \
      "The pod was evicted or failed for good and is replaced.", \
      "Nothing; when it happens again, see what the node lacks (memory, disk).") \
    X(kPodTerminating, kCluster, "BrokersReady", "PodTerminating", kFalse, kNormal, \
      "The pod is being stopped and another one follows.", "") \
    X(kNodeLost, kCluster, "BrokersReady", "NodeLost", kFalse, kWarning, \
      "The pod's node is silent. Its broker may still run, so no second one is started until the node is back or is " \
      "known to be off.", \
      "Bring the node back. When it is off for good, delete the Node, or set the taint " \
      "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute: then the pod moves.") \
    X(kNodeLostVolumeBound, kCluster, "BrokersReady", "NodeLostVolumeBound", kFalse, kWarning, \
      "The pod's node is gone and its volume lives on that node alone, so the broker cannot start elsewhere. The claim is " \
      "never deleted by itself, because the data may be the only copy.", \
      "Bring the node back under its name. If the data is lost or not needed: delete the claim that the message names; " \
      "the broker starts empty on another node, and what was only there is lost.") \
    X(kBrokerUnreachable, kCluster, "BrokersReady", "BrokerUnreachable", kUnknown, kWarning, \
      "The pod is ready, but the operator gets no answer from its broker on port 9190.", \
      "See whether a network policy stands between the operator and the broker, and the broker's log.") \
    X(kBrokerNotReady, kCluster, "BrokersReady", "BrokerNotReady", kFalse, kNormal, \
      "The broker answers that it is not ready and why: mostly it recovers its logs after a crash.", \
      "Nothing; a message about a disk or a lost partition needs a person.") \
    X(kBrokerFailed, kCluster, "BrokersReady", "BrokerFailed", kFalse, kWarning, \
      "The broker says that it has failed in part (a disk, partitions offline); the message is its own.", \
      "Do as the message says; docs/disks.md has what each failure of a disk means.") \
    X(kStorageReady, kCluster, "StorageReady", "StorageReady", kTrue, kNormal, \
      "Every claim is bound and as large as the spec says.", "") \
    X(kNoStorage, kCluster, "StorageReady", "NoClaims", kTrue, kNormal, \
      "There are no claims yet, or no more: they are made with the first pod.", "") \
    X(kClaimLarger, kCluster, "StorageReady", "LargerThanAsked", kTrue, kNormal, \
      "A claim is larger than spec.storage.size; volumes cannot shrink, so it is used as it is.", \
      "Nothing; set spec.storage.size to what the message names to make them agree.") \
    X(kClassDiffers, kCluster, "StorageReady", "ClassDiffers", kTrue, kNormal, \
      "A kept claim has another storage class than the spec. It is used as it is.", \
      "Nothing; or move the data to a new cluster with the wanted class.") \
    X(kClaimPending, kCluster, "StorageReady", "ClaimPending", kFalse, kNormal, \
      "A claim has no volume yet.", \
      "Nothing; when it lasts, see whether spec.storage.class exists and its provisioner runs.") \
    X(kClaimTerminating, kCluster, "StorageReady", "ClaimTerminating", kFalse, kWarning, \
      "Somebody deleted a claim; it goes, with its data, when its pod stops.", \
      "If that was not meant: copy the data out before the pod is restarted, for example with a second cluster.") \
    X(kClaimLost, kCluster, "StorageReady", "ClaimLost", kFalse, kWarning, \
      "The volume of a claim is gone. The claim is not deleted by itself.", \
      "Restore the PersistentVolume; or accept the loss, delete the claim and the pod, and the broker starts empty.") \
    X(kResizing, kCluster, "StorageReady", "Resizing", kFalse, kNormal, \
      "A volume is growing to the size of the spec.", "") \
    X(kResizeRefused, kCluster, "StorageReady", "ResizeRefused", kFalse, kWarning, \
      "A claim cannot grow; the message is the API server's. It keeps its size and its data.", \
      "Use a storage class that allows expansion, or set spec.storage.size back.") \
    X(kListenersReady, kCluster, "ListenersReady", "ListenersReady", kTrue, kNormal, \
      "Every listener has its addresses; status.listeners has them.", "") \
    X(kAddressPending, kCluster, "ListenersReady", "AddressPending", kFalse, kNormal, \
      "A listener has no address from outside yet. Others work.", \
      "Nothing; when it lasts, see whether this Kubernetes has load balancers, or use type NodePort.") \
    X(kConfigApplied, kCluster, "ConfigApplied", "ConfigApplied", kTrue, kNormal, \
      "The running brokers use the settings of spec.config.", "") \
    X(kConfigPending, kCluster, "ConfigApplied", "WaitingForBroker", kUnknown, kNormal, \
      "Settings will be compared and applied as soon as a broker answers.", "") \
    X(kConfigChanging, kCluster, "ConfigApplied", "Applying", kFalse, kNormal, \
      "Settings are being changed on the running broker.", "") \
    X(kConfigRejected, kCluster, "ConfigApplied", "ConfigRejected", kFalse, kWarning, \
      "The broker refused settings; the message has each with the broker's own words. The rest of spec.config applies.", \
      "Correct the values.") \
    X(kUpToDate, kCluster, "UpToDate", "UpToDate", kTrue, kNormal, \
      "Every pod has the image, the static settings and the template of the spec.", "") \
    X(kRolloutPending, kCluster, "UpToDate", "RolloutPending", kFalse, kNormal, \
      "The new template is being stored, or the StatefulSet is being made anew around its running pods.", "") \
    X(kWaitingForGrant, kCluster, "UpToDate", "WaitingForGrant", kFalse, kNormal, \
      "A restart is due, but the broker says that it must not stop now, and why. It is asked again.", \
      "Nothing; when it lasts, remove what the broker names.") \
    X(kGrantUnknown, kCluster, "UpToDate", "GrantUnknown", kFalse, kWarning, \
      "A restart is due, but the broker cannot be asked whether it may stop.", \
      "See BrokersReady. Deleting the pod by hand restarts it without being asked.") \
    X(kPreparingToStop, kCluster, "UpToDate", "PreparingToStop", kFalse, kNormal, \
      "The broker granted the restart and prepares its stop: it flushes and hands over.", "") \
    X(kRestarting, kCluster, "UpToDate", "Restarting", kFalse, kNormal, \
      "A pod is being replaced by one of the new template.", "") \
    X(kStopping, kCluster, "UpToDate", "Stopping", kFalse, kNormal, \
      "spec.replicas is 0 and the broker is being stopped.", "") \
    X(kPaused, kCluster, "Paused", "Paused", kTrue, kNormal, \
      "spec.paused is true: nothing is changed, only this status is kept.", "Set spec.paused to false to go on.") \
    X(kDeletingPods, kCluster, "Deleting", "WaitingForPods", kTrue, kNormal, \
      "The cluster is being deleted, its claims too; they follow when no pod uses them any more.", \
      "Nothing; a pod on a lost node needs what NodeLost says.") \
    X(kDeletingClaims, kCluster, "Deleting", "DeletingClaims", kTrue, kNormal, \
      "The cluster is being deleted and so are its claims, as spec.storage.deletionPolicy says.", "")

#define MOLDAU_TOPIC_CONDITIONS(X) \
    X(kTopicReady, kTopic, "Ready", "Synced", kTrue, kNormal, \
      "The topic is as the spec says.", "") \
    X(kTopicWatched, kTopic, "Ready", "Watched", kTrue, kNormal, \
      "spec.managed is false: the topic exists and is only looked at.", "") \
    X(kTopicPaused, kTopic, "Ready", "ClusterPaused", kUnknown, kNormal, \
      "The Cluster is paused, and with it its Topics.", "Set spec.paused of the Cluster to false.") \
    X(kTopicInvalidSpec, kTopic, "Ready", "InvalidSpec", kFalse, kWarning, \
      "The spec has values that cannot be used; nothing is changed because of it.", \
      "Correct the fields that the message names.") \
    X(kTopicClusterNotFound, kTopic, "Ready", "ClusterNotFound", kFalse, kWarning, \
      "spec.clusterRef names no Cluster of this namespace.", "Make that Cluster, or make the Topic anew with another one.") \
    X(kTopicClusterNotReady, kTopic, "Ready", "ClusterNotReady", kUnknown, kNormal, \
      "The Cluster's broker does not run or recovers, so the topic cannot be looked at.", \
      "See the conditions of the Cluster.") \
    X(kTopicBrokerUnreachable, kTopic, "Ready", "BrokerUnreachable", kUnknown, kWarning, \
      "The Cluster's broker gives no answer.", "See the conditions of the Cluster.") \
    X(kTopicConflict, kTopic, "Ready", "Conflict", kFalse, kWarning, \
      "An older Topic resource stands for the same topic, and that one counts.", "Delete one of the two.") \
    X(kTopicNotAdopted, kTopic, "Ready", "NotAdopted", kFalse, kWarning, \
      "A topic of this name exists and was not made by this resource. It is left alone.", \
      "To take it over, with settings and deletion, set spec.adopt to true; to only watch it, set spec.managed to " \
      "false.") \
    X(kTopicReserved, kTopic, "Ready", "Reserved", kFalse, kWarning, \
      "The topic is one of Kafka's own and is not managed by resources.", "Set spec.managed to false to only watch it.") \
    X(kTopicMissing, kTopic, "Ready", "Missing", kFalse, kWarning, \
      "spec.managed is false and there is no such topic.", "Make the topic, or let it be managed.") \
    X(kTopicPartitionsShrink, kTopic, "Ready", "PartitionsCannotShrink", kFalse, kWarning, \
      "The topic has more partitions than spec.partitions, and records cannot move between partitions. The rest of the " \
      "spec applies.", \
      "Set spec.partitions to what the topic has, or make a new topic.") \
    X(kTopicReplicationDiffers, kTopic, "Ready", "ReplicationFactorDiffers", kFalse, kWarning, \
      "The topic has another replication factor than the spec, which this version cannot change. The rest applies.", \
      "Set spec.replicationFactor to what the topic has.") \
    X(kTopicRefused, kTopic, "Ready", "BrokerRefused", kFalse, kWarning, \
      "The broker refused to make or change the topic; the message is its own. It is tried again.", \
      "Correct the spec as the message says.") \
    X(kTopicConfigNotApplied, kTopic, "Ready", "ConfigRejected", kFalse, kNormal, \
      "As ConfigApplied says: the rest of the spec applies.", "Correct the values.") \
    X(kTopicOffline, kTopic, "Ready", "Offline", kFalse, kWarning, \
      "Partitions of the topic are offline.", "See the conditions of the Cluster: mostly a disk has failed.") \
    X(kTopicDeleteRefused, kTopic, "Ready", "DeleteRefused", kFalse, kWarning, \
      "The Topic is being deleted, but the broker does not delete the topic; the message is its own. It is tried again.", \
      "Remove the cause, or set spec.deletionPolicy to Retain to keep the topic and let the resource go.") \
    X(kTopicDeleteWaits, kTopic, "Ready", "DeleteWaits", kFalse, kNormal, \
      "The Topic is being deleted; its topic is deleted when the Cluster's broker answers.", \
      "Nothing; or set spec.deletionPolicy to Retain to let the resource go at once.") \
    X(kTopicConfigApplied, kTopic, "ConfigApplied", "ConfigApplied", kTrue, kNormal, \
      "The topic has the settings of spec.config and no others.", "") \
    X(kTopicConfigRejected, kTopic, "ConfigApplied", "ConfigRejected", kFalse, kWarning, \
      "The broker refused settings; the message has each with the broker's own words. The rest of spec.config applies.", \
      "Correct the values.")

// id, kind, reason, severity, what it tells
#define MOLDAU_EVENTS(X) \
    X(kEventCreated, kCluster, "StatefulSetCreated", kNormal, "The cluster's StatefulSet was made.") \
    X(kEventVolumeKept, kCluster, "KeptVolumeFound", kNormal, \
      "A claim of an earlier cluster of this name was found; its data is used.") \
    X(kEventRestart, kCluster, "RestartGranted", kNormal, "The broker granted its restart and its pod was deleted.") \
    X(kEventPodReplaced, kCluster, "PodReplaced", kNormal, \
      "A pod that did not serve was deleted, so that a new one takes its place.") \
    X(kEventForceDeleted, kCluster, "PodForceDeleted", kWarning, \
      "The pod of a node that is known to be off was removed, so that it can start elsewhere.") \
    X(kEventRecreated, kCluster, "StatefulSetRecreated", kNormal, \
      "The StatefulSet was made anew because of a field that cannot be changed; its pods went on running.") \
    X(kEventResize, kCluster, "ClaimResized", kNormal, "A claim was told to grow.") \
    X(kEventStop, kCluster, "Stopping", kNormal, "The broker granted its stop and spec.replicas 0 was carried out.") \
    X(kEventConfigChanged, kCluster, "ConfigChanged", kNormal, "Settings were changed on the running broker.") \
    X(kEventClaimDeleted, kCluster, "ClaimDeleted", kNormal, \
      "A claim was deleted with its cluster, as spec.storage.deletionPolicy says.") \
    X(kEventTopicCreated, kTopic, "Created", kNormal, "The topic was made.") \
    X(kEventTopicAdopted, kTopic, "Adopted", kNormal, "An existing topic was taken over, as asked.") \
    X(kEventTopicGrown, kTopic, "PartitionsAdded", kNormal, "Partitions were added.") \
    X(kEventTopicAltered, kTopic, "ConfigChanged", kNormal, \
      "The topic's settings were changed to those of the spec, because the spec changed or the topic was changed " \
      "elsewhere.") \
    X(kEventTopicRecreated, kTopic, "Recreated", kWarning, \
      "The topic was deleted elsewhere and was made again, empty, because its resource is still there.") \
    X(kEventTopicDeleted, kTopic, "Deleted", kNormal, "The topic was deleted with its resource.") \
    X(kEventTopicKept, kTopic, "Kept", kNormal, "The resource went and the topic was kept.")
// clang-format on
