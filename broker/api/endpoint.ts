/**
 * What one endpoint is: schemas of what it takes and answers, and a function between them. It
 * knows nothing of HTTP but its status; where it is found and who may call it is in
 * `route-table.ts`.
 */
import type { Readable } from "node:stream";
import type { z } from "zod";
import type { Browser, SignedIn } from "../identity/identity.ts";
import type { KeyedRequest } from "../identity/key-proof.ts";
import type { Right } from "../policy/rights.ts";
import type { WrittenJson } from "./written-json.ts";

/** What is known of a request before its body is there. */
export interface Head {
  /** Where the request comes from. */
  readonly address: string;
  /** The header, of a system that shows who it is by it. */
  readonly authorization: string | undefined;
}

/** One request, its parts already checked against the endpoint's schemas. */
export interface PublicCall<P, Q, B> extends Head {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The browser that asks; reading it gives the browser its cookie if it has none. */
  readonly browser: Browser;
  /** Puts the token of a sign-in into the browser's cookie. */
  signIn(token: string): void;
  /** Takes it out again. */
  signOut(): void;
  /** Puts the token of an expected person into a cookie of its own. */
  expectPerson(token: string): void;
  expectNobody(): void;
  /** The origin of the console by which it came. */
  readonly origin: string;
  /** The version that is meant, of who changes only that one. */
  readonly ifMatch: string | undefined;
  /** With the proof of a machine's key, where there is one. */
  readonly keyed: KeyedRequest | undefined;
  /** The token of a visit by a link to a recording. */
  readonly visit: string | undefined;
  /** Puts it into a cookie that only the endpoints of the link are sent. */
  beginVisit(token: string, forMs: number): void;
  endVisit(): void;
}

/** A request of somebody whose passkey has proved them. */
export interface Call<P, Q, B> extends PublicCall<P, Q, B> {
  readonly me: SignedIn;
  readonly rights: ReadonlySet<Right>;
  /** What one holds at all may be closed on an asset: by a policy, or by the site it is at. */
  mayAt(right: Right, assetId: string): boolean;
}

interface Shape<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  A extends z.ZodType,
> {
  /** One line for the API document. */
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Where it may be longer than the server takes elsewhere: of a public one, only with `before`. */
  readonly bodyBytesMax?: number;
  /** Of a public endpoint: what a stranger is answered before a body is read. */
  readonly before?: (head: Head) => Answered | undefined;
  /** What a success answers; 204 without a body where it is absent. */
  readonly answer?: A;
  /** 200 where it is absent. */
  readonly status?: 201;
  /** The answer is not JSON but bytes or text of this type. */
  readonly contentType?: string;
}

/** Answered where the content is a file of its own name and type, perhaps too long for memory. */
export class Download {
  readonly fileName: string;
  readonly contentType: string;
  readonly content: Readable;
  /** SHA-256 of the whole file in Base64, once its end was read; absent where nobody knows. */
  readonly digest: (() => string) | undefined;
  /** Id of the one that all of it is about; absent where there is no such. */
  readonly asset: string | undefined;
  /** @param fileName of letters, digits, `.`, `-` and `_` only */
  constructor(
    fileName: string,
    contentType: string,
    content: Readable,
    { digest, asset }: { readonly digest?: () => string; readonly asset?: string } = {},
  ) {
    this.fileName = fileName;
    this.contentType = contentType;
    this.content = content;
    this.digest = digest;
    this.asset = asset;
  }
}

/** Answered where a standard of others says with which status and in which words. */
export class Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: number,
    body?: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

type None = z.ZodType<undefined>;

/** As the server mounts it. */
export interface Endpoint extends Shape<z.ZodType, z.ZodType, z.ZodType, z.ZodType> {
  readonly for: "signed-in";
  readonly handle: (call: Call<unknown, unknown, unknown>) => unknown;
}

/** As the server mounts it for everybody. */
export interface PublicEndpoint extends Shape<z.ZodType, z.ZodType, z.ZodType, z.ZodType> {
  readonly for: "everybody";
  readonly handle: (call: PublicCall<unknown, unknown, unknown>) => unknown;
}

type Answer<A extends z.ZodType> = Given<z.input<A>> | Promise<Given<z.input<A>>>;
type Given<T> = T | WrittenJson<T>;

/** An endpoint that only a signed-in person with the right of its route reaches. */
export function endpoint<
  P extends z.ZodType = None,
  Q extends z.ZodType = None,
  B extends z.ZodType = None,
  A extends z.ZodType = None,
>(
  shape: Shape<P, Q, B, A> & {
    handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Answer<A>;
  },
): Endpoint {
  return { ...shape, for: "signed-in" } as unknown as Endpoint;
}

/** An endpoint for everybody: enrolment, sign-in, being alive. */
export function publicEndpoint<
  P extends z.ZodType = None,
  Q extends z.ZodType = None,
  B extends z.ZodType = None,
  A extends z.ZodType = None,
>(
  shape: Shape<P, Q, B, A> & {
    handle(call: PublicCall<z.output<P>, z.output<Q>, z.output<B>>): Answer<A>;
  },
): PublicEndpoint {
  return { ...shape, for: "everybody" } as unknown as PublicEndpoint;
}
