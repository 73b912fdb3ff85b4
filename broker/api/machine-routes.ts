/** Routes for signing in the `sallyport` command. Part of `route-table.ts`. */
import type { Clock } from "../clock.ts";
import type { Identity } from "../identity/identity.ts";
import type { SiteEvents } from "../store/site-events.ts";
import {
  approveMachine,
  machineOptions,
  refuseMachine,
  showMachine,
} from "./machines/answer-machine.ts";
import { askMachine, redeemMachine } from "./machines/ask-machine.ts";
import { forCommands, guarded, open, type Route } from "./route.ts";
import { listOwnTokens, listTokens, revokeOwnToken, revokeToken } from "./tokens/tokens.ts";

export interface MachineRouteParts {
  readonly identity: Pick<Identity, "machines" | "signedActions" | "tokens" | "people">;
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly clock: Clock;
  /** Of a site with a standby: where commands find them. */
  readonly brokers?: readonly string[];
}

export function machineRoutes(parts: MachineRouteParts): readonly Route[] {
  const { identity, siteLog, clock, brokers = [] } = parts;
  const { machines, signedActions: actions } = identity;
  const ground = { asks: machines.asks, actions, notes: siteLog, clock };
  const tokens = { tokens: identity.tokens, people: identity.people, clock };
  const one = "/api/devices/:id";
  return [
    open("POST", "/api/device/authorization", askMachine(machines.asks, clock)),
    open("POST", "/api/device/token", redeemMachine(machines, clock, brokers)),
    guarded("GET", one, "signed-in", showMachine(ground)),
    guarded("POST", `${one}/options`, "signed-in", machineOptions(ground)),
    guarded("POST", one, "signed-in", approveMachine(ground)),
    guarded("POST", `${one}/refusal`, "signed-in", refuseMachine(ground)),
    forCommands(guarded("GET", "/api/me/tokens", "signed-in", listOwnTokens(tokens))),
    forCommands(guarded("DELETE", "/api/me/tokens/:id", "signed-in", revokeOwnToken(tokens))),
    forCommands(guarded("GET", "/api/tokens", "people:manage", listTokens(tokens))),
    guarded("DELETE", "/api/tokens/:id", "people:manage", revokeToken(tokens)),
  ];
}
