/** Groups of an identity provider: they give roles where the site's map says so, and nothing else. */
import { newId } from "../store/ids.ts";
import type { Person } from "../store/model.ts";
import {
  deleteGroup,
  listGroups,
  listProvisioned,
  type ProvisionedGroup,
  writeGroup,
} from "../store/provisioning.ts";
import type { Queries } from "../store/schema.ts";
import type { RecordEvent } from "../store/store.ts";
import { IdentityRefused } from "./identity.ts";
import { nameFrom } from "./person-input.ts";
import { changedMeanwhile, giveRoles, type ProvisioningParts, taken } from "./provisioning.ts";

export interface GroupWanted {
  readonly name: string;
  readonly externalId: string | null;
  /** Ids of people that the provider brought; others are refused. */
  readonly members: readonly string[];
}

const GROUPS_MAX = 500;

interface Transaction {
  readonly queries: Queries;
  readonly record: RecordEvent;
}

export class ProvisionedGroups {
  private readonly parts: ProvisioningParts;

  constructor(parts: ProvisioningParts) {
    this.parts = parts;
  }

  list(): Promise<readonly ProvisionedGroup[]> {
    return listGroups(this.parts.store.queries);
  }

  /** @throws IdentityRefused not-found */
  get(id: string): Promise<ProvisionedGroup> {
    return groupIn(this.parts.store.queries, id);
  }

  /** @throws IdentityRefused email-taken, input-invalid, too-many, roles-conflict */
  create(wanted: GroupWanted): Promise<ProvisionedGroup> {
    const nowMs = this.parts.clock.wallMs();
    const fresh = { id: newId(), version: 0, createdMs: nowMs };
    return this.act(async (within) => {
      const all = await listGroups(within.queries);
      if (all.length >= GROUPS_MAX) throw new IdentityRefused("too-many", "groups");
      return this.write(within, { ...fresh, ...wanted, changedMs: nowMs }, []);
    });
  }

  /** @throws IdentityRefused not-found, changed, email-taken, input-invalid, roles-conflict */
  change(
    id: string,
    version: number | undefined,
    wantedOf: (now: ProvisionedGroup) => GroupWanted,
  ): Promise<ProvisionedGroup> {
    const changedMs = this.parts.clock.wallMs();
    return this.act(async (within) => {
      const now = await groupIn(within.queries, id);
      if (version !== undefined && version !== now.version) throw changedMeanwhile();
      return this.write(within, { ...now, ...wantedOf(now), changedMs }, now.members);
    });
  }

  async remove(id: string, version: number | undefined): Promise<void> {
    await this.act(async (within) => {
      const now = await groupIn(within.queries, id);
      if (version !== undefined && version !== now.version) throw changedMeanwhile();
      await deleteGroup(within.queries, id);
      return { group: now, people: await this.give(within, now.members) };
    });
  }

  private async write(
    within: Transaction,
    group: ProvisionedGroup,
    before: readonly string[],
  ): Promise<Acted> {
    const { queries, record } = within;
    const name = nameFrom(group.name, "a name of a group");
    const members = [...new Set(group.members)];
    const known = new Set((await listProvisioned(queries)).map(({ personId }) => personId));
    if (members.some((id) => !known.has(id))) {
      throw new IdentityRefused("input-invalid", "a member is nobody that the provider brought");
    }
    await writeGroup(queries, { ...group, name, members, version: group.version + 1 });
    const text = `The identity provider set the group ${name} to ${members.length} people`;
    await record({ kind: "group:provisioned", priority: "event", text });
    const people = await this.give(within, [...new Set([...before, ...members])]);
    return { group: await groupIn(queries, group.id), people };
  }

  private async give(within: Transaction, members: readonly string[]): Promise<readonly Person[]> {
    const groups = await listGroups(within.queries);
    const changed: Person[] = [];
    for (const id of members) {
      const person = await giveRoles(within, this.parts.roles, id, groups);
      if (person) changed.push(person);
    }
    return changed;
  }

  private async act(work: (within: Transaction) => Promise<Acted>): Promise<ProvisionedGroup> {
    const { store, people: book } = this.parts;
    const { group, people } = await store
      .act((queries, record) => work({ queries, record }))
      .catch(taken);
    for (const person of people) book.changed(person);
    return group;
  }
}

interface Acted {
  readonly group: ProvisionedGroup;
  readonly people: readonly Person[];
}

async function groupIn(queries: Queries, id: string): Promise<ProvisionedGroup> {
  const found = (await listGroups(queries)).find((group) => group.id === id);
  if (found) return found;
  throw new IdentityRefused("not-found", "no such group");
}
