/**
 * What a broker is between a foreign OPC UA client and a foreign server, in this process: host,
 * guard, policy, recorder and the OPC UA process, without sign-in. For tests that must look inside
 * while it works (holds, tapes, what is left); everything else uses the conduit.
 */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { mintPermit } from "../../broker/access/permits.ts";
import { systemClock } from "../../broker/clock.ts";
import { type Evidence, openEvidence } from "../../broker/evidence/evidence.ts";
import { OpcuaProcess } from "../../broker/legs/opcua/apart/opcua-process.ts";
import { keptIdentity } from "../../broker/legs/opcua/kept-identity.ts";
import type { Credential } from "../../broker/plant/credential.ts";
import type { LiveSession, SessionHost } from "../../broker/sessions/session.ts";
import { createSessionHost } from "../../broker/sessions/session-host.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "./evidence-keys.ts";
import { plantClaims } from "./plant-claims.ts";

export interface OpcuaSiteOptions {
  readonly folder: string;
  readonly plant: string;
  readonly profile: string;
  readonly credential: () => Credential;
}

export class OpcuaSite {
  readonly evidence: Evidence;
  readonly opcua: OpcuaProcess;
  /** Why the OPC UA process ended, each time. */
  readonly failures: string[];
  /** How often it came back. */
  recoveries = 0;
  private readonly host: SessionHost;
  private readonly mint: (endpoint: string) => ReturnType<typeof mintPermit>;
  private readonly servers: Server[] = [];

  private constructor(
    options: OpcuaSiteOptions,
    parts: Pick<OpcuaSite, "evidence" | "opcua" | "failures">,
  ) {
    this.evidence = parts.evidence;
    this.opcua = parts.opcua;
    this.failures = parts.failures;
    const keys = generateKeyPairSync("ed25519");
    const { plant: text, profile } = options;
    this.mint = (endpoint) => {
      const claims = plantClaims({ text, file: "plant.yaml", endpoint, profile });
      return mintPermit(claims(), keys.privateKey);
    };
    this.host = createSessionHost({
      recorder: parts.evidence.recorder,
      ...{ permitKey: keys.publicKey, clock: systemClock, build: "test", opcua: parts.opcua },
      credentials: { of: async () => options.credential() },
    });
  }

  static async open(options: OpcuaSiteOptions): Promise<OpcuaSite> {
    mkdirSync(options.folder, { recursive: true });
    const directory = join(options.folder, "recordings");
    const recorded = { directory, keys: TEST_KEYS, build: "test", clock: systemClock };
    const file = join(options.folder, "broker.pem");
    const failures: string[] = [];
    const opcua = new OpcuaProcess(file, keptIdentity(file), {
      failed: (why) => void failures.push(why),
      well: () => void site.recoveries++,
    });
    await opcua.begin();
    const evidence = await openEvidence(recorded);
    const site = new OpcuaSite(options, { evidence, opcua, failures });
    return site;
  }

  session(endpoint: string): Promise<LiveSession> {
    return this.host.open(this.mint(endpoint));
  }

  /** Where clients of this session connect; any user and password is let in. */
  async listen(session: LiveSession): Promise<number> {
    const clients = this.opcua.clients({
      plain: () => true,
      url: () => "opc.tcp://127.0.0.1",
      signIn: async () => ({
        attach: async (leg, peer) => {
          const { ended } = await session.attach(leg, peer);
          void ended.then((cause) => session.end(cause));
        },
      }),
    });
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) =>
      clients.serve(socket, () => undefined),
    );
    server.once("close", () => clients.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    this.servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** The tape as an auditor reads it, after the session has ended. */
  async recorded(session: string): Promise<readonly TapeRecord[]> {
    const records: TapeRecord[] = [];
    for (let number = 0; ; number++) {
      const bytes = await this.evidence.recordings.segment(session, number);
      if (!bytes) return records;
      const read = readSegment(bytes);
      if (read.kind === "malformed") throw new Error(read.reason);
      records.push(...read.records);
    }
  }

  async close(): Promise<void> {
    for (const server of this.servers) server.close();
    await this.host.shutdown();
    await this.opcua.close();
    await this.evidence.close();
  }
}
