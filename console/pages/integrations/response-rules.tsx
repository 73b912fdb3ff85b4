/** The playbooks: which rules of the plant file answer findings, and how. */
import { Anchor, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { ResponseRuleView, ResponsesView } from "../../../broker/api/shapes/responses.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { responsesQuery } from "../../components/responses.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { roughDuration } from "../../components/time-words.ts";
import { responseText } from "../../text/responses.ts";
import { signalsText } from "../../text/signals.ts";

const words = responseText.rules;

/** Nothing where nothing is compared and no rule is written. */
export function ResponseRules() {
  const query = useQuery(responsesQuery);
  return (
    <QueryView query={query} failed={words.label}>
      {(view) => (view.compared || view.rules.length > 0 ? <Rules view={view} /> : null)}
    </QueryView>
  );
}

function Rules({ view: { compared, rules } }: { readonly view: ResponsesView }) {
  return (
    <section style={{ marginTop: 24 }}>
      <Title order={2} size="h4">
        {words.title}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {words.summary}{" "}
        <Anchor component={Link} to="/plant-file" size="sm">
          {words.edit}
        </Anchor>
      </Text>
      {!compared && (
        <Text size="sm" mb="xs">
          {words.off}
        </Text>
      )}
      {rules.length === 0 ? (
        <Empty title={words.none}>{words.noneAdvice}</Empty>
      ) : (
        <DataTable
          label={words.label}
          rows={rules}
          columns={COLUMNS}
          rowKey={({ id }) => id}
          initialSort={{ column: "rule", descending: false }}
        />
      )}
    </section>
  );
}

const COLUMNS: Column<ResponseRuleView>[] = [
  {
    key: "rule",
    title: words.rule,
    sortBy: ({ id }) => id,
    cell: ({ id, trial }) => (
      <span>
        <span className="sp-mono">{id}</span>{" "}
        {trial && <StateBadge tone="normal" word={words.trial} title={words.trialMeaning} />}
      </span>
    ),
  },
  {
    key: "findings",
    wide: true,
    title: words.findings,
    cell: ({ findings }) => findings.map((kind) => signalsText.stories.findings[kind]).join(", "),
  },
  {
    key: "where",
    title: words.where,
    sortBy: ({ zone }) => zone ?? "",
    cell: ({ zone }) => zone ?? words.everywhere,
  },
  {
    key: "within",
    title: words.within,
    sortBy: ({ answerWithinMs }) => answerWithinMs,
    cell: ({ answerWithinMs }) => roughDuration(answerWithinMs),
  },
  {
    key: "unanswered",
    title: words.unanswered,
    sortBy: ({ unanswered }) => unanswered,
    cell: ({ unanswered }) => words.without[unanswered],
  },
  {
    key: "people",
    title: words.people,
    align: "right",
    sortBy: ({ peopleMax }) => peopleMax,
    cell: ({ peopleMax }) => peopleMax,
  },
];
