/** One's own public keys for one's own SSH clients. */
import { z } from "zod";
import type { SshKeys } from "../../native/ssh-keys.ts";
import { PUBLIC_KEY_MAX, PublicKeyRefused } from "../../native/ssh-public-key.ts";
import type { SshKey } from "../../store/ssh-keys.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, nameText } from "../parameters.ts";
import { ApiRefused } from "../problem.ts";
import { actionToSignSchema } from "../shapes/requests.ts";
import { type SshKeyView, sshKeySchema } from "../shapes/ssh-keys.ts";
import { signedAnswer } from "../signed-action.ts";

export function listSshKeys(keys: SshKeys) {
  return endpoint({
    summary: "My keys for my own SSH clients",
    answer: z.array(sshKeySchema),
    handle: async ({ me }) => (await keys.list(me)).map(keyView),
  });
}

export function sshKeyOptions(keys: SshKeys) {
  return endpoint({
    summary: "What to sign with a passkey to register a public key",
    body: z.strictObject({ label: nameText, publicKey: z.string().min(1).max(PUBLIC_KEY_MAX) }),
    answer: actionToSignSchema,
    handle: async ({ me, body }) => {
      const { text, options } = await keys.options(me, body).catch((error: unknown) => {
        if (!(error instanceof PublicKeyRefused)) throw error;
        const { message } = error;
        const said = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
        throw new ApiRefused(400, "input-invalid", said);
      });
      return { text, options: { ...options } };
    },
  });
}

export function addSshKey(keys: SshKeys) {
  return endpoint({
    summary: "Register a public key by a signed act",
    body: signedAnswer,
    answer: sshKeySchema,
    status: 201,
    handle: async ({ me, body }) => keyView(await keys.add(me, body)),
  });
}

export function removeSshKey(keys: SshKeys) {
  return endpoint({
    summary: "Remove one of my keys, and end what it opened; needs a fresh assertion",
    params: idParameter,
    handle: async ({ me, params }) => {
      await keys.remove(me, params.id);
    },
  });
}

function keyView({ id, label, publicKey, fingerprint, addedMs, usedMs }: SshKey): SshKeyView {
  return { id, label, publicKey, fingerprint, addedMs, usedMs };
}
