import type { Passkey } from "../../store/model.ts";
import type { PasskeyView } from "../shapes/people.ts";

export function passkeyView(passkey: Passkey): PasskeyView {
  return {
    id: passkey.id,
    label: passkey.label,
    createdMs: passkey.createdMs,
    lastUsedMs: passkey.lastUsedMs,
    synced: passkey.backupEligible,
    rpId: passkey.rpId,
  };
}
