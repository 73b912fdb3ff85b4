/** Opens the door by which an identity provider tells who works here, where the site names a token. */
import { resolve } from "node:path";
import type { ScimGate } from "./api/scim/answers.ts";
import { secretOfFile } from "./integrations/secret.ts";
import type { Ground } from "./open-parts.ts";
import { StartRefused } from "./start-refused.ts";

/** Somebody who tries tokens is told of once in this time. */
const TELL_EVERY_MS = 60_000;
/** Shorter ones are guessed. */
const TOKEN_MIN = 24;

/** @throws StartRefused where the token cannot be used */
export function openProvisioning({ config, clock, noticed }: Ground): ScimGate {
  const { scimTokenFile } = config;
  if (scimTokenFile === "") return { token: undefined, refused: () => {} };
  const token = secretOfFile(resolve(scimTokenFile));
  if (tokenIn(token.read).length < TOKEN_MIN) {
    throw new StartRefused(
      `the token in ${scimTokenFile} has fewer than ${TOKEN_MIN} characters`,
      2,
    );
  }
  let toldMs = Number.NEGATIVE_INFINITY;
  return {
    token,
    refused: (address) => {
      const nowMs = clock.monotonicMs();
      if (toldMs + TELL_EVERY_MS > nowMs) return;
      toldMs = nowMs;
      noticed.note({
        kind: "provisioning:refused",
        priority: "event",
        text: `Somebody at ${address} came as the identity provider with a wrong token`,
      });
    },
  };
}

function tokenIn(read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw new StartRefused(error instanceof Error ? error.message : String(error), 2);
  }
}
