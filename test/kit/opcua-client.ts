/** A foreign OPC UA client: the high-level client of a library, with a certificate of its own. */
import { join } from "node:path";
import {
  type ClientSession,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger,
  UserTokenType,
} from "node-opcua";
import type { ChannelSecurity } from "../../broker/legs/opcua/security.ts";

export interface OpcuaClientOptions {
  readonly url: string;
  readonly folder: string;
  readonly security: ChannelSecurity;
  readonly user?: string;
  readonly password: string;
  /** Comes back by itself when its connection breaks. */
  readonly reconnects?: boolean;
  readonly onLost?: () => void;
}

export interface SignedIn {
  readonly client: OPCUAClient;
  readonly session: ClientSession;
}

export async function connectOpcua(options: OpcuaClientOptions): Promise<OPCUAClient> {
  setErrorLogger(() => undefined);
  setWarningLogger(() => undefined);
  const { url, folder, security, reconnects = false } = options;
  const client = OPCUAClient.create({
    endpointMustExist: false,
    securityMode: MessageSecurityMode[security.mode],
    securityPolicy: SecurityPolicy[security.policy],
    connectionStrategy: reconnects
      ? { maxRetry: 20, initialDelay: 50, maxDelay: 200 }
      : { maxRetry: 0 },
    clientCertificateManager: new OPCUACertificateManager({
      rootFolder: join(folder, "client"),
      automaticallyAcceptUnknownCertificate: true,
    }),
  });
  await client.connect(url);
  return client;
}

export async function signInOpcua(options: OpcuaClientOptions): Promise<SignedIn> {
  const client = await connectOpcua(options);
  const { user: userName = "works", password } = options;
  try {
    const session = await client.createSession({
      ...{ type: UserTokenType.UserName, userName, password },
    });
    return { client, session };
  } catch (error) {
    await client.disconnect();
    throw error;
  }
}

export async function signOut({ client, session }: SignedIn): Promise<void> {
  await session.close().catch(() => undefined);
  await client.disconnect().catch(() => undefined);
}
