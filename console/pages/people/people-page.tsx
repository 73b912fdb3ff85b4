/** Who may sign in, in which roles; inviting, disabling, recovering. */
import { Button, Title } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { PersonView } from "../../../broker/api/shapes/people.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { useMe } from "../../components/me.ts";
import { Page } from "../../components/page.tsx";
import { peopleQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { RelativeTime } from "../../components/time.tsx";
import { allTokensQuery, revokeToken } from "../../components/tokens.ts";
import { peopleText as words } from "../../text/people.ts";
import { tokenText } from "../../text/tokens.ts";
import { text } from "../../text.ts";
import { Tokens } from "../account/tokens.tsx";
import { LinkDialog } from "./link-dialog.tsx";
import type { NewLink } from "./new-link.ts";
import { PeopleDevices } from "./people-devices.tsx";
import { PersonForm } from "./person-form.tsx";
import { PersonMenu } from "./person-menu.tsx";
import { Recoveries } from "./recoveries.tsx";
import { Workloads } from "./workloads.tsx";

export function PeoplePage() {
  const query = useQuery(peopleQuery);
  const [inviting, setInviting] = useState(false);
  const [newLink, setNewLink] = useState<NewLink | null>(null);
  const people = (query.data ?? []).filter(isPerson);
  const active = people.filter((person) => person.state === "active").length;
  return (
    <Page
      title={words.title}
      summary={query.data ? words.summary(active, people.length) : ""}
      actions={
        <Button leftSection={<IconPlus size={16} />} onClick={() => setInviting(true)}>
          {words.invite}
        </Button>
      }
    >
      <Recoveries onLink={setNewLink} />
      <QueryView query={query} failed={words.failed}>
        {() =>
          people.length === 0 ? (
            <Empty title={words.emptyTitle}>{words.empty}</Empty>
          ) : (
            <PeopleTable people={people} onLink={setNewLink} />
          )
        }
      </QueryView>
      <Workloads />
      <section aria-labelledby="tokens">
        <Title order={2} size="h5" mt="xl" id="tokens">
          {tokenText.allTitle}
        </Title>
        <Tokens query={allTokensQuery} revoke={revokeToken} everybody />
      </section>
      <PeopleDevices />
      {inviting && (
        <PersonForm
          onClose={() => setInviting(false)}
          onInvited={(person, link) => setNewLink({ name: person.name, link })}
        />
      )}
      {newLink && <LinkDialog newLink={newLink} onClose={() => setNewLink(null)} />}
    </Page>
  );
}

/** Services have a table of their own. */
function isPerson({ roles }: PersonView): boolean {
  return !roles.includes("workload");
}

interface PeopleTableProps {
  readonly people: readonly PersonView[];
  readonly onLink: (link: NewLink) => void;
}

function PeopleTable({ people, onLink }: PeopleTableProps) {
  const [filter, setFilter] = useState("");
  const me = useMe();
  const columns = useMemo(() => columnsOf(me.person.id, onLink), [me.person.id, onLink]);
  const rows = people.filter((person) => matchesFilter(filter, searchText(person)));
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
      </div>
      <DataTable
        label={words.table.label}
        rows={rows}
        columns={columns}
        rowKey={(person) => person.id}
        initialSort={{ column: "name", descending: false }}
        filtered
        onClearFilter={() => setFilter("")}
      />
    </>
  );
}

function rolesOf(person: PersonView): string {
  return person.roles.map((role) => text.roles[role]).join(", ");
}

function searchText(person: PersonView): string {
  const { name, email, employer, state } = person;
  return [name, email, employer, rolesOf(person), words.state[state]].join(" ");
}

function columnsOf(meId: string, onLink: (link: NewLink) => void): Column<PersonView>[] {
  const head = words.table;
  return [
    {
      key: "name",
      title: head.name,
      sortBy: (p) => p.name,
      cell: (p) => (
        <>
          <strong className="sp-strong">{p.name}</strong>
          {p.id === meId && ` (${words.you})`}
          <div className="sp-sub">{p.email}</div>
        </>
      ),
    },
    {
      key: "employer",
      title: head.employer,
      roomy: true,
      sortBy: (p) => p.employer,
      cell: (p) => p.employer,
    },
    {
      key: "roles",
      title: head.roles,
      sortBy: rolesOf,
      cell: (p) => rolesOf(p) || <span className="sp-dim">{words.noRole}</span>,
    },
    {
      key: "passkeys",
      title: head.passkeys,
      align: "right",
      sortBy: (p) => p.passkeys,
      cell: (p) => p.passkeys,
    },
    {
      key: "lastSignIn",
      title: head.lastSignIn,
      sortBy: (p) => p.lastSignInMs,
      cell: (p) =>
        p.lastSignInMs === null ? (
          <span className="sp-dim">{words.never}</span>
        ) : (
          <RelativeTime atMs={p.lastSignInMs} />
        ),
    },
    {
      key: "state",
      title: head.state,
      sortBy: (p) => p.state,
      cell: (p) => (
        <StateBadge tone={p.state === "active" ? "active" : "normal"} word={words.state[p.state]} />
      ),
    },
    {
      key: "actions",
      title: "",
      cell: (p) => <PersonMenu person={p} mine={p.id === meId} onLink={onLink} />,
    },
  ];
}
