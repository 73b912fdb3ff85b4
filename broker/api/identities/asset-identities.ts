/** What assets show as their identity: seen, accepted, withdrawn. */
import { z } from "zod";
import type { Person } from "../../store/model.ts";
import { NothingShown, type TrustDesk } from "../../trust/trust-desk.ts";
import type { AssetIdentity } from "../../trust/trusted-book.ts";
import { endpoint } from "../endpoint.ts";
import { endpointText } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import {
  assetIdentitiesSchema,
  type KnownIdentityView,
  oneIdentitySchema,
  trustWishSchema,
} from "../shapes/identities.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { signedAnswer } from "../signed-action.ts";

export function listIdentities(desk: TrustDesk) {
  return endpoint({
    summary: "Which keys and certificates assets showed, and which of them count",
    answer: assetIdentitiesSchema,
    handle: ({ me }) => ({
      secondNeeded: desk.secondNeeded,
      endpoints: desk.list().map(({ known, inFile, ...state }) => ({
        ...{ ...state, inFile: [...inFile] },
        known: known.map((each) => identityView(desk, each, me.person)),
      })),
    }),
  });
}

export function lookAtIdentity(desk: TrustDesk) {
  return endpoint({
    summary: "Ask an asset which key or certificate it shows, without a session",
    body: z.strictObject({ endpoint: endpointText }),
    handle: async ({ me, body }) => {
      await desk.look(me.person, body.endpoint).catch((error: unknown) => {
        if (!(error instanceof NothingShown)) throw error;
        throw new ApiRefused(502, "nothing-shown", `Nothing was shown: ${error.message}.`);
      });
    },
  });
}

export function trustOptions(desk: TrustDesk) {
  return endpoint({
    summary: "What to sign with a passkey to trust what an asset showed, or to do so no more",
    body: trustWishSchema,
    answer: actionToSignSchema,
    handle: async ({ me, body }) => {
      const { text, options } = await desk.options(me, body);
      return { text, options: { ...options } };
    },
  });
}

export function signTrust(desk: TrustDesk) {
  return endpoint({
    summary: "Trust what an asset showed, or do so no more, by a signed act",
    body: signedAnswer,
    answer: z.object({ waits: z.boolean() }),
    handle: ({ me, body }) => desk.act(me, body),
  });
}

export function discardTrust(desk: TrustDesk) {
  return endpoint({
    summary: "Discard what waits for another administrator",
    body: oneIdentitySchema,
    handle: ({ me, body }) => desk.discard(me.person, body.endpoint, body.fingerprint),
  });
}

function identityView(desk: TrustDesk, identity: AssetIdentity, me: Person): KnownIdentityView {
  const { shown, trusted, firstMs, lastMs } = identity;
  const { fingerprint, algorithm, address, alsoWritten, certificate } = shown;
  const proposed = desk.waiting(identity);
  return {
    ...{ fingerprint, algorithm, address, alsoWritten: alsoWritten.map((each) => ({ ...each })) },
    ...{ certificate: certificate ?? null, firstMs, lastMs },
    trusted: trusted && { by: trusted.by, name: trusted.name, atMs: trusted.atMs },
    proposed: proposed && {
      ...{ by: proposed.by, name: proposed.name, atMs: proposed.atMs },
      ...{ keep: proposed.keep, mine: proposed.by === me.id },
    },
  };
}
