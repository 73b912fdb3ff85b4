/**
 * A client of the library's present version, asked as the old one is (`opcua-old-client.ts`): any
 * service, by the library's own classes. It speaks the policies that the old one does not know.
 */
import type { ChannelSecurity } from "../../broker/legs/opcua/security.ts";
import { signInOpcua, signOut } from "./opcua-client.ts";
import type { OldClasses, OldResponse, OldSignedIn } from "./opcua-old-client.ts";

export interface NewClientOptions {
  readonly url: string;
  readonly folder: string;
  readonly security: ChannelSecurity;
}

interface Asks {
  performMessageTransaction(
    request: object,
    done: (error: Error | null, response?: OldResponse) => void,
  ): void;
}

export async function signInNew(
  options: NewClientOptions,
): Promise<Pick<OldSignedIn, "ask" | "close">> {
  const signedIn = await signInOpcua({ ...options, password: "any" });
  const library = (await import("node-opcua-types")) as unknown as ReturnType<OldClasses>;
  const session = signedIn.session as unknown as Asks;
  return {
    ask: (make) =>
      new Promise((resolve, reject) => {
        session.performMessageTransaction(
          make(() => library),
          (error, response) => (response ? resolve(response) : reject(error)),
        );
      }),
    close: () => signOut(signedIn),
  };
}
