/** How a machine becomes a gateway: by one line that an administrator was shown, once. */
import { generateKeyPairSync } from "node:crypto";
import {
  type ControlAddress,
  dialControl,
  fetchAuthority,
} from "../../legs/planes/control-dialer.ts";
import { type JoinLine, parseJoinLine } from "../join-line.ts";
import { Link, STRANGER_MAX } from "../link.ts";
import { TO_GATEWAY, type ToGateway } from "../messages.ts";
import { keepMembership, type Membership } from "./gateway-files.ts";

type Enrolled = Extract<ToGateway, { kind: "enrolled" }>;

/** @throws Error with one line for a person */
export async function joinControl(dataFolder: string, line: string): Promise<Membership> {
  const parsed = parseJoinLine(line);
  if (!parsed) throw new Error("this is not a line that control has shown: copy all of it");
  const { host, port, serverName, fingerprint } = parsed;
  const control: ControlAddress = { host, port };
  const authority = await fetchAuthority(control, serverName, fingerprint);
  const { publicKeyPem, keyPem } = newKey();
  const socket = await dialControl(control, { authority, serverName });
  const enrolled = await ask(new Link(socket, STRANGER_MAX), parsed, publicKeyPem);
  const { gateway, site, permitKey, certificate } = enrolled;
  const membership: Membership = {
    ...{ gateway, site, control, serverName, authority, permitKey, certificate },
    key: keyPem,
  };
  keepMembership(dataFolder, membership);
  return membership;
}

/** P-256: what every TLS of the last ten years can. */
export function newKey(): { readonly publicKeyPem: string; readonly keyPem: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function ask(link: Link, { token }: JoinLine, publicKey: string): Promise<Enrolled> {
  return new Promise((resolve, reject) => {
    const refuse = (): never => {
      throw new Error("it said something that is not understood");
    };
    link.start({
      message: (received) => {
        const message = TO_GATEWAY.parse(received);
        if (message.kind === "goodbye") reject(new Error(message.reason));
        else if (message.kind === "enrolled") resolve(message);
        else refuse();
        link.close();
      },
      bytes: refuse,
      records: refuse,
      closed: (reason) => reject(new Error(`control did not answer: ${reason}`)),
    });
    link.send({ kind: "enrol", token, publicKey });
  });
}
