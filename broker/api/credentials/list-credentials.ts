import { z } from "zod";
import type { Credentials } from "../../credentials/credentials.ts";
import { endpoint } from "../endpoint.ts";
import { credentialShownSchema } from "../shapes/credentials.ts";

export function listCredentials(credentials: Pick<Credentials, "list">) {
  return endpoint({
    summary: "What assets are signed in to with: everything but the secrets",
    answer: z.array(credentialShownSchema),
    handle: async () => [...(await credentials.list())],
  });
}
