/**
 * What the library keeps of a secure channel and tells nobody: the keys of each token, the counter
 * of what is sent, and who counts what comes. Once a channel is handed over (`apart/`), another
 * process seals and opens its messages, and the library is left with its openings: then its
 * numbers are those that the other process says.
 *
 * None of it has a hook: the prototypes are patched once, and what is met is noted for the
 * connection that the library works for just then (held by `library-contract.test.ts`).
 */
import { MessageBuilder } from "node-opcua-secure-channel";
import { SequenceNumberGenerator } from "node-opcua-secure-channel/dist/source/sequence_number_generator.js";
import { TokenStack } from "node-opcua-secure-channel/dist/source/token_stack.js";
import { currentScope, inBroker } from "./library-scope.ts";

/** A token, as the library has just made or taken it; no keys without security. */
export interface NewestToken {
  readonly token: Parameters<TokenStack["pushNewToken"]>[0];
  readonly derived: Parameters<TokenStack["pushNewToken"]>[1];
}

interface NumberedHeader {
  sequenceNumber: number;
  decode(stream: unknown): void;
}

/** The one in use, the one before it, and one renewed in haste. */
const TOKENS_MAX = 3;

export class LibraryInsides {
  /** Oldest first. */
  tokens: readonly NewestToken[] = [];
  /** Told of each token that the library has from now on. */
  renewed: ((newest: NewestToken) => void) | undefined;
  generator: SequenceNumberGenerator | undefined;
  builder: MessageBuilder | undefined;

  get newest(): NewestToken | undefined {
    return this.tokens.at(-1);
  }

  /** Of the next chunk that the library sends. */
  get nextSend(): number {
    return this.generator?.future() ?? 1;
  }

  set nextSend(value: number) {
    this.generator?._set(value);
  }

  /** Of the last chunk that the library was given. */
  get lastReceived(): number {
    return this.builder?.sequenceHeader?.sequenceNumber ?? 0;
  }

  /**
   * From now on others count what comes: the library is shown numbers that follow its own.
   * @param isRight says of the true number whether it is the one that must come
   */
  countElsewhere(isRight: (sequenceNumber: number) => boolean): void {
    const { builder } = this;
    if (!builder) throw new Error("no secure channel is open");
    let shown = this.lastReceived;
    let header: NumberedHeader | null = null;
    Object.defineProperty(builder, "sequenceHeader", {
      get: () => header,
      set: (value: NumberedHeader | null) => {
        header = value;
        if (!value) return;
        const decode = value.decode.bind(value);
        value.decode = (stream) => {
          decode(stream);
          // What is wrong stays so: a number that the library does not wait for.
          if (isRight(value.sequenceNumber)) shown += 1;
          else shown -= 1;
          value.sequenceNumber = shown;
        };
      },
    });
  }
}

/** Protected, and called for each chunk. */
interface ReadsHeaders {
  _read_headersEx(stream: unknown): unknown;
}

function insides(): LibraryInsides | undefined {
  const parts = currentScope()?.parts;
  return parts instanceof LibraryInsides ? parts : undefined;
}

let isDone = false;

export function noteInsides(): void {
  if (isDone) return;
  isDone = true;
  const push = TokenStack.prototype.pushNewToken;
  TokenStack.prototype.pushNewToken = function noted(token, derived) {
    push.call(this, token, derived);
    const inside = insides();
    if (!inside) return;
    const newest = { token, derived };
    inside.tokens = [...inside.tokens, newest].slice(-TOKENS_MAX);
    inBroker(() => inside.renewed?.(newest));
  };
  const next = SequenceNumberGenerator.prototype.next;
  SequenceNumberGenerator.prototype.next = function noted() {
    const inside = insides();
    if (inside) inside.generator = this;
    return next.call(this);
  };
  const prototype = MessageBuilder.prototype as unknown as ReadsHeaders;
  const read = prototype._read_headersEx;
  prototype._read_headersEx = function noted(this: MessageBuilder, stream) {
    const inside = insides();
    if (inside) inside.builder = this;
    return read.call(this, stream);
  };
}
