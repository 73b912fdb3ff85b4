/**
 * One SSH connection to an asset, for one session: dialled when its first channel begins, shared
 * by the session's channels, closed with the last. The host key is pinned, the credential
 * injected; nothing of either leaves this file.
 */
import { connect, type Socket } from "node:net";
import { Client, type ConnectConfig } from "ssh2";
import type { Credential } from "../../plant/credential.ts";
import type { ShownIdentity } from "../../plant/shown-identity.ts";
import { shownHostKey } from "../read-identity.ts";
import { algorithms } from "./algorithms.ts";
import { quicken } from "./quick-connection.ts";

export interface SshTarget {
  /** `ASSET/ENDPOINT`, for sentences. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** `SHA256:…`; none refuses every key. */
  readonly hostKeys: readonly string[];
  readonly legacyAlgorithms: boolean;
  readonly connectTimeoutMs: number;
  credential(): Promise<Credential | undefined>;
  /** A key that is not pinned was shown: for the alarm, and for who accepts it. */
  unknownKey?(shown: ShownIdentity): void;
}

/** Why there is no connection, in words for the person. */
export class SshUnreachable extends Error {
  override readonly name = "SshUnreachable";
}

/** A dead asset is noticed within a minute, without a word on the terminal. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVE_MISSED_MAX = 3;

export class SshConnection {
  readonly ready: Promise<Client>;
  private readonly client = new Client();
  private readonly target: SshTarget;
  private readonly lost = new Set<(reason: string) => void>();
  private socket: Socket | undefined;
  private channels = 0;
  private over = false;
  /** The latest that went wrong, in words. */
  private trouble: string | undefined;

  constructor(target: SshTarget) {
    this.target = target;
    this.ready = this.dial();
    // Whoever opens a channel hears of it; nobody else needs to.
    this.ready.catch(() => undefined);
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Counts a channel in; the returned function counts it out, the last one closes. */
  enter(onLost: (reason: string) => void): () => void {
    this.channels += 1;
    this.lost.add(onLost);
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      this.lost.delete(onLost);
      this.channels -= 1;
      if (this.channels === 0) this.close("no channel is left");
    };
  }

  close(reason: string): void {
    if (this.over) return;
    this.over = true;
    for (const tell of [...this.lost]) tell(reason);
    this.lost.clear();
    this.client.end();
    this.socket?.destroy();
  }

  private async dial(): Promise<Client> {
    const credential = await this.credential();
    if (this.over) throw new SshUnreachable("the session ended");
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        const words = this.trouble ?? reason;
        reject(new SshUnreachable(words));
        this.close(words);
      };
      this.client.once("ready", () => resolve(this.client));
      this.client.on("error", (error) => fail(wordsOf(error)));
      this.client.on("close", () => fail("the asset closed the connection"));
      this.client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) => {
        // Old devices ask for the password this way. One prompt is the password, more is something else.
        const answer = credential.kind === "password" ? credential.password : "";
        finish(prompts.length === 1 ? [answer] : []);
      });
      this.socket = this.openSocket();
      this.client.connect(this.options(credential, this.socket));
      quicken(this.client);
    });
  }

  private openSocket(): Socket {
    const { address, port } = this.target;
    return connect({ host: address, port });
  }

  private async credential(): Promise<Credential> {
    const credential = await this.target.credential();
    if (credential) return credential;
    throw new SshUnreachable(
      `no credential is set for ${this.target.name}: an administrator can set it`,
    );
  }

  private options(credential: Credential, sock: Socket): ConnectConfig {
    const { legacyAlgorithms, connectTimeoutMs } = this.target;
    const proof =
      credential.kind === "password"
        ? { password: credential.password, tryKeyboard: true }
        : {
            privateKey: credential.privateKey,
            ...(credential.passphrase !== undefined && { passphrase: credential.passphrase }),
          };
    return {
      sock,
      username: credential.user,
      ...proof,
      readyTimeout: connectTimeoutMs,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MISSED_MAX,
      algorithms: algorithms(legacyAlgorithms),
      agentForward: false,
      hostVerifier: (key: Buffer) => this.verify(key),
    };
  }

  private verify(key: Buffer): boolean {
    const { name, hostKeys, address, port } = this.target;
    const shown = shownHostKey(key, `${address}:${port}`);
    const { fingerprint } = shown;
    if (hostKeys.includes(fingerprint)) return true;
    this.trouble =
      hostKeys.length === 0
        ? `no host key of ${name} is trusted yet (it shows ${fingerprint}): an administrator can accept it`
        : `${name} shows another host key than the one that is trusted (${fingerprint})`;
    this.target.unknownKey?.(shown);
    return false;
  }
}

/** What ssh2 says, without what it says about itself. */
function wordsOf(error: Error & { readonly level?: string }): string {
  if (error.level === "client-authentication") return "the asset refused the credential";
  if (error.level === "client-timeout") return "the asset did not answer in time";
  return error.message;
}
