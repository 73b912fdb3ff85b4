/**
 * One SSH connection to an asset, for one session: shared by the session's channels, closed with
 * the last. It may be dialled before there is one (`warm`): keys are exchanged then, and nobody
 * signs in until a channel begins. The host key is pinned, the credential injected; nothing of
 * either leaves this file.
 */
import { connect, type Socket } from "node:net";
import { type AuthenticationType, Client, type ConnectConfig } from "ssh2";
import type { Credential } from "../../plant/credential.ts";
import type { ShownIdentity } from "../../plant/shown-identity.ts";
import { assetWords } from "../asset-words.ts";
import { shownHostKey } from "../read-identity.ts";
import { algorithms } from "./algorithms.ts";
import { gatherVersion } from "./gather-version.ts";
import { type Prompt, PromptAnswers } from "./prompt-answers.ts";
import { quicken } from "./quick-connection.ts";
import { quickenOpening } from "./quick-opening.ts";
import { signAtOnce } from "./sign-at-once.ts";
import { SshLine } from "./ssh-line.ts";

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
  private readonly opening = Promise.withResolvers<Client>();
  readonly ready = this.opening.promise;
  private readonly client = new Client();
  private readonly target: SshTarget;
  private readonly lost = new Set<(reason: string) => void>();
  /** Those of its channels, told when all of much has left. */
  private readonly legs = new Set<() => void>();
  private socket: Socket | undefined;
  private line: SshLine | undefined;
  private channels = 0;
  private dialled = false;
  /** A channel began. */
  private wanted = false;
  private signIn: (() => void) | undefined;
  private patience: NodeJS.Timeout | undefined;
  private over = false;
  /** The latest that went wrong, in words. */
  private trouble: string | undefined;

  constructor(target: SshTarget) {
    this.target = target;
    // Whoever opens a channel hears of it; nobody else needs to.
    this.ready.catch(() => undefined);
  }

  /** Whether no channel ever used it. */
  get isFresh(): boolean {
    return !this.wanted;
  }

  /** Connects and exchanges keys, and waits there. */
  warm(): void {
    if (this.dialled) return;
    this.dialled = true;
    this.dial().catch((error: unknown) => {
      this.fail(assetWords(error));
    });
  }

  /** Bytes that have not left yet. */
  get queued(): number {
    return this.line?.queued ?? 0;
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Counts a channel in; the returned function counts it out, the last one closes. */
  enter(onLost: (reason: string) => void, onLineEmpty: () => void): () => void {
    this.channels += 1;
    this.lost.add(onLost);
    this.legs.add(onLineEmpty);
    this.wanted = true;
    this.warm();
    this.begin();
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      this.lost.delete(onLost);
      this.legs.delete(onLineEmpty);
      this.channels -= 1;
      if (this.channels === 0) this.close("no channel is left");
    };
  }

  close(reason: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.patience);
    this.signIn = undefined;
    this.opening.reject(new SshUnreachable(this.trouble ?? reason));
    for (const tell of [...this.lost]) tell(reason);
    this.lost.clear();
    this.client.end();
    this.socket?.destroy();
  }

  private async dial(): Promise<void> {
    const credential = await this.credential();
    if (this.over) return;
    this.client.once("handshake", () => this.begin());
    this.client.once("ready", () => {
      clearTimeout(this.patience);
      this.opening.resolve(this.client);
    });
    this.client.on("error", (error) => this.fail(wordsOf(error)));
    this.client.on("close", () => this.fail("the asset closed the connection"));
    const answers = credential.kind === "password" ? new PromptAnswers(credential) : undefined;
    this.client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) => {
      finish(this.answersTo(prompts, answers));
    });
    this.socket = this.openSocket();
    this.client.connect(this.options(credential, this.socket, answers));
    quicken(this.client);
    signAtOnce(this.client);
    quickenOpening(this.client, this.socket);
    this.line = new SshLine(this.client);
    this.line.enter(() => {
      for (const emptied of [...this.legs]) emptied();
    });
    this.wait();
  }

  /** None where it asks for what nobody told: then it refuses. */
  private answersTo(prompts: readonly Prompt[], known: PromptAnswers | undefined): string[] {
    const found = known?.to(prompts);
    if (found?.kind === "answers") return [...found.answers];
    const asks = found?.asks ?? "";
    this.trouble ??= `the asset asks for more than its credential has: "${asks}"`;
    return [];
  }

  private fail(reason: string): void {
    this.trouble ??= reason;
    this.close(this.trouble);
  }

  /** For the asset's next answer. While nothing is asked of it there is nothing to wait for. */
  private wait(): void {
    clearTimeout(this.patience);
    const late = () => this.fail("the asset did not answer in time");
    this.patience = setTimeout(late, this.target.connectTimeoutMs);
  }

  /** Signs in where keys are exchanged and a channel wants it. */
  private begin(): void {
    const { signIn } = this;
    if (!this.wanted || !signIn) {
      if (signIn) clearTimeout(this.patience);
      return;
    }
    this.signIn = undefined;
    this.wait();
    signIn();
  }

  private openSocket(): Socket {
    const { address, port } = this.target;
    const socket = connect({ host: address, port });
    gatherVersion(socket, "asset");
    return socket;
  }

  private async credential(): Promise<Credential> {
    const credential = await this.target.credential();
    if (credential) return credential;
    throw new SshUnreachable(
      `no credential is set for ${this.target.name}: an administrator can set it`,
    );
  }

  private options(
    credential: Credential,
    sock: Socket,
    answers: PromptAnswers | undefined,
  ): ConnectConfig {
    const { legacyAlgorithms } = this.target;
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
      // Time is kept here: a connection that is warm may wait for its channel.
      readyTimeout: 0,
      authHandler: this.methods(credential, answers),
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVE_MISSED_MAX,
      algorithms: algorithms(legacyAlgorithms),
      agentForward: false,
      hostVerifier: (key: Buffer) => this.verify(key),
    };
  }

  /** One after another; the first only when a channel wants to begin. */
  private methods(
    { kind }: Credential,
    answers: PromptAnswers | undefined,
  ): NonNullable<ConnectConfig["authHandler"]> {
    const left: AuthenticationType[] =
      kind === "password" ? ["none", "password", "keyboard-interactive"] : ["publickey"];
    type Next = (method: AuthenticationType | false) => void;
    const next = (_left: unknown, partial: unknown, take: Next) => {
      if (partial === true) answers?.hasPassword();
      const method = left.shift() ?? false;
      if (this.wanted) return take(method);
      this.signIn = () => take(method);
      this.begin();
    };
    return next as unknown as NonNullable<ConnectConfig["authHandler"]>;
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
  return PLAINLY.get(error.message) ?? assetWords(error);
}

const NO_SSH = "what answers there does not speak SSH";
const PLAINLY: ReadonlyMap<string, string> = new Map([
  [
    "Connection lost before handshake",
    "the asset closed the connection before keys were exchanged",
  ],
  ["Header line too long", NO_SSH],
  ["Max greeting lines exceeded", NO_SSH],
  ["Invalid header: expected newline", NO_SSH],
  ["Invalid identification string", "the asset speaks another version of SSH than 2"],
]);
