import type { Queries } from "./schema.ts";

export interface KeptChallenge {
  /** SHA-256 of the challenge. */
  readonly hash: string;
  readonly purpose: string;
  /** SHA-256 of what it is bound to. */
  readonly binding: string;
  readonly address: string;
  readonly expiresMs: number;
}

export async function insertChallenge(queries: Queries, challenge: KeptChallenge): Promise<void> {
  const { expiresMs, ...rest } = challenge;
  await queries
    .insertInto("challenges")
    .values({ ...rest, expires_ms: expiresMs })
    .execute();
}

/** Uses it up in one statement: of two answers to one challenge only one gets true. */
export async function takeChallenge(
  queries: Queries,
  challenge: Pick<KeptChallenge, "hash" | "purpose" | "binding">,
  nowMs: number,
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom("challenges")
    .where("hash", "=", challenge.hash)
    .where("purpose", "=", challenge.purpose)
    .where("binding", "=", challenge.binding)
    .where("expires_ms", ">", nowMs)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function deleteExpiredChallenges(queries: Queries, nowMs: number): Promise<void> {
  await queries.deleteFrom("challenges").where("expires_ms", "<=", nowMs).execute();
}

/** Those of these purposes that end first. */
export async function deleteOldestChallenges(
  queries: Queries,
  purposes: readonly string[],
  count: number,
): Promise<void> {
  const oldest = queries
    .selectFrom("challenges")
    .select("hash")
    .where("purpose", "in", purposes)
    .orderBy("expires_ms")
    .limit(count);
  await queries.deleteFrom("challenges").where("hash", "in", oldest).execute();
}

/** How many of these purposes are open, from this address and from all. */
export async function countChallenges(
  queries: Queries,
  purposes: readonly string[],
  address: string,
): Promise<{ readonly fromAddress: number; readonly all: number }> {
  const row = await queries
    .selectFrom("challenges")
    .where("purpose", "in", purposes)
    .select((count) => [
      count.fn.countAll<number>().as("all"),
      count
        .selectFrom("challenges as own")
        .where("own.address", "=", address)
        .where("own.purpose", "in", purposes)
        .select((own) => own.fn.countAll<number>().as("number"))
        .as("fromAddress"),
    ])
    .executeTakeFirstOrThrow();
  return { fromAddress: Number(row.fromAddress), all: Number(row.all) };
}

/** How many are open that were asked for from this address and are bound to the same. */
export async function countOfBinding(
  queries: Queries,
  address: string,
  binding: string,
): Promise<number> {
  const row = await queries
    .selectFrom("challenges")
    .where("address", "=", address)
    .where("binding", "=", binding)
    .select((count) => count.fn.countAll<number>().as("number"))
    .executeTakeFirstOrThrow();
  return Number(row.number);
}
