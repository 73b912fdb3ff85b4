/** The keys of logs in another process, `sallyport signer`: the broker never sees them. */
import { fromBase64, toBase64 } from "../../../protocols/log/base64.ts";
import { askLocalSocket, SocketAway } from "../../legs/local-socket.ts";
import {
  type LogKeys,
  type LogSigner,
  type ProveFrom,
  SignerAway,
  verifyEd25519,
} from "./signer.ts";
import {
  LINE_BYTES_MAX,
  type SignerAnswer,
  type SignerRequest,
  signerAnswerSchema,
} from "./signer-wire.ts";

/** A token behind the signer may be slow; a signer that is slower is away. */
const ANSWER_MS = 25_000;
const KEY_LENGTH = 32;

/** It will never sign this: the log went back, or is another than before. */
export class SignerRefuses extends Error {
  override readonly name = "SignerRefuses";
}

export class SocketKeys implements LogKeys {
  private readonly socket: string;
  private readonly known: (number: number) => Promise<Uint8Array | undefined>;

  /** @param known the public key of a log, where it was used before: then it opens without the signer */
  constructor(socket: string, known: (number: number) => Promise<Uint8Array | undefined>) {
    this.socket = socket;
    this.known = known;
  }

  async open(number: number): Promise<LogSigner> {
    const publicKey = (await this.known(number)) ?? (await this.ask(number));
    return {
      publicKey,
      sign: (message, proveFrom) => this.sign(number, publicKey, message, proveFrom),
    };
  }

  async has(number: number): Promise<boolean> {
    const answer = await request(this.socket, { do: "has", number });
    return answer.kind === "has" && answer.has;
  }

  async destroy(number: number): Promise<void> {
    const answer = await request(this.socket, { do: "destroy", number });
    if (answer.kind !== "done") throw unexpected(answer);
  }

  private async ask(number: number): Promise<Uint8Array> {
    const answer = await request(this.socket, { do: "key", number });
    const key = answer.kind === "key" ? fromBase64(answer.bytes) : undefined;
    if (key?.length !== KEY_LENGTH) throw unexpected(answer);
    return key;
  }

  private async sign(
    number: number,
    publicKey: Uint8Array,
    message: Uint8Array,
    proveFrom: ProveFrom = async () => [],
  ): Promise<Uint8Array> {
    const text = new TextDecoder().decode(message);
    const from = async (old: number): Promise<SignerAnswer> => {
      const hashes = old === 0 ? [] : await proveFrom(old);
      const what = { do: "sign", number, text, old, hashes: hashes.map(toBase64) } as const;
      return request(this.socket, what);
    };
    const first = await from(0);
    const answer = first.kind === "behind" ? await from(first.size) : first;
    const signature = answer.kind === "signed" ? fromBase64(answer.bytes) : undefined;
    if (!signature) throw unexpected(answer);
    if (verifyEd25519(publicKey, message, signature)) return signature;
    throw new SignerAway("the signer uses another key than this log's");
  }
}

function unexpected(answer: SignerAnswer): Error {
  if (answer.kind === "refused") {
    return new SignerRefuses(`the signer refuses: ${answer.reason}`);
  }
  return new SignerAway(
    answer.kind === "failed"
      ? `the signer cannot sign: ${answer.reason}`
      : "the signer's answer cannot be understood",
  );
}

async function request(socket: string, what: SignerRequest): Promise<SignerAnswer> {
  let text: string;
  try {
    text = await askLocalSocket(socket, JSON.stringify(what), ANSWER_MS, LINE_BYTES_MAX);
  } catch (error) {
    if (error instanceof SocketAway) throw new SignerAway(`the signer is away: ${error.message}`);
    throw error;
  }
  const answer = signerAnswerSchema.safeParse(parseJson(text)).data;
  if (answer) return answer;
  throw new SignerAway("the signer's answer cannot be understood");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
