/** Who may do what: the policies in force, an editor that checks as one types, and all versions. */
import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { PoliciesView } from "../../../broker/api/shapes/policies.ts";
import { Copyable } from "../../components/copyable.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { useRight } from "../../components/me.ts";
import { Page } from "../../components/page.tsx";
import { policiesQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { policyText as words } from "../../text/policy.ts";
import { isPolicyBegun, PolicyEditor } from "./policy-editor.tsx";
import { PolicyHistory } from "./policy-history.tsx";
import { Proposals } from "./proposals.tsx";
import "./policy.css";

type Part = "rules" | "edit" | "history";

export function PolicyPage() {
  const query = useQuery(policiesQuery);
  const data = query.data;
  return (
    <Page
      title={words.title}
      summary={data ? words.summary(data.rules.length, data.version.sequence) : ""}
    >
      <QueryView query={query} failed={words.failed}>
        {(policies) => <Policies policies={policies} />}
      </QueryView>
    </Page>
  );
}

function Policies({ policies }: { readonly policies: PoliciesView }) {
  const mayChange = useRight("policy:change");
  const [edited, setEdited] = useState(() => mayChange && isPolicyBegun());
  const [part, setPart] = useState<Part>(edited ? "edit" : "rules");
  const parts: readonly Part[] = mayChange ? ["rules", "edit", "history"] : ["rules", "history"];
  return (
    <>
      {policies.problem !== null && (
        <p role="status" className="sp-policy-problem">
          <StateBadge tone="attention" word={words.problem(policies.problem)} />
        </p>
      )}
      {policies.unspoken.length > 0 && <Unspoken rights={policies.unspoken} />}
      <Proposals policies={policies} />
      <div className="sp-toolbar">
        <SegmentedControl
          size="xs"
          aria-label={words.title}
          value={part}
          onChange={(chosen) => {
            setPart(chosen as Part);
            if (chosen === "edit") setEdited(true);
          }}
          data={parts.map((value) => ({ value, label: words.parts[value] }))}
        />
      </div>
      {part === "rules" && <Rules rules={policies.rules} />}
      {/* Kept while another part is looked at: what one has written must not go. */}
      {mayChange && edited && (
        <div hidden={part !== "edit"}>
          <PolicyEditor policies={policies} />
        </div>
      )}
      {part === "history" && <PolicyHistory policies={policies} mayChange={mayChange} />}
    </>
  );
}

function Unspoken({ rights }: { readonly rights: readonly string[] }) {
  return (
    <div role="status" className="sp-policy-problem">
      <StateBadge tone="attention" word={words.unspoken.title(rights.length)} />
      <p>
        {words.unspoken.before} <code>{rights.join(", ")}</code>. {words.unspoken.advice}{" "}
        <Copyable value={UPGRADE} what={words.unspoken.command} />
      </p>
    </div>
  );
}

const UPGRADE = "sallyport policy upgrade";

type Rule = PoliciesView["rules"][number];

function Rules({ rules }: { readonly rules: readonly Rule[] }) {
  const [filter, setFilter] = useState("");
  const rows = rules.filter(({ id, reason, file }) =>
    matchesFilter(filter, [id, reason, file].join(" ")),
  );
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
      </div>
      <DataTable
        label={words.rules.label}
        rows={rows}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        initialSort={{ column: "place", descending: false }}
        filtered
        onClearFilter={() => setFilter("")}
      />
    </>
  );
}

const COLUMNS: Column<Rule>[] = [
  {
    key: "id",
    title: words.rules.id,
    sortBy: ({ id }) => id,
    cell: ({ id }) => <span className="sp-mono">{id}</span>,
  },
  {
    key: "effect",
    title: words.rules.effect,
    sortBy: ({ effect }) => effect,
    cell: ({ effect }) =>
      effect === "forbid" ? <strong>{words.rules.forbid}</strong> : words.rules.permit,
  },
  {
    key: "reason",
    title: words.rules.reason,
    wide: true,
    sortBy: ({ reason }) => reason,
    cell: ({ reason }) => reason,
  },
  {
    key: "place",
    title: words.rules.place,
    sortBy: ({ file, line }) => `${file} ${String(line).padStart(6, "0")}`,
    cell: ({ file, line }) => <span className="sp-mono">{`${file}:${line}`}</span>,
  },
];
