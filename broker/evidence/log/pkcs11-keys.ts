/**
 * Keys of logs in a token (PKCS #11): made there, used there and destroyed there. It speaks to the
 * token through `pkcs11-tool` of OpenSC, a process for each signature; one in eight seconds is
 * asked for at most. The PIN goes by the environment, which no other user can read.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type LogKeys, type LogSigner, rawPublicKey, SignerAway, verifyEd25519 } from "./signer.ts";

export interface Token {
  /** The module's library. */
  readonly module: string;
  readonly label: string;
  readonly pin: string;
  /** `pkcs11-tool`, if it is not in the path. */
  readonly tool?: string;
}

const run = promisify(execFile);
/** Tokens on a network take their time; a signer that hangs is away. */
const ANSWER_MS = 20_000;
const PIN_VARIABLE = "SALLYPORT_TOKEN_PIN";
const SIGNATURE_LENGTH = 64;

export class Pkcs11Keys implements LogKeys {
  private readonly token: Token;

  constructor(token: Token) {
    this.token = token;
  }

  async open(number: number): Promise<LogSigner> {
    if (!(await this.has(number))) {
      const kind = ["--keypairgen", "--key-type", "EC:edwards25519", "--sensitive"];
      await this.ask([...kind, "--label", labelOf(number), "--id", idOf(number)]);
    }
    const publicKey = await this.publicKey(number);
    return { publicKey, sign: (message) => this.sign(number, publicKey, message) };
  }

  /** Tells a token that has no such key from one that does not answer. */
  async has(number: number): Promise<boolean> {
    const listed = await this.ask(["--list-objects", "--type", "privkey"]);
    return listed.split("\n").some((line) => new RegExp(`^ +ID: +${idOf(number)}$`).test(line));
  }

  async destroy(number: number): Promise<void> {
    if (!(await this.has(number))) return;
    for (const type of ["privkey", "pubkey"]) {
      await this.ask(["--delete-object", "--type", type, "--id", idOf(number)]);
    }
  }

  private publicKey(number: number): Promise<Uint8Array> {
    return this.inFolder(async (folder) => {
      const file = path.join(folder, "public");
      const what = ["--read-object", "--type", "pubkey", "--id", idOf(number)];
      await this.ask([...what, "--output-file", file]);
      return rawPublicKey(await readFile(file));
    });
  }

  private sign(number: number, publicKey: Uint8Array, message: Uint8Array): Promise<Uint8Array> {
    return this.inFolder(async (folder) => {
      const [input, output] = [path.join(folder, "message"), path.join(folder, "signature")];
      await writeFile(input, message, { mode: 0o600 });
      const how = ["--sign", "--mechanism", "EDDSA", "--id", idOf(number)];
      await this.ask([...how, "--input-file", input, "--output-file", output]);
      const signature = new Uint8Array(await readFile(output));
      // What a token answers is looked at: some sign another form of Ed25519, or a digest.
      if (signature.length === SIGNATURE_LENGTH && verifyEd25519(publicKey, message, signature)) {
        return signature;
      }
      throw new SignerAway("the token does not make plain Ed25519 signatures");
    });
  }

  private async ask(what: readonly string[]): Promise<string> {
    const { module, label, pin, tool = "pkcs11-tool" } = this.token;
    const where = ["--module", module, "--token-label", label, "--login", "--pin"];
    try {
      const { stdout } = await run(tool, [...where, `env:${PIN_VARIABLE}`, ...what], {
        env: { ...process.env, [PIN_VARIABLE]: pin },
        timeout: ANSWER_MS,
        encoding: "utf8",
      });
      return stdout;
    } catch (error) {
      throw new SignerAway(`the token does not answer: ${reasonOf(error)}`);
    }
  }

  private async inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(path.join(tmpdir(), "sallyport-token-"));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function labelOf(number: number): string {
  return `sallyport-log-${number}`;
}

/** Four bytes in hex, as the tool prints them. */
function idOf(number: number): string {
  return number.toString(16).padStart(8, "0");
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error && "stderr" in error ? String(error.stderr) : String(error);
  const said = text.split("\n").filter((line) => /error|fail|not found|ENOENT/i.test(line));
  return (said.join(" ") || text).slice(0, 300).trim();
}
