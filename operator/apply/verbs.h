// The verbs, one file each: what an action of `decide` means as a request.
//
// Each sends one order, guarded by what the action names (uid, resource version, epoch); the answer is taken into the store
// at once, so that the next decision sees it. What is gone already when it was to be removed is done. None waits for
// effects.

#pragma once

#include "base/task.h"
#include "operator/apply/hands.h"

namespace moldau::apply {

// Server-side apply with force. An object that our stores do not have is looked up first: one that exists and was not made
// by us comes back as the stranger.
Task<Carried> apply_object(Hands hands, decide::ApplyObject action);
Task<Carried> delete_object(Hands hands, decide::DeleteObject action);
Task<Carried> orphan_stateful_set(Hands hands, decide::OrphanStatefulSet action);
Task<Carried> resize_claim(Hands hands, decide::ResizeClaim action);
Task<Carried> delete_claim(Hands hands, decide::DeleteClaim action);
Task<Carried> delete_pod(Hands hands, decide::DeletePod action);
Task<Carried> force_delete_pod(Hands hands, decide::ForceDeletePod action);
Task<Carried> add_finalizer(Hands hands, decide::AddFinalizer action);
Task<Carried> remove_finalizer(Hands hands, decide::RemoveFinalizer action);
Task<Carried> update_status(Hands hands, decide::UpdateStatus action);
Task<Carried> emit_event(Hands hands, decide::EmitEvent action);

Task<Carried> alter_settings(broker_api::BrokerApi& broker, decide::AlterSettings action);
Task<Carried> prepare_to_stop(broker_api::BrokerApi& broker, decide::PrepareToStop action);
Task<Carried> create_topics(broker_api::BrokerApi& broker, decide::CreateTopics action);
Task<Carried> alter_topics(broker_api::BrokerApi& broker, decide::AlterTopics action);
Task<Carried> delete_topics(broker_api::BrokerApi& broker, decide::DeleteTopics action);

}  // namespace moldau::apply
