/**
 * A client of another age: major version 0 of the library (2019, OPC UA 1.03), which shares no
 * line of its channels, sessions and codec with the one that the legs are built on. Its server
 * does not start on today's Node.
 */
import { createRequire } from "node:module";
import path from "node:path";
import type { ChannelSecurity } from "../../broker/legs/opcua/security.ts";

/** What of it is used; it has no types. */
interface OldLibrary {
  readonly OPCUAClient: new (options: object) => OldClient;
  readonly MessageSecurityMode: Readonly<Record<string, unknown>>;
  readonly SecurityPolicy: Readonly<Record<string, unknown>>;
}

interface OldClient {
  _getApplicationUri(): string;
  connect(url: string, done: Done<void>): void;
  createSession(user: object, done: Done<OldSession>): void;
  disconnect(done: Done<void>): void;
}

type Done<T> = (error: Error | null, result: T) => void;

export interface OldValue {
  readonly statusCode: { readonly name: string };
  readonly value?: { readonly value: unknown };
}

interface OldSession {
  performMessageTransaction(request: object, done: Done<OldResponse>): void;
  read(nodes: readonly object[], maxAge: number, done: Done<readonly OldValue[]>): void;
  write(nodes: readonly object[], done: Done<readonly { readonly name: string }[]>): void;
  close(done: Done<void>): void;
}

/** Of the library's own classes; statuses have a `name`. */
export type OldResponse = Readonly<Record<string, unknown>>;

export interface OldClientOptions {
  readonly url: string;
  readonly security: ChannelSecurity;
  /** Its own, and the URI that it names. */
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly applicationUri: string;
  readonly user: string;
  readonly password: string;
}

export interface OldSignedIn {
  /**
   * Any service, built by that library's own classes.
   * @param make given them by the name of their package without `node-opcua-`
   */
  ask(make: (classes: OldClasses) => object): Promise<OldResponse>;
  read(nodes: readonly string[]): Promise<readonly OldValue[]>;
  /** Status by name. */
  writeDouble(node: string, value: number): Promise<string>;
  close(): Promise<void>;
}

export type OldClasses = (name: string) => Readonly<Record<string, OldClass>>;
type OldClass = new (options: object) => object;

const VALUE = 13;
const DOUBLE = 11;

export async function signInOld(options: OldClientOptions): Promise<OldSignedIn> {
  const require = createRequire(import.meta.url);
  const library = require("node-opcua-client-0") as OldLibrary;
  const inside = createRequire(require.resolve("node-opcua-client-0"));
  const classes: OldClasses = (name) => inside(`node-opcua-${name}`);
  const { security, certificateFile, privateKeyFile, applicationUri } = options;
  const client = new library.OPCUAClient({
    ...{ endpoint_must_exist: false, keepSessionAlive: false, certificateFile, privateKeyFile },
    securityMode: library.MessageSecurityMode[security.mode.toUpperCase()],
    securityPolicy: library.SecurityPolicy[security.policy],
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 200 },
  });
  client._getApplicationUri = () => applicationUri;
  await inFolder(path.dirname(certificateFile), () =>
    called<void>((done) => client.connect(options.url, done)),
  );
  const { user: userName, password } = options;
  const session = await called<OldSession>((done) =>
    client.createSession({ userName, password }, done),
  );
  return {
    ask: (make) =>
      new Promise((resolve, reject) => {
        // A service fault is an answer too.
        session.performMessageTransaction(make(classes), (error, response) =>
          response ? resolve(response) : reject(error),
        );
      }),
    read: (nodes) => {
      const all = nodes.map((nodeId) => ({ nodeId, attributeId: VALUE }));
      return called((done) => session.read(all, 0, done));
    },
    writeDouble: async (nodeId, value) => {
      const written = { value: { dataType: DOUBLE, value } };
      const item = { nodeId, attributeId: VALUE, value: written };
      const [status] = await called<readonly { readonly name: string }[]>((done) =>
        session.write([item], done),
      );
      return status?.name ?? "";
    },
    close: async () => {
      await called<void>((done) => session.close(done));
      await called<void>((done) => client.disconnect(done));
    },
  };
}

/** It keeps certificates that it has seen in a folder of where the process stands. */
async function inFolder(folder: string, work: () => Promise<void>): Promise<void> {
  const before = process.cwd();
  process.chdir(folder);
  try {
    await work();
  } finally {
    process.chdir(before);
  }
}

function called<T>(work: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    work((error, result) => (error ? reject(error) : resolve(result)));
  });
}
