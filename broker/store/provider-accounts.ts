/** Who an account at an identity provider belongs to here. */
import type { Selectable } from "kysely";
import type { ProviderAccountsTable } from "./provider-tables.ts";
import type { Queries } from "./schema.ts";

/** As its issuer names it. */
export interface AccountName {
  readonly issuer: string;
  readonly subject: string;
}

export interface ProviderAccount extends AccountName {
  readonly personId: string;
  readonly linkedBy: string;
  readonly linkedMs: number;
}

export async function findAccount(
  queries: Queries,
  { issuer, subject }: AccountName,
): Promise<ProviderAccount | undefined> {
  const row = await queries
    .selectFrom("provider_accounts")
    .selectAll()
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return row && toAccount(row);
}

export async function accountsOf(
  queries: Queries,
  personId: string,
): Promise<readonly ProviderAccount[]> {
  const rows = await queries
    .selectFrom("provider_accounts")
    .selectAll()
    .where("person_id", "=", personId)
    .orderBy("linked_ms")
    .orderBy("subject")
    .execute();
  return rows.map(toAccount);
}

/** @throws UniqueViolation where it is somebody's */
export async function insertAccount(queries: Queries, account: ProviderAccount): Promise<void> {
  const { issuer, subject, personId, linkedBy, linkedMs } = account;
  const whose = { person_id: personId, linked_by: linkedBy, linked_ms: linkedMs };
  await queries
    .insertInto("provider_accounts")
    .values({ issuer, subject, ...whose })
    .execute();
}

/** @returns whether there was one */
export async function deleteAccount(
  queries: Queries,
  { issuer, subject, personId }: Pick<ProviderAccount, "issuer" | "subject" | "personId">,
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom("provider_accounts")
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .where("person_id", "=", personId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

function toAccount(row: Selectable<ProviderAccountsTable>): ProviderAccount {
  return {
    ...{ issuer: row.issuer, subject: row.subject, personId: row.person_id },
    ...{ linkedBy: row.linked_by, linkedMs: Number(row.linked_ms) },
  };
}
