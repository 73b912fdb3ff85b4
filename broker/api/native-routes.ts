/** Routes for the sessions of native tools. Part of `route-table.ts`. */
import type { SignedActions } from "../identity/signed-actions.ts";
import type { Native } from "../native/open-native.ts";
import {
  approveNative,
  type Notes,
  nativeOptions,
  refuseNative,
  showNative,
} from "./native/answer-native.ts";
import type { NativeGround } from "./native/native-view.ts";
import { issueOpcuaTicket, opcuaTicketOptions } from "./native/opcua-ticket.ts";
import { showDoors } from "./native/show-doors.ts";
import { guarded, type Route } from "./route.ts";
import { addSshKey, listSshKeys, removeSshKey, sshKeyOptions } from "./ssh-keys/ssh-keys.ts";

export interface NativeRouteParts extends NativeGround {
  readonly native: Native;
  readonly siteLog: Notes;
  readonly identity: { readonly signedActions: SignedActions };
}

/** Who approves is whoever holds a grant for what is asked: others find nothing to open. */
export function nativeRoutes(parts: NativeRouteParts): readonly Route[] {
  const { asks } = parts.native;
  const { siteLog } = parts;
  const { signedActions } = parts.identity;
  const one = "/api/native/:id";
  const tickets = "/api/opcua-tickets";
  const keys = "/api/me/ssh-keys";
  const { sshKeys } = parts.native;
  const right = "session:open";
  return [
    guarded("GET", "/api/native", right, showDoors(parts.native)),
    guarded("POST", `${tickets}/options`, right, opcuaTicketOptions(parts, signedActions)),
    guarded("POST", tickets, right, issueOpcuaTicket(parts, signedActions, parts.native)),
    guarded("GET", keys, right, listSshKeys(sshKeys)),
    guarded("POST", `${keys}/options`, right, sshKeyOptions(sshKeys)),
    guarded("POST", keys, right, addSshKey(sshKeys)),
    guarded("DELETE", `${keys}/:id`, right, removeSshKey(sshKeys)),
    guarded("GET", one, right, showNative(asks, parts)),
    guarded("POST", `${one}/options`, right, nativeOptions(asks, parts, signedActions, siteLog)),
    guarded("POST", one, right, approveNative(asks, parts, signedActions)),
    guarded("POST", `${one}/refusal`, right, refuseNative(asks, parts, siteLog)),
  ];
}
