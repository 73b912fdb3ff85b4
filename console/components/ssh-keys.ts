/** One's own public keys for one's own SSH clients. */
import { queryOptions } from "@tanstack/react-query";
import type { SshKeyView } from "../../broker/api/shapes/ssh-keys.ts";
import { sshKeyText } from "../text/ssh-keys.ts";
import { ask } from "./http.ts";
import { ApiProblem } from "./problem.ts";
import { queryClient } from "./queries.ts";
import { type ActionToSign, signAction } from "./sign-action.ts";
import { withFreshAssertion } from "./step-up.ts";

const PATH = "/api/me/ssh-keys";

export const sshKeysQuery = queryOptions({
  queryKey: ["me", "ssh-keys"],
  queryFn: () => ask<SshKeyView[]>("GET", PATH),
});

/** One touch: the passkey signs exactly this key under this name. */
export async function addSshKey(label: string, publicKey: string): Promise<void> {
  // Somebody who takes the wrong file: their private key does not leave this page.
  if (/-----BEGIN|PuTTY-User-Key-File/.test(publicKey)) {
    throw new ApiProblem(400, { code: "private-key", message: sshKeyText.privateKey });
  }
  const wanted = { label, publicKey: publicKey.trim() };
  const toSign = await ask<ActionToSign>("POST", `${PATH}/options`, wanted);
  await ask("POST", PATH, await signAction(toSign, sshKeyText.altered));
  await queryClient.invalidateQueries(sshKeysQuery);
}

export async function removeSshKey(id: string): Promise<void> {
  await withFreshAssertion(() => ask<void>("DELETE", `${PATH}/${encodeURIComponent(id)}`));
  await queryClient.invalidateQueries(sshKeysQuery);
}
