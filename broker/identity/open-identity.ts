/** Builds identity on a store. */
import { type Clock, systemClock } from "../clock.ts";
import type { Role } from "../store/model.ts";
import { rpIds } from "../store/passkeys.ts";
import { listPeople } from "../store/people.ts";
import type { Store } from "../store/store.ts";
import { ApiTokens } from "./api-tokens.ts";
import { ChallengeBook } from "./challenge-book.ts";
import { DeviceBook } from "./device-book.ts";
import { Devices } from "./devices.ts";
import { DraftKeys } from "./draft-keys.ts";
import { createEnrolment } from "./enrolment.ts";
import { type Identity, IdentityRefused } from "./identity.ts";
import { checkIdentityConfig, type IdentityConfig } from "./identity-config.ts";
import { MachineSignIns } from "./machine-sign-ins.ts";
import { createPasskeys } from "./own-passkeys.ts";
import { createPeople, PeopleBook } from "./people.ts";
import type { PostureRule } from "./posture.ts";
import { ProvisionedGroups } from "./provisioned-groups.ts";
import { Provisioning } from "./provisioning.ts";
import { createRecoveries } from "./recoveries.ts";
import { SignInBook } from "./sign-in-book.ts";
import { SignInFailures } from "./sign-in-failures.ts";
import { createSignIns } from "./sign-ins.ts";
import { createSignedActions } from "./signed-actions.ts";
import {
  NO_PROVIDERS,
  outlivesRestart,
  type ProviderRules,
  ThroughProvider,
} from "./through-provider.ts";
import { WorkloadSignIns } from "./workload-sign-ins.ts";

/** @throws IdentityRefused input-invalid (the configuration), rp-id-changed */
export async function openIdentity(options: {
  readonly store: Store;
  readonly config: IdentityConfig;
  readonly clock?: Clock;
  /** By the name of a group of the identity provider. */
  readonly groupRoles?: ReadonlyMap<string, Role>;
  readonly providers?: ProviderRules;
}): Promise<Identity> {
  const { store } = options;
  const clock = options.clock ?? systemClock;
  const config = checkIdentityConfig(options.config);
  await checkRpId(store, options.config);
  const rules = options.providers ?? NO_PROVIDERS;
  const everybody = await listPeople(store.queries);
  const book = await SignInBook.open(store, clock, config, everybody, (signIn, person) =>
    outlivesRestart(rules, signIn, person),
  );
  const through = new ThroughProvider({ store, clock, rules, book });
  const people = new PeopleBook(book);
  const failures = new SignInFailures(store, clock);
  const challenges = new ChallengeBook(store, clock);
  const rule = options.config.posture ?? NOTHING_ASKED;
  const deviceBook = await DeviceBook.open(store.queries, clock, rule);
  const devices = new Devices({ store, clock, book, deviceBook });
  const parts = { store, clock, config, book, people, failures, challenges, devices, through };
  const tokens = new ApiTokens(parts);
  const machines = new MachineSignIns(parts, tokens);
  const provisioning = { ...parts, roles: options.groupRoles ?? new Map() };
  return {
    ...{ machines, devices, deviceFacts: deviceBook },
    drafts: await DraftKeys.open(store.queries),
    ...{ through, tokens, workloads: new WorkloadSignIns(parts) },
    enrolment: createEnrolment(parts),
    signIns: createSignIns(parts),
    passkeys: createPasskeys(parts),
    people: createPeople(parts),
    provisioned: {
      people: new Provisioning(provisioning),
      groups: new ProvisionedGroups(provisioning),
    },
    recoveries: createRecoveries(parts),
    signedActions: createSignedActions(parts),
    close: () => {
      machines.close();
      return book.close();
    },
  };
}

/** For who says nothing: any report will do, for a day. */
const NOTHING_ASKED: PostureRule = { needs: [], ageMaxMs: 24 * 3_600_000 };

/** A changed RP ID kills every passkey, which must never happen by a slip in a configuration. */
async function checkRpId(store: Store, config: IdentityConfig): Promise<void> {
  const others = (await rpIds(store.queries)).filter((rpId) => rpId !== config.rpId);
  if (others.length === 0) return;
  if (!config.acceptRpIdChange) {
    throw new IdentityRefused(
      "rp-id-changed",
      `passkeys exist for ${others.join(", ")} and would stop working with the RP ID ${config.rpId}: set it back, or accept the change and enrol anew`,
    );
  }
  await store.log.record({
    kind: "passkey:rp-id-changed",
    priority: "alarm",
    text: `Started with the RP ID ${config.rpId}: the passkeys for ${others.join(", ")} do not work any more`,
  });
}
